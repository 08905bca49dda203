package main

import "os/user"

// The variables in which CI systems store the commit and the user of a run. GIT_COMMIT is
// that of Jenkins, BUILD_… are those of Azure Pipelines.
var (
	commitVariables = []string{"GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION", "GIT_COMMIT"}
	actorVariables  = []string{"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILDKITE_BUILD_CREATOR", "CIRCLE_USERNAME", "BUILD_REQUESTEDFOR"}
)

// ciCommit returns the commit of the CI run, or an empty string if it is unknown.
func ciCommit(e edges) string { return firstSet(e, commitVariables) }

// actor returns the user of the CI run, otherwise that of this process. It is empty if
// unknown.
func actor(e edges) string {
	if name := firstSet(e, actorVariables); name != "" {
		return name
	}
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

func firstSet(e edges, names []string) string {
	for _, name := range names {
		if v, ok := e.getenv(name); ok && v != "" {
			return v
		}
	}
	return ""
}
