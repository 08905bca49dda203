package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/progress"
)

func environment(of map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := of[name]
		return v, ok
	}
}

func TestColors(t *testing.T) {
	terminal := progress.NewBlock(nil, progress.Options{})
	for _, c := range []struct {
		env      string
		terminal bool
		want     bool
	}{
		{"", true, true},
		{"", false, false},
		{"NO_COLOR=1", true, false},
		{"NO_COLOR=", true, true},
		{"NO_COLOR=0", true, false},
		{"FORCE_COLOR=1", false, true},
		{"FORCE_COLOR=", false, false},
		{"FORCE_COLOR=0", false, false},
		{"FORCE_COLOR=false", false, false},
		{"FORCE_COLOR=1 NO_COLOR=1", true, false},
		{"TERM=dumb", true, false},
		{"TERM=dumb FORCE_COLOR=1", false, true},
		{"TERM=xterm", true, true},
	} {
		env := map[string]string{}
		for setting := range strings.FieldsSeq(c.env) {
			name, value, _ := strings.Cut(setting, "=")
			env[name] = value
		}
		stream := any(&strings.Builder{})
		if c.terminal {
			stream = terminal
		}
		if got := colored(edges{getenv: environment(env)}, stream); got != c.want {
			t.Errorf("%s, on a terminal %t: colored %t", c.env, c.terminal, got)
		}
	}
}

// TestNoBlockOffATerminal checks that no escape code gets into a file, or on a terminal that
// shows it.
func TestNoBlockOffATerminal(t *testing.T) {
	file, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, mode := range []string{"auto", "bar", "plain"} {
		if display, _ := withProgress(edges{stderr: file, getenv: environment(nil)}, mode, nil); display == nil {
			t.Errorf("%s: nothing", mode)
		} else if _, plain := display.(progress.Lines); !plain {
			t.Errorf("%s: %T", mode, display)
		}
	}
	terminal := progress.NewBlock(nil, progress.Options{})
	if display, _ := withProgress(edges{stderr: terminal, getenv: environment(map[string]string{"TERM": "dumb"})}, "bar", nil); display == progress.Display(terminal) {
		t.Error("a block on a dumb terminal")
	} else if _, plain := display.(progress.Lines); !plain {
		t.Errorf("on a dumb terminal: %T", display)
	}
}

// TestOnlyJSONOnStderr checks errors that occur before, in and after a drill, also in a step
// of GitHub Actions whose stderr another program reads.
func TestOnlyJSONOnStderr(t *testing.T) {
	t.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
	_, config := twoBackups(t)
	for args, want := range map[string]string{
		"run --config nowhere.yaml":                       "error",
		"run --config " + config + " --bogus":             "error",
		"run shop --config " + config:                     "finished", // of an engine that does not answer
		"run --config " + config + " --output /nowhere/x": "error",
		"gate --config " + config:                         "error",
		"prove --config nowhere.yaml":                     "error",
	} {
		words := strings.Fields(args)
		stdout, exit, stderr := runProgram(t.Context(), append([]string{words[0], "--progress", "json", "--format", "json"}, words[1:]...)...)
		events := map[string]progress.Event{}
		for line := range strings.Lines(stderr) {
			var ev progress.Event
			if err := json.Unmarshal([]byte(line), &ev); err != nil {
				t.Errorf("%s: %v: %s", args, err, line)
			}
			events[ev.Event] = ev
		}
		ev, found := events[want]
		if !found || ev.Code == "" || ev.Message == "" || ev.Hint == "" || exit == 0 {
			t.Errorf("%s: exit %d, no event %s with a code, a message and a hint:\n%s%s", args, exit, want, stderr, stdout)
		}
	}
}

func TestParallelIsChecked(t *testing.T) {
	for args, want := range map[string]string{
		"--parallel 0":        "is not a number of drills",
		"--parallel -1":       "is not a number of drills",
		"--parallel 2 --keep": "--keep leaves sandboxes running",
		"--parallel many":     "invalid argument",
	} {
		_, exit, stderr := runProgram(t.Context(), append([]string{"run", "--config", "nowhere.yaml"}, strings.Fields(args)...)...)
		if exit != outcome.ClassUsage.ExitCode() || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %s", args, exit, stderr)
		}
	}
}
