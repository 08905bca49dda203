package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
)

// healthWithin limits a health check, which must also work after the deadline of
// its context.
const healthWithin = 15 * time.Second

// Blame returns the cause of an error on a connection to the server: the cause of
// ctx, a lost sandbox, or else the error itself, without values of rows in the
// server's message.
func (s Server) Blame(ctx context.Context, err error) error {
	var f *outcome.Failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	said, refused := pgerr.From(err)
	err = pgerr.Redacted(err)
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", context.Cause(ctx), err)
	}
	if refused && !said.Shutdown() {
		return err
	}
	if unhealthy := s.Unhealthy(ctx); unhealthy != nil {
		return unhealthy
	}
	if !s.IsSandbox() {
		return outcome.Fail(outcome.SandboxLost, "the server no longer answers: %w", err).
			WithHint("look into the log of the server, then restore into a new, empty database")
	}
	return outcome.Fail(outcome.SandboxLost, "the server in the sandbox no longer answers: %w", err)
}

// Unhealthy checks the health of the pod, even if ctx has ended. It returns a Failure,
// or nil if the pod is healthy or its health is unknown.
func (s Server) Unhealthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthWithin)
	defer cancel()
	var f *outcome.Failure
	if errors.As(s.Health(ctx), &f) {
		return f
	}
	return nil
}
