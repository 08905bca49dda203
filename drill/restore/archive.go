package restore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// unpack takes an archive out of its compression: pg_restore needs to seek in
// it to run several jobs.
func (r *run) unpack(ctx context.Context) error {
	from, err := os.Open(r.dump.Path)
	if err != nil {
		return fmt.Errorf("unpack the archive: %w", err)
	}
	defer from.Close()
	decoded, _, err := inspect.Decode(from, r.Limits)
	if err != nil {
		return asFailure(err, "unpack the archive")
	}
	defer decoded.Close()
	to, err := os.CreateTemp(r.WorkDir, "archive-*.dump")
	if err != nil {
		return fmt.Errorf("unpack the archive: %w", err)
	}
	r.archive = to.Name()
	_, err = io.Copy(to, &counted{r: &cancellable{ctx, decoded}, report: r.progress, total: r.dump.DecodedBytes})
	if err = errors.Join(err, to.Close()); errors.Is(err, syscall.ENOSPC) {
		return outcome.Fail(outcome.DiskBudgetExceeded, "unpack the archive: no space left in %s", r.WorkDir)
	}
	return asFailure(err, "unpack the archive")
}

// place makes the archive readable inside the sandbox.
func (r *run) place(ctx context.Context) error {
	path := r.dump.Path
	if r.archive != "" {
		path = r.archive
	}
	inside, err := r.server.Place(ctx, path)
	if err != nil {
		return asFailure(err, "bring the archive into the sandbox")
	}
	r.archive = inside
	return nil
}

// cancellable ends with the context's cause.
type cancellable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancellable) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, context.Cause(c.ctx)
	}
	return c.r.Read(p)
}

// counted reports the bytes that were read.
type counted struct {
	r           io.Reader
	report      outcome.Progress
	done, total int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.done += int64(n)
	c.report.Report(c.done, c.total)
	return n, err
}
