package main

import "os/user"

// What CI systems say of a run, in their own variables. GIT_COMMIT is of
// Jenkins, BUILD_… of Azure Pipelines.
var (
	commitVariables = []string{"GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION", "GIT_COMMIT"}
	actorVariables  = []string{"GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILDKITE_BUILD_CREATOR", "CIRCLE_USERNAME", "BUILD_REQUESTEDFOR"}
)

// ciCommit is what the CI runs for; empty: it does not say.
func ciCommit(e edges) string { return firstSet(e, commitVariables) }

// actor is who runs the command, as far as the CI or the system says.
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
