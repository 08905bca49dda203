// Package origin reads who or what started a run from the environment: a user of this
// machine, or the run of a CI system.
package origin

import (
	"cmp"
	"os"
	"os/user"
	"strconv"
	"strings"

	"golang.org/x/term"
)

// Origin is who or what started a run. Empty fields are unknown.
type Origin struct {
	Actor   string `json:"actor"`   // user of the CI run, otherwise of the process
	Host    string `json:"host"`    // name of the machine
	System  string `json:"system"`  // CI system: github, gitlab, …; empty: none
	Trigger string `json:"trigger"` // schedule, manual, or the event that the CI system names; service: systemd; command: a user or another program
	RunURL  string `json:"run_url"` // address of the CI run
	Commit  string `json:"commit"`  // that the CI run checked out
}

// The variables in which CI systems store the commit, the user and the address of a run. If
// somebody runs a workflow of GitHub again, GITHUB_ACTOR is still who ran it first.
// GIT_COMMIT and BUILD_URL are those of Jenkins, the other BUILD_… are those of Azure
// Pipelines.
var (
	commitVariables = []string{"GITHUB_SHA", "CI_COMMIT_SHA", "BUILDKITE_COMMIT", "CIRCLE_SHA1", "BITBUCKET_COMMIT", "BUILD_SOURCEVERSION", "GIT_COMMIT"}
	actorVariables  = []string{"GITHUB_TRIGGERING_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILDKITE_BUILD_CREATOR", "CIRCLE_USERNAME", "BUILD_REQUESTEDFOR"}
	urlVariables    = []string{"CI_JOB_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL", "BUILD_URL"}
)

// systems are the CI systems, by a variable that each sets.
var systems = []struct{ variable, name string }{
	{"GITHUB_ACTIONS", "github"},
	{"GITLAB_CI", "gitlab"},
	{"BUILDKITE", "buildkite"},
	{"CIRCLECI", "circleci"},
	{"BITBUCKET_BUILD_NUMBER", "bitbucket"},
	{"TF_BUILD", "azure"},
	{"JENKINS_URL", "jenkins"},
}

// Lookup looks up an environment variable.
type Lookup func(name string) (string, bool)

// Of returns the origin of this run.
func Of(getenv Lookup) Origin {
	o := Origin{Actor: Actor(getenv), Commit: Commit(getenv), RunURL: firstSet(getenv, urlVariables)}
	o.Host, _ = os.Hostname() // a machine without a name stays unnamed
	for _, s := range systems {
		if o.System == "" && get(getenv, s.variable) != "" {
			o.System = s.name
		}
	}
	switch o.System {
	case "github":
		o.Trigger = triggerOf(get(getenv, "GITHUB_EVENT_NAME"), "workflow_dispatch")
		o.RunURL = githubRun(getenv)
	case "gitlab":
		o.Trigger = triggerOf(get(getenv, "CI_PIPELINE_SOURCE"), "web")
	case "buildkite":
		o.Trigger = triggerOf(get(getenv, "BUILDKITE_SOURCE"), "ui")
	case "azure":
		o.Trigger = triggerOf(strings.ToLower(get(getenv, "BUILD_REASON")), "manual")
		o.RunURL = azureRun(getenv)
	case "":
		o.RunURL, o.Trigger = "", "command"
		if isService(getenv, onTerminal()) {
			o.Trigger = "service"
		}
	}
	return o
}

// isService reports whether systemd started this process, or a script that started it. The
// terminals of a user's session inherit INVOCATION_ID, so the process must be the one that
// systemd means. Before version 248, systemd does not say which one that is.
func isService(getenv Lookup, terminal bool) bool {
	if get(getenv, "INVOCATION_ID") == "" {
		return false
	}
	switch get(getenv, "SYSTEMD_EXEC_PID") {
	case strconv.Itoa(os.Getpid()):
		return true
	case "", strconv.Itoa(os.Getppid()):
		return !terminal
	}
	return false
}

// onTerminal reports whether a user's terminal is attached to this process.
func onTerminal() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) || term.IsTerminal(int(os.Stderr.Fd()))
}

// Actor returns the user of the CI run, otherwise that of this process. It is empty if
// unknown.
func Actor(getenv Lookup) string {
	if name := firstSet(getenv, actorVariables); name != "" {
		return name
	}
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}

// Commit returns the commit of the CI run, or an empty string if it is unknown.
func Commit(getenv Lookup) string { return firstSet(getenv, commitVariables) }

// triggerOf returns the event that started a CI run. manual is the system's own name of a
// run that a person started.
func triggerOf(event, manual string) string {
	if event == manual {
		return "manual"
	}
	return event
}

// githubRun returns the address of a run of GitHub Actions.
func githubRun(getenv Lookup) string {
	repository, id := get(getenv, "GITHUB_REPOSITORY"), get(getenv, "GITHUB_RUN_ID")
	if repository == "" || id == "" {
		return ""
	}
	return cmp.Or(get(getenv, "GITHUB_SERVER_URL"), "https://github.com") + "/" + repository + "/actions/runs/" + id
}

// azureRun returns the address of a run of Azure Pipelines.
func azureRun(getenv Lookup) string {
	collection, project, id := get(getenv, "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI"), get(getenv, "SYSTEM_TEAMPROJECT"), get(getenv, "BUILD_BUILDID")
	if collection == "" || project == "" || id == "" {
		return ""
	}
	return collection + project + "/_build/results?buildId=" + id
}

func firstSet(getenv Lookup, names []string) string {
	for _, name := range names {
		if v := get(getenv, name); v != "" {
			return v
		}
	}
	return ""
}

func get(getenv Lookup, name string) string {
	v, _ := getenv(name)
	return v
}
