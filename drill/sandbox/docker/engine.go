// Package docker creates sandboxes on a container engine with Docker's API. No
// other package uses the engine's client.
package docker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// answerWithin is how long an engine may take to answer.
const answerWithin = 15 * time.Second

// Options select an engine and the owner of its sandboxes.
type Options struct {
	Host string       // unix://…, npipe://…, tcp://…, ssh://…; default: DOCKER_HOST, else the current Docker context, else the default socket
	Root string       // work root, with the locks that show whether a run is alive (package work)
	Log  *slog.Logger // nil: no log

	// Lifetime is how long a run can take at most. After it, drillgres on any machine may
	// remove what the run left. 0: a week.
	Lifetime time.Duration

	Getenv func(name string) (string, bool) // returns variables such as DOCKER_HOST; nil: os.LookupEnv
}

// Engine is a connection to a container engine. It is safe for concurrent use:
// any number of drills share one.
type Engine struct {
	at          endpoint
	client      *client.Client
	getenv      environment
	log         *slog.Logger
	root        string
	lifetime    time.Duration
	intervals   intervals
	sweepWithin time.Duration // how long a sweep tries to remove something
}

var _ sandbox.Opener = (*Engine)(nil)

// Connect finds the configured engine and waits for its answer. It never falls
// back to another engine, and it does not change the process's environment.
// Failure: engine_unreachable.
func Connect(ctx context.Context, o Options) (*Engine, error) {
	root, err := absolute(o.Root)
	if err != nil {
		return nil, fmt.Errorf("find the work directory: %w", err)
	}
	getenv := o.Getenv
	if getenv == nil {
		getenv = os.LookupEnv
	}
	e := &Engine{log: o.Log, root: root, lifetime: cmp.Or(o.Lifetime, defaultLifetime), intervals: defaultIntervals, sweepWithin: 10 * time.Second, getenv: func(name string) string {
		value, _ := getenv(name)
		return value
	}}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.at, err = resolve(o.Host, e.getenv); err != nil {
		return nil, outcome.Fail(outcome.EngineUnreachable, "find the container engine: %w", err)
	}
	if e.client, err = e.at.connect(); err != nil {
		return nil, unreachable(e.at, err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if _, err := e.client.Info(ctx, client.InfoOptions{}); err != nil {
		return nil, errors.Join(unreachable(e.at, err), e.client.Close())
	}
	return e, nil
}

// absolute returns the absolute path of root, which is stored in a label. An
// empty root stays empty: a sandbox whose lock is unknown is not swept before it
// expires.
func absolute(root string) (string, error) {
	if root == "" {
		return "", nil
	}
	return filepath.Abs(root)
}

// Close closes the connections to the engine. It does not remove sandboxes.
func (e *Engine) Close() error { return e.client.Close() }

func unreachable(at endpoint, err error) *outcome.Failure {
	f := outcome.Fail(outcome.EngineUnreachable, "no container engine answers at %s: %w", at, err)
	switch {
	case errors.Is(err, syscall.EACCES):
		return f.WithHint("add this user to the group docker, or use a rootless engine")
	case strings.HasPrefix(at.Host, "ssh://"):
		return f.WithHint("check that `docker -H %s version` works here without a prompt", at.address())
	}
	return f
}
