package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drillgres/drillgres/drill/outcome"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMain makes this test binary serve as the program too: in scripts, and
// where a test needs a real process to send signals to.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"drillgres": main})
}

// TestScripts runs the command line on inputs that need no container engine.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return nil
		},
	})
}

// drilled runs the whole program and gives its result.
func drilled(t *testing.T, ctx context.Context, args ...string) (result outcome.Result, exit int, stderr string) {
	t.Helper()
	stdout, exit, stderr := program(ctx, append([]string{"run", "--format", "json", "--progress", "none"}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &result); err != nil {
		t.Fatalf("drillgres %s: exit %d, no result in %q; stderr:\n%s", strings.Join(args, " "), exit, stdout, stderr)
	}
	return result, exit, stderr
}

// program runs drillgres in this process.
func program(ctx context.Context, args ...string) (stdout string, exit int, stderr string) {
	var out, errs bytes.Buffer
	exit = run(ctx, args, strings.NewReader(""), &out, &errs, os.LookupEnv)
	return out.String(), exit, errs.String()
}
