package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

const (
	inputBuffer = 512 << 10        // bytes written to the engine at a time
	exitWithin  = 30 * time.Second // from the end of the output to the end of the process

	killed       = 137             // exit code of a command that SIGKILL ended
	noticeWithin = 2 * time.Second // until the engine reports the end of a container
)

// box is one container of the pod.
type box struct {
	client *client.Client
	id     string
	name   string                          // in errors
	user   string                          // of commands that name none; empty: the image's
	shell  bool                            // the image has sh
	strict bool                            // kill the container if a command in it cannot be killed
	check  func(ctx context.Context) error // returns a Failure if the container cannot be used any more
}

// execution is a command that has been started in a container.
type execution struct {
	box  *box
	id   string
	name string
	user string
	conn client.HijackedResponse
	pid  pidLine
	ends endMarks
	fed  atomic.Bool // all input was written to the engine
}

// Exec runs a command as described by sandbox.Execer. In an image without a shell
// a cancelled command keeps running until its container is removed, and a connection
// that is closed in order looks like the end of the command's output.
func (b *box) Exec(ctx context.Context, c sandbox.Command) (int, error) {
	if len(c.Args) == 0 {
		return 0, errors.New("run a command in the sandbox: it is empty")
	}
	x, err := b.start(ctx, c)
	if err != nil {
		return 0, b.explain(ctx, fmt.Errorf("start %s in %s: %w", c.Args[0], b.name, err))
	}
	defer x.conn.Close()
	if err := x.stream(ctx, c); err != nil {
		return 0, err
	}
	if b.shell && !x.ends.seen() {
		return 0, x.cutOff(ctx)
	}
	code, err := x.exit(ctx)
	if err != nil {
		return 0, b.explain(ctx, err)
	}
	if code == 0 && c.WholeInput && c.Stdin != nil && !x.fed.Load() {
		return 0, outcome.Fail(outcome.SandboxLost, "%s in %s ended with exit code 0 before the end of its input", x.name, b.name).
			WithHint("check the connection to the container engine, such as a proxy or an ssh tunnel, and that no psql command such as \\q ends the input early")
	}
	if code != 0 {
		// If the container has ended too, report that instead of the exit code.
		if lost := failureIn(b.checkAfterExit(ctx, code)); lost != nil {
			return 0, lost
		}
	}
	return code, nil
}

// checkAfterExit checks the container after a command ended with code. It checks
// a killed command's container repeatedly, because the engine may notice later
// than the command that the container has ended.
func (b *box) checkAfterExit(ctx context.Context, code int) error {
	deadline := time.Now().Add(noticeWithin)
	for {
		err := b.check(ctx)
		if err != nil || code != killed || time.Now().After(deadline) {
			return err
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return nil //nolint:nilerr // the exit code is valid even if the caller has stopped waiting
		}
	}
}

func (b *box) start(ctx context.Context, c sandbox.Command) (*execution, error) {
	x := &execution{box: b, name: c.Args[0], user: c.User}
	if x.user == "" {
		x.user = b.user
	}
	args := c.Args
	if b.shell {
		x.ends = newEndMarks()
		args = append([]string{"sh", "-c", wrapper, "sh", x.ends.text}, args...)
		x.pid.known = make(chan struct{})
	}
	made, err := b.client.ExecCreate(ctx, b.id, client.ExecCreateOptions{
		User: x.user, Env: c.Env, Cmd: args,
		AttachStdin: c.Stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return nil, err
	}
	x.id = made.ID
	x.conn, err = b.attach(ctx, made.ID)
	return x, err
}

// attach starts the command. The client ignores the context while it waits for
// the engine's answer, so attach returns without it and closes a late answer.
func (b *box) attach(ctx context.Context, id string) (client.HijackedResponse, error) {
	type answer struct {
		conn client.HijackedResponse
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		attached, err := b.client.ExecAttach(ctx, id, client.ExecAttachOptions{})
		answers <- answer{attached.HijackedResponse, err}
	}()
	select {
	case a := <-answers:
		return a.conn, a.err
	case <-ctx.Done():
		go func() {
			if a := <-answers; a.err == nil {
				a.conn.Close()
			}
		}()
		return client.HijackedResponse{}, context.Cause(ctx)
	}
}

// stream copies input and output until the end of the output. A cancelled context
// and a broken input both kill the command before its input is closed: the engine
// passes on a closed input as a regular end, and psql would commit what it has.
func (x *execution) stream(ctx context.Context, c sandbox.Command) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	dead := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(dead)
		x.kill()
		x.conn.Close()
	})
	var feeding sync.WaitGroup
	if c.Stdin != nil {
		feeding.Go(func() { x.feed(c.Stdin, cancel) })
	}
	if err := x.drain(c.Stdout, c.Stderr, cancel); err != nil {
		cancel(err)
	}
	if !stop() {
		<-dead
		x.conn.Close()
		feeding.Wait()
		return x.cause(ctx)
	}
	// The command has ended. feed may still block on a write that no process
	// reads, until the connection is closed.
	x.conn.Close()
	feeding.Wait()
	return nil
}

// cutOff returns the failure of a command whose output ended before the command
// did: the connection was closed in order, although the engine may still answer. The
// command may have taken that for the end of its input, so its exit code proves
// nothing.
func (x *execution) cutOff(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if lost := failureIn(x.box.checkAfterExit(ctx, killed)); lost != nil {
		return lost
	}
	x.kill()
	return outcome.Fail(outcome.SandboxLost, "the connection that carried %s in %s was closed before %s had ended", x.name, x.box.name, x.name).
		WithHint("check the connection to the container engine, such as a proxy or an ssh tunnel")
}

// feed copies stdin to the command, and closes the command's input only after
// io.EOF. It does not report write errors: they mean that the command has ended,
// which exit reports, or that the connection has, which the end marks show.
func (x *execution) feed(stdin io.Reader, broken context.CancelCauseFunc) {
	buf := make([]byte, inputBuffer)
	for {
		n, err := stdin.Read(buf)
		if n > 0 {
			if _, werr := x.conn.Conn.Write(buf[:n]); werr != nil {
				return
			}
		}
		if errors.Is(err, io.EOF) {
			x.fed.Store(true)
			_ = x.conn.CloseWrite() // fails only if the command or the connection has ended
			return
		}
		if err != nil {
			broken(fmt.Errorf("read the input of %s: %w", x.name, err))
			return
		}
	}
}

// drain copies the output until its end. If a write fails, drain calls broken and
// continues to read: the engine may send the process id, without which the
// command cannot be killed, after all other output.
func (x *execution) drain(stdout, stderr io.Writer, broken context.CancelCauseFunc) error {
	fail := func(err error) { broken(fmt.Errorf("pass on the output of %s: %w", x.name, err)) }
	var out, errs io.Writer = &sink{w: stdout, fail: fail}, &sink{w: stderr, fail: fail}
	if x.box.shell {
		out, errs = x.ends.filter(out, errs)
		x.pid.next = errs
		errs = &x.pid
	}
	_, err := stdcopy.StdCopy(out, errs, x.conn.Reader)
	x.ends.flush()
	if err != nil {
		return engineError{fmt.Errorf("read the output of %s: %w", x.name, err)}
	}
	return nil
}

// cause returns why a command was killed.
func (x *execution) cause(ctx context.Context) error {
	err := context.Cause(ctx)
	var broken engineError
	if errors.As(err, &broken) {
		return x.box.explain(context.WithoutCancel(ctx), err)
	}
	return err
}

// exit waits until the command has ended and returns its exit code. The engine
// also reports a command as not running before it has started it, but then
// without a process id.
func (x *execution) exit(ctx context.Context) (int, error) {
	deadline := time.Now().Add(exitWithin)
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		state, err := x.box.client.ExecInspect(ctx, x.id, client.ExecInspectOptions{})
		if err != nil {
			return 0, fmt.Errorf("read the exit code of %s: %w", x.name, err)
		}
		if !state.Running && (state.ExitCode != 0 || state.PID != 0 || x.pid.isKnown()) {
			return state.ExitCode, nil
		}
		if time.Now().After(deadline) {
			x.kill()
			return 0, fmt.Errorf("%s has closed its output, but the engine did not report its exit code within %s", x.name, exitWithin)
		}
		if err := pause(ctx, wait); err != nil {
			return 0, err
		}
	}
}

// explain returns the cause of an engine error: the end of the context, the
// reason why the container is lost, or else the error as sandbox_lost.
func (b *box) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if lost := failureIn(b.check(ctx)); lost != nil {
		return lost
	}
	return outcome.Fail(outcome.SandboxLost, "%w", err)
}

// failureIn returns the Failure in an error, or nil.
func failureIn(err error) *outcome.Failure {
	var f *outcome.Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// pause waits for d. It returns the cause of ctx if that ends first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// engineError is the error of a connection to the engine that broke.
type engineError struct{ error }

func (e engineError) Unwrap() error { return e.error }

// sink writes to w until a write fails. It reports that error with fail and
// discards everything after it.
type sink struct {
	w    io.Writer // nil: discard everything
	fail func(error)
}

func (s *sink) Write(b []byte) (int, error) {
	if s.w == nil {
		return len(b), nil
	}
	if _, err := s.w.Write(b); err != nil {
		s.w = nil
		s.fail(err)
	}
	return len(b), nil
}
