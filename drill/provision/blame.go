package provision

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
)

// healthWithin bounds asking a pod how it is, which is done when a deadline
// may be over already.
const healthWithin = 15 * time.Second

// Blame finds what an error of a conversation with the server comes from: a
// reason for which ctx ended, a sandbox that is lost, or else the error itself,
// without the values of rows in what the server said.
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
	if sick := s.Sick(ctx); sick != nil {
		return sick
	}
	return outcome.Fail(outcome.SandboxLost, "the server in the sandbox no longer answers: %w", err)
}

// Sick asks the pod how it is, also when ctx has ended: a Failure, or nil where
// the pod is well or nobody can tell.
func (s Server) Sick(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthWithin)
	defer cancel()
	var f *outcome.Failure
	if errors.As(s.Health(ctx), &f) {
		return f
	}
	return nil
}
