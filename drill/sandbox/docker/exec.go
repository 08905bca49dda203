package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

const (
	inputBuffer = 512 << 10        // bytes handed to the engine at a time
	exitWithin  = 30 * time.Second // from the end of the output to the end of the process

	killed       = 137 // exit code of what SIGKILL ended
	settleWithin = 2 * time.Second
)

// box is one container of the pod.
type box struct {
	client *client.Client
	id     string
	name   string // in errors
	user   string // of commands that name none; empty: the image's
	shell  bool   // the image has sh
	vital  bool   // what cannot be killed in it must not live on: rather kill the container
	look   func(ctx context.Context) error
}

// execution is a command that has been started in a container.
type execution struct {
	box  *box
	id   string
	name string
	user string
	conn client.HijackedResponse
	pid  pidLine
}

// Exec runs a command as sandbox.Execer says. In an image without a shell a
// command that is cancelled runs on until its container is removed.
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
	code, err := x.exit(ctx)
	if err != nil {
		return 0, b.explain(ctx, err)
	}
	if code != 0 {
		// A command ends with its container, too; then that is the story.
		if lost := failureIn(b.settle(ctx, code)); lost != nil {
			return 0, lost
		}
	}
	return code, nil
}

// settle looks at the container. A command that was killed may be the first
// sign of a container's end, which the engine itself notices a moment later.
func (b *box) settle(ctx context.Context, code int) error {
	deadline := time.Now().Add(settleWithin)
	for {
		err := b.look(ctx)
		if err != nil || code != killed || time.Now().After(deadline) {
			return err
		}
		if pause(ctx, 50*time.Millisecond) != nil {
			return nil //nolint:nilerr // the exit code stands, whoever has stopped waiting
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
		args = append([]string{"sh", "-c", announce, "sh"}, args...)
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

// attach starts the command. The client does not listen to the context once
// it waits for the engine's answer; an answer that comes too late is hung up
// on.
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

// stream carries input and output until the output has reached its end. Both
// a cancelled context and a broken input kill the command before its input is
// closed: the engine passes on a closed input as a regular end, and psql
// would commit what it has.
func (x *execution) stream(ctx context.Context, c sandbox.Command) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	gone := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(gone)
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
		<-gone
		x.conn.Close()
		feeding.Wait()
		return x.cause(ctx)
	}
	// The command has ended; only a closed connection frees a feeder whose
	// input nobody reads any more.
	x.conn.Close()
	feeding.Wait()
	return nil
}

// feed ends the command's input only where its own input ended in order. A
// write that fails needs no report: the end of the output is near, and tells.
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
			_ = x.conn.CloseWrite() // fails only where the command has ended
			return
		}
		if err != nil {
			broken(fmt.Errorf("read the input of %s: %w", x.name, err))
			return
		}
	}
}

// drain hands on the output until its end. Output that cannot be handed on is
// broken, and is read all the same: the engine mixes the two streams as it
// likes, so the process id, without which nothing can be killed, may come last.
func (x *execution) drain(stdout, stderr io.Writer, broken context.CancelCauseFunc) error {
	fail := func(err error) { broken(fmt.Errorf("pass on the output of %s: %w", x.name, err)) }
	out, errs := &sink{to: stdout, fail: fail}, &sink{to: stderr, fail: fail}
	x.pid.rest = errs
	var second io.Writer = errs
	if x.box.shell {
		second = &x.pid
	}
	if _, err := stdcopy.StdCopy(out, second, x.conn.Reader); err != nil {
		return engineError{fmt.Errorf("read the output of %s: %w", x.name, err)}
	}
	return nil
}

// cause is why a command was killed, in the words of who wanted that.
func (x *execution) cause(ctx context.Context) error {
	err := context.Cause(ctx)
	var broken engineError
	if errors.As(err, &broken) {
		return x.box.explain(context.WithoutCancel(ctx), err)
	}
	return err
}

// exit waits until the engine says that the command no longer runs. It also
// says so of one that it has not started yet, which then has no process id.
func (x *execution) exit(ctx context.Context) (int, error) {
	deadline := time.Now().Add(exitWithin)
	for wait := time.Millisecond; ; wait = min(2*wait, 200*time.Millisecond) {
		state, err := x.box.client.ExecInspect(ctx, x.id, client.ExecInspectOptions{})
		if err != nil {
			return 0, fmt.Errorf("ask how %s ended: %w", x.name, err)
		}
		if !state.Running && (state.ExitCode != 0 || state.PID != 0 || x.pid.seen()) {
			return state.ExitCode, nil
		}
		if time.Now().After(deadline) {
			x.kill()
			return 0, fmt.Errorf("%s has closed its output, but the engine does not say how it ended within %s", x.name, exitWithin)
		}
		if err := pause(ctx, wait); err != nil {
			return 0, err
		}
	}
}

// explain turns an error of the engine into why the container is lost.
func (b *box) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if lost := failureIn(b.look(ctx)); lost != nil {
		return lost
	}
	return outcome.Fail(outcome.SandboxLost, "%w", err)
}

// failureIn finds the Failure in an error; nil if there is none.
func failureIn(err error) *outcome.Failure {
	var f *outcome.Failure
	if errors.As(err, &f) {
		return f
	}
	return nil
}

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

// engineError is a connection to the engine that broke.
type engineError struct{ error }

func (e engineError) Unwrap() error { return e.error }

// sink passes on output until that fails once, and takes the rest for nothing.
type sink struct {
	to   io.Writer
	fail func(error)
}

func (s *sink) Write(b []byte) (int, error) {
	if s.to == nil {
		return len(b), nil
	}
	if _, err := s.to.Write(b); err != nil {
		s.to = nil
		s.fail(err)
	}
	return len(b), nil
}
