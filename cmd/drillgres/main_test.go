package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMain keeps the program, if the tests run in GitHub Actions, from taking
// itself for a step of that workflow.
func TestMain(m *testing.M) {
	_ = os.Unsetenv("GITHUB_ACTIONS")
	os.Exit(m.Run())
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
