package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// local runs the client programs of this machine.
type local struct {
	paths map[string]string // by the name of the program
}

var _ sandbox.Programs = local{}

// findLocal finds programs on this machine's PATH, if all are of a major.
func findLocal(ctx context.Context, tools []string, major int) (found local, version string, ok bool) {
	found.paths = map[string]string{}
	for _, tool := range tools {
		path, err := exec.LookPath(tool)
		if err != nil {
			return local{}, "", false
		}
		found.paths[tool] = path
		if version, err = versionOf(ctx, found, tool); err != nil || majorOf(version) != major {
			return local{}, "", false
		}
	}
	return found, version, true
}

// printedVersion matches the version in psql (PostgreSQL) 16.4 (Debian 16.4-1).
var printedVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+(?:\.\d+)?)`)

func versionOf(ctx context.Context, programs sandbox.Execer, tool string) (string, error) {
	var out bytes.Buffer
	code, err := programs.Exec(ctx, sandbox.Command{Args: []string{tool, "--version"}, Stdout: &out})
	if err != nil {
		return "", err
	}
	m := printedVersion.FindStringSubmatch(out.String())
	if code != 0 || m == nil {
		return "", outcome.Fail(outcome.ImageUnavailable, "%s --version ended with exit code %d and named no version", tool, code)
	}
	return m[1], nil
}

func majorOf(version string) int {
	major, _ := strconv.Atoi(regexp.MustCompile(`^\d+`).FindString(version))
	return major
}

// endWithin is how long a program has to end after it was asked to: pg_restore ends its workers.
const endWithin = 10 * time.Second

// Exec runs a program as described by sandbox.Execer.
func (l local) Exec(ctx context.Context, c sandbox.Command) (int, error) {
	path, known := l.paths[c.Args[0]]
	if !known {
		return 0, fmt.Errorf("run %s: it was not looked for", c.Args[0])
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	cmd := exec.Command(path, c.Args[1:]...) //nolint:noctx // it is ended with a signal that it handles
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, c.Env...)
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = c.Stdout, c.Stderr, endWithin
	var stdin io.WriteCloser
	if c.Stdin != nil {
		var err error
		if stdin, err = cmd.StdinPipe(); err != nil {
			return 0, fmt.Errorf("run %s: %w", c.Args[0], err)
		}
	}
	if err := cmd.Start(); err != nil {
		return 0, outcome.Fail(outcome.ImageUnavailable, "run %s: %w", path, err)
	}
	ended := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { end(cmd.Process, ended) })
	defer stop()
	f := feeder{from: c.Stdin, to: stdin, kill: cmd.Process.Kill}
	var feeding sync.WaitGroup
	if c.Stdin != nil {
		feeding.Go(f.run)
	}
	err := cmd.Wait() // closes stdin, which ends the feeder
	close(ended)
	feeding.Wait()
	return exitCode(ctx, c, &f, err)
}

// end asks a process to end, and kills it if it does not.
func end(p *os.Process, ended <-chan struct{}) {
	_ = p.Signal(syscall.SIGTERM) // it may have ended
	select {
	case <-ended:
	case <-time.After(endWithin):
		_ = p.Kill()
	}
}

// exitCode returns how a program ended.
func exitCode(ctx context.Context, c sandbox.Command, f *feeder, err error) (int, error) {
	switch {
	case ctx.Err() != nil:
		return 0, context.Cause(ctx)
	case f.broken != nil:
		return 0, fmt.Errorf("read the input of %s: %w", c.Args[0], f.broken)
	}
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited):
		if status, ok := exited.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return 128 + int(status.Signal()), nil
		}
		return exited.ExitCode(), nil
	case err != nil:
		return 0, fmt.Errorf("run %s: %w", c.Args[0], err)
	case c.WholeInput && c.Stdin != nil && !f.whole.Load():
		return 0, outcome.Fail(outcome.SandboxLost, "%s ended with exit code 0 before the end of its input", c.Args[0])
	}
	return 0, nil
}

// feeder copies the input of a program. If the input is broken, it kills the program before it
// closes the input: a broken stream must not look like a complete one.
type feeder struct {
	from   io.Reader
	to     io.WriteCloser
	kill   func() error
	broken error
	whole  atomic.Bool
}

// inputBuffer is how many bytes are copied at a time.
const inputBuffer = 256 << 10

func (f *feeder) run() {
	defer f.to.Close() //nolint:errcheck // the program may have ended
	buf := make([]byte, inputBuffer)
	for {
		n, err := f.from.Read(buf)
		if n > 0 {
			if _, err := f.to.Write(buf[:n]); err != nil {
				return // the program has ended, and its exit code says why
			}
		}
		switch {
		case err == io.EOF: //nolint:errorlint // an error of the dump may wrap it
			f.whole.Store(true)
			return
		case err != nil:
			f.broken = err
			_ = f.kill()
			return
		}
	}
}

// Close does nothing: every program has ended.
func (l local) Close(context.Context) []string { return nil }
