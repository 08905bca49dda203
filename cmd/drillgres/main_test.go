package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drillgres/drillgres/drill/outcome"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMain lets scripts run this test binary as the program. If the tests run in GitHub
// Actions, the program must not take itself for a step of that workflow.
func TestMain(m *testing.M) {
	_ = os.Unsetenv("GITHUB_ACTIONS")
	testscript.Main(m, map[string]func(){"drillgres": main})
}

// TestScripts runs commands that need no container engine.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return nil
		},
	})
}

// drilled runs a drill by the command line and returns its result.
func drilled(t *testing.T, args ...string) (result outcome.Result, exit int, stderr string) {
	t.Helper()
	stdout, exit, stderr := runProgram(t.Context(), append([]string{"run", "--format", "json", "--progress", "none"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &result); err != nil {
		t.Fatalf("drillgres %s: exit %d, no result in %q; stderr:\n%s", strings.Join(args, " "), exit, stdout, stderr)
	}
	return result, exit, stderr
}

// runProgram runs drillgres in this process.
func runProgram(ctx context.Context, args ...string) (stdout string, exit int, stderr string) {
	var out, errs bytes.Buffer
	exit = run(ctx, args, strings.NewReader(""), &out, &errs, os.LookupEnv)
	return out.String(), exit, errs.String()
}

// exits N COMMAND… runs a command that must end with exit code N.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	got := 0
	var ended *exec.ExitError
	switch err := ts.Exec(args[1], args[2:]...); {
	case errors.As(err, &ended):
		got = ended.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if want := args[0]; strconv.Itoa(got) != want {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
}
