// Package command reads a backup from the standard output of a program, such as restic,
// borg or pg_dump itself. The program must end with exit status 0: its output alone does
// not show that it is complete.
package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/words"
)

// Source is a program. Its only object is what the program writes when it is run.
type Source struct {
	run  []string
	env  []string
	dir  string // where the program runs
	name string
	now  func() time.Time

	secrets redact.Redactor // of the environment
}

var (
	_ locate.Source   = (*Source)(nil)
	_ locate.Streamer = (*Source)(nil)
)

// New returns the source of a command, which runs in dir.
func New(c config.Command, dir string, now func() time.Time) *Source {
	s := &Source{run: c.Run, dir: dir, name: cmp.Or(c.Name, "backup"), now: now}
	for _, key := range slices.Sorted(maps.Keys(c.Env)) {
		s.env = append(s.env, key+"="+c.Env[key].Reveal())
		s.secrets.Add(redact.Secret(c.Env[key].Reveal()))
		s.secrets.Add(redact.InConnection(c.Env[key].Reveal())...)
	}
	return s
}

// List returns the output of the program, whose size is unknown. It does not run it.
func (s *Source) List(context.Context) ([]locate.Object, error) {
	return []locate.Object{{Key: s.name, Size: locate.UnknownSize, ModifiedAt: s.now().Truncate(time.Second), Undated: true}}, nil
}

// ReadRange fails: the output of a program has no ranges.
func (s *Source) ReadRange(context.Context, locate.Object, int64, int64) (io.ReadCloser, error) {
	return nil, outcome.Fail(outcome.SourceUnreachable, "the output of a command can only be read from its beginning to its end")
}

// URI returns a name without the arguments, which may contain secrets.
func (s *Source) URI(locate.Object) string {
	return "command:" + path.Base(s.run[0]) + "/" + s.name
}

const (
	stderrKept = 8 << 10         // bytes of the end of the program's standard error
	lastLines  = 3               // of it that a message shows
	stopWithin = 5 * time.Second // for a program that was asked to stop
)

// Stream runs the program and returns its output. Read returns io.EOF only if the program
// has ended with exit status 0, and otherwise command_failed. Close ends the program.
func (s *Source) Stream(ctx context.Context, _ locate.Object) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	c := exec.CommandContext(ctx, s.run[0], s.run[1:]...)
	c.Dir, c.Env = s.dir, append(os.Environ(), s.env...)
	ownGroup(c)
	c.Cancel = func() error { return killGroup(c) }
	c.WaitDelay = stopWithin
	stderr := &tail{Tail: words.Tail{Size: stderrKept}, secrets: &s.secrets}
	c.Stderr = stderr
	stdout, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		cancel()
		return nil, outcome.Fail(outcome.CommandFailed, "start %s: %w", path.Base(s.run[0]), cause(err)).
			WithHint("install it for the user who runs drillgres, or correct backup.command.run")
	}
	return &stream{ctx: ctx, cancel: cancel, c: c, stdout: stdout, stderr: stderr, name: path.Base(s.run[0])}, nil
}

// cause returns the reason without the path, which may be an argument.
func cause(err error) error {
	var e *exec.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// stream is the output of a running program.
type stream struct {
	ctx    context.Context
	cancel context.CancelFunc
	c      *exec.Cmd
	stdout io.Reader
	stderr *tail
	name   string

	once sync.Once
	end  error // of the output: io.EOF if the program ended well
}

func (s *stream) Read(p []byte) (int, error) {
	if s.end != nil {
		return 0, s.end
	}
	n, err := s.stdout.Read(p)
	if err == nil {
		return n, nil
	}
	s.wait()
	return n, s.end
}

// wait waits for the end of the program, and judges it.
func (s *stream) wait() {
	s.once.Do(func() {
		err := s.c.Wait()
		s.end = io.EOF
		switch {
		case s.ctx.Err() != nil:
			s.end = context.Cause(s.ctx)
		case err != nil:
			s.end = outcome.Fail(outcome.CommandFailed, "%s ended with %s%s", s.name, status(err), s.stderr.shown()).
				WithHint("run the command by hand, as the user who runs drillgres and with the same environment")
		}
	})
}

func status(err error) string {
	var e *exec.ExitError
	if errors.As(err, &e) {
		return e.String() // exit status 1, signal: killed
	}
	return "an error: " + err.Error()
}

// Close ends the program if it is still running.
func (s *stream) Close() error {
	s.cancel()
	_, _ = io.Copy(io.Discard, s.stdout) // until the program is gone
	s.wait()
	return nil
}

// tail is the end of the program's standard error.
type tail struct {
	words.Tail
	secrets *redact.Redactor
}

// shown returns the last lines for a message, without what may be data or a secret.
func (t *tail) shown() string {
	var lines []string
	for line := range strings.Lines(t.String()) {
		if strings.HasPrefix(line, "  ") {
			continue // source code in a stack trace
		}
		if line = strings.TrimSpace(redact.OneLine(line)); line != "" {
			lines = append(lines, redact.Output{Secrets: t.secrets}.Line(line))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	if errs := slices.DeleteFunc(slices.Clone(lines), func(l string) bool { return !saysError.MatchString(l) }); len(errs) > 0 {
		lines = errs // behind them there may be a stack trace, or what the program prints about itself
	}
	return fmt.Sprintf("; its last messages: %s", strings.Join(lines[max(0, len(lines)-lastLines):], " | "))
}

// saysError matches a line that names what went wrong.
var saysError = regexp.MustCompile(`(?i)\b(?:\w*error|fatal|failed|failure|cannot|could not|denied|refused|not found|no such)\b`)
