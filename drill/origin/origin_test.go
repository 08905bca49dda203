package origin

import (
	"os"
	"strconv"
	"testing"
)

func TestOrigin(t *testing.T) {
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  map[string]string
		want Origin
	}{
		"GitHub, on a schedule": {
			map[string]string{
				"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule", "GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "42",
				"GITHUB_SERVER_URL": "https://git.acme.example", "GITHUB_ACTOR": "octo", "GITHUB_SHA": "abc",
			},
			Origin{Actor: "octo", System: "github", Trigger: "schedule", RunURL: "https://git.acme.example/acme/shop/actions/runs/42", Commit: "abc"},
		},
		"GitHub, by hand": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_ACTOR": "octo"},
			Origin{Actor: "octo", System: "github", Trigger: "manual"},
		},
		"GitLab": {
			map[string]string{"GITLAB_CI": "true", "CI_PIPELINE_SOURCE": "web", "CI_JOB_URL": "https://gitlab.example/j/1", "GITLAB_USER_LOGIN": "lab", "CI_COMMIT_SHA": "def"},
			Origin{Actor: "lab", System: "gitlab", Trigger: "manual", RunURL: "https://gitlab.example/j/1", Commit: "def"},
		},
		"a timer of systemd": {
			map[string]string{"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": strconv.Itoa(os.Getpid()), "GITHUB_ACTOR": "x"}, Origin{Actor: "x", Trigger: "service"},
		},
		"a terminal of a session that systemd started": {
			map[string]string{"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": "0", "GITHUB_ACTOR": "x"}, Origin{Actor: "x", Trigger: "command"},
		},
		"GitHub, run again by another user": {
			map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "schedule", "GITHUB_ACTOR": "octo", "GITHUB_TRIGGERING_ACTOR": "ann"},
			Origin{Actor: "ann", System: "github", Trigger: "schedule"},
		},
		"a shell with a stray variable of Jenkins": {
			map[string]string{"BUILD_URL": "https://elsewhere.example", "GITHUB_ACTOR": "x"}, Origin{Actor: "x", Trigger: "command"},
		},
	} {
		c.want.Host = host
		got := Of(func(name string) (string, bool) { v, ok := c.env[name]; return v, ok })
		if got != c.want {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
	if Actor(func(string) (string, bool) { return "", false }) == "" {
		t.Error("the user of the process is not known")
	}
}

func TestIsService(t *testing.T) {
	self, parent := strconv.Itoa(os.Getpid()), strconv.Itoa(os.Getppid())
	for name, c := range map[string]struct {
		env      map[string]string
		terminal bool
		want     bool
	}{
		"a service":                                {map[string]string{"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": self}, false, true},
		"a service with a terminal":                {map[string]string{"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": self}, true, true},
		"a script of a service":                    {map[string]string{"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": parent}, false, true},
		"a command that a terminal started":        {map[string]string{"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": parent}, true, false},
		"another process of the session":           {map[string]string{"INVOCATION_ID": "1", "SYSTEMD_EXEC_PID": "1" + self}, false, false},
		"a service of systemd before 248":          {map[string]string{"INVOCATION_ID": "1"}, false, true},
		"a shell in a session of the same systemd": {map[string]string{"INVOCATION_ID": "1"}, true, false},
		"cron": {map[string]string{}, false, false},
	} {
		if got := isService(func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }, c.terminal); got != c.want {
			t.Errorf("%s: got %t", name, got)
		}
	}
}
