// Package sandbox says what a disposable, isolated place to restore into
// offers: a pod whose containers share one network namespace that holds
// nothing but loopback. How an engine makes one is in its sub-packages; the
// stages know only what stands here.
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
	Stdin  io.Reader // nil: none. An error of it, io.EOF apart, kills the process: its input is never half-closed after a broken stream
	Stdout io.Writer // nil: discarded
	Stderr io.Writer // nil: discarded
}

// Execer runs a command in the Postgres container and waits for it: until its
// output has reached EOF and the engine says that it no longer runs.
//
// A non-zero exit code is no error. A Failure says that the container was lost
// (sandbox_lost, sandbox_out_of_memory); an error of Stdin is returned as it
// is (wrapped); a cancelled context gives context.Cause(ctx), after the process
// was killed.
type Execer interface {
	Exec(ctx context.Context, c Command) (exitCode int, err error)
}

// Dialer connects to a TCP address inside the pod, such as 127.0.0.1:5432.
type Dialer interface {
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// Placer makes a file of this machine readable, as a seekable file, by the
// postgres user inside the Postgres container, without a copy where the engine shares this
// file system, and tells its path there.
type Placer interface {
	Place(ctx context.Context, path string) (inside string, err error)
}

// Container is a further container of the pod: the application, or a service
// that it needs.
type Container struct {
	Name    string // in errors and labels; also its host name inside the pod where it is a service
	Image   string
	Command []string // nil: the image's
	Env     map[string]string
}

// Process is a started further container.
type Process interface {
	// Done is closed when the container has ended.
	Done() <-chan struct{}
	// Ended tells the exit code and whether the kernel killed it for memory; call it after Done.
	Ended() (exitCode int, outOfMemory bool)
	// Logs are the last lines of its output, both streams, oldest first.
	Logs(ctx context.Context, lines int) ([]string, error)
	// Exec runs a command in this container, as Execer does, but by default as
	// the image's own user.
	Exec(ctx context.Context, c Command) (exitCode int, err error)
	// Remove ends the container at once and removes it; its name and its ports
	// are free then. It may be called twice.
	Remove(ctx context.Context) error
	// Digest tells which image it was really started from, whatever its tag
	// says: sha256:… of the manifest, or for an image that was never in a
	// registry its id.
	Digest() string
}

// Starter starts a further container in the pod's network namespace.
// Failures: image_unavailable, app_start_failed, isolation_broken.
type Starter interface {
	Start(ctx context.Context, c Container) (Process, error)
}

// Pod is a running sandbox: Postgres answers authenticated queries in it.
type Pod interface {
	Execer
	Dialer
	Placer
	Starter

	// Lost is closed, at the latest some seconds after the fact, when the
	// Postgres container has ended, was paused or no longer answers; Cause
	// then tells why, as a Failure.
	Lost() <-chan struct{}
	Cause() error

	// Health looks at the pod now: nil, or a Failure that says that it is
	// lost (sandbox_lost), or that the kernel has killed any process of it
	// for memory since it was opened (sandbox_out_of_memory). Postgres
	// outlives the latter, but nothing that was restored then can be trusted.
	Health(ctx context.Context) error

	// Close removes everything of the pod and tells what it could not
	// remove. It may be called twice.
	Close(ctx context.Context) (leftovers []string)
}

// Spec asks for a pod.
type Spec struct {
	RunID    string
	Image    string            // of Postgres
	Settings map[string]string // server settings, given on its command line
	Hosts    []string          // names that resolve to 127.0.0.1 inside the pod
	WorkDir  string            // directory that is mounted read-only, from which Place is cheapest: work.Dir.Shared
	User     string            // superuser
	Password string            // of the superuser; letters and digits only

	Memory     int64 // bytes; 0: no limit
	ShmSize    int64 // bytes
	CPUs       float64
	InMemory   bool          // PGDATA on tmpfs: fast, and no measure of a recovery
	StartIn    time.Duration // how long the server may take to come up
	PullWithin time.Duration
	Keep       bool // the sandbox is meant to outlive the run: only its expiry or an explicit clean removes it

	// Ready asks the server an authenticated query over TCP. It is called
	// until it gives nil, or StartIn is over.
	Ready func(ctx context.Context, d Dialer) error
}

// Running is what Open made.
type Running struct {
	Pod
	Digest    string // of the image; empty if it has none
	Isolation outcome.Isolation
}

// Opener makes a pod and returns when Postgres in it answers an authenticated
// query over TCP. What a failed Open leaves, it removes itself; what it could
// not remove comes as a LeftBehind around the failure.
// Failures: engine_unreachable, image_unavailable, server_start_failed,
// sandbox_out_of_memory, isolation_broken.
type Opener interface {
	Open(ctx context.Context, s Spec) (Running, error)
}

// LeftBehind is an error of an Opener that could not remove all that it made.
type LeftBehind struct {
	Err    error
	Things []string // for a person, as Close tells them
}

func (e *LeftBehind) Error() string { return e.Err.Error() }

func (e *LeftBehind) Unwrap() error { return e.Err }
