// Package sandbox defines the interface of a disposable, isolated place to
// restore into: a pod whose containers share one network namespace with only a
// loopback interface. The stages know only this package; its sub-packages
// implement it for each container engine.
package sandbox

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Command is one process in the pod's Postgres container.
type Command struct {
	Args   []string
	Env    []string  // NAME=value, on top of the container's
	User   string    // default: postgres
	Stdin  io.Reader // nil: no input. A read error other than io.EOF kills the process, so that a broken stream never looks like a complete one
	Stdout io.Writer // nil: discarded
	Stderr io.Writer // nil: discarded

	// WholeInput means that exit code 0 says nothing unless all of Stdin was passed
	// on: a process that ended with it before is sandbox_lost. Without it, a process
	// may ignore its input, as head does.
	WholeInput bool
}

// Execer runs a command in the Postgres container and waits until its output
// has reached EOF and the engine reports that it no longer runs.
//
// A non-zero exit code is not an error. The error is a Failure if the container
// was lost (sandbox_lost, sandbox_out_of_memory), or the connection to the command
// ended before the command did (sandbox_lost): it may have missed a part of its
// input, so that no exit code of it counts. A read error of Stdin is
// returned wrapped. If the context is cancelled, Exec kills the process and
// returns context.Cause(ctx).
type Execer interface {
	Exec(ctx context.Context, c Command) (exitCode int, err error)
}

// Dialer connects to a TCP address inside the pod, such as 127.0.0.1:5432.
type Dialer interface {
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Placer makes a file on this machine readable by the postgres user inside the
// Postgres container, as a seekable file, and returns its path there. The file
// is not copied if the engine shares this machine's file system.
type Placer interface {
	Place(ctx context.Context, path string) (inside string, err error)
}

// Container describes another container of the pod: the application, or a
// service that it needs.
type Container struct {
	Name    string // in errors and labels; for a service also its host name inside the pod
	Image   string
	Command []string // nil: the image's
	Env     map[string]string
}

// Process is a container that was started with Starter.
type Process interface {
	// Done is closed when the container has ended.
	Done() <-chan struct{}
	// Ended returns the exit code, and whether the kernel killed the container
	// because it ran out of memory. Call it after Done is closed.
	Ended() (exitCode int, outOfMemory bool)
	// Logs returns the last lines of its output, both streams, oldest first.
	Logs(ctx context.Context, lines int) ([]string, error)
	// Exec runs a command in this container, as Execer does, but by default as
	// the image's own user.
	Exec(ctx context.Context, c Command) (exitCode int, err error)
	// Remove kills and removes the container, which frees its name and its
	// ports. It may be called twice.
	Remove(ctx context.Context) error
	// Digest returns which image it was started from, independent of the tag:
	// sha256:… of the manifest, or the image id if the image was never in a
	// registry.
	Digest() string
}

// Starter starts another container in the pod's network namespace.
// Failures: image_unavailable, app_start_failed, isolation_broken.
type Starter interface {
	Start(ctx context.Context, c Container) (Process, error)
}

// Programs is a container with the client programs of an image, which restore into a server
// outside of any sandbox.
type Programs interface {
	Execer
	// Close removes the container and returns what it could not remove. It may be called twice.
	Close(ctx context.Context) (leftovers []string)
}

// Pod is a running sandbox: Postgres answers authenticated queries in it.
type Pod interface {
	Execer
	Dialer
	Placer
	Starter

	// Lost is closed within seconds when the Postgres container has ended, was
	// paused or no longer answers. Cause then returns the reason, as a Failure;
	// before that it returns nil.
	Lost() <-chan struct{}
	Cause() error

	// Health checks the pod. It returns a Failure if the pod is lost
	// (sandbox_lost), or if the kernel has killed any process in it because it
	// ran out of memory (sandbox_out_of_memory). Postgres survives the latter,
	// but what was restored can no longer be trusted.
	Health(ctx context.Context) error

	// Close removes everything that belongs to the pod and returns what it
	// could not remove. It may be called twice.
	Close(ctx context.Context) (leftovers []string)
}

// Spec describes the pod to open.
type Spec struct {
	RunID    string
	Image    string            // of Postgres
	Settings map[string]string // of the server, passed on its command line
	Hosts    []string          // names that resolve to 127.0.0.1 inside the pod
	WorkDir  string            // work.Dir.Shared: is mounted read-only, so that Place need not copy files in it
	User     string            // superuser
	Password string            // of the superuser; letters and digits only

	Memory  int64 // bytes, of the Postgres container; 0: no limit
	ShmSize int64 // bytes

	ContainerMemory int64 // bytes, of each other container; 0: no limit

	CPUs       float64
	InMemory   bool          // PGDATA is on tmpfs: fast, but the recovery time is not realistic
	StartIn    time.Duration // how long the server may take to start
	PullWithin time.Duration // how long the pull of an image may take
	Keep       bool          // the sandbox stays after the run, until it expires or drillgres clean removes it

	// Ready sends the server an authenticated query over TCP. It is called
	// until it returns nil or StartIn has passed.
	Ready func(ctx context.Context, d Dialer) error
}

// Running is a pod that Open has created.
type Running struct {
	Pod
	Digest    string // of the image; empty if it has none
	Isolation outcome.Isolation
	// Processors is how many CPUs the processes of the pod may use, before the limit of the Spec.
	// 0: unknown, because the image has no nproc.
	Processors int
}

// Opener creates a pod and returns when Postgres in it answers an authenticated
// query over TCP. If Open fails, it removes what it created; if it could not
// remove everything, the error is a LeftBehind that wraps the failure.
// Failures: engine_unreachable, image_unavailable, server_start_failed,
// sandbox_out_of_memory, isolation_broken.
type Opener interface {
	Open(ctx context.Context, s Spec) (Running, error)
}

// LeftBehind is the error of an Opener that could not remove everything that it
// created.
type LeftBehind struct {
	Err    error
	Things []string // human-readable, as Close returns them
}

func (e *LeftBehind) Error() string { return e.Err.Error() }

func (e *LeftBehind) Unwrap() error { return e.Err }
