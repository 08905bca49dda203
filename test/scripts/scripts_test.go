// Package scripts runs command lines that need no container engine: the program
// as it is built, on the texts in testdata.
package scripts

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/drillgres/drillgres/fixtures/program"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestScripts(t *testing.T) {
	folder := filepath.Dir(program.Binary(t))
	testscript.Run(t, testscript.Params{
		Dir:           "testdata",
		UpdateScripts: *update,
		Cmds:          map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", folder+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, "cache"))
			return today(env.WorkDir)
		},
	})
}

// today replaces the word TODAY in the dumps of a script by the date, without which no row is
// recent.
func today(dir string) error {
	dumps, err := filepath.Glob(filepath.Join(dir, "backups", "*.sql"))
	if err != nil {
		return err
	}
	for _, path := range dumps {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		now := time.Now().UTC().Format("2006-01-02 15:04:05+00")
		if err := os.WriteFile(path, bytes.ReplaceAll(content, []byte("TODAY"), []byte(now)), 0o600); err != nil {
			return err
		}
	}
	return nil
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
