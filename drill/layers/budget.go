package layers

import (
	"context"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Budget counts decoded bytes.
type Budget struct {
	Max   int64 // in bytes; 0: no limit
	Spent int64
}

// Spend adds n bytes. It returns disk_budget_exceeded if the budget is exceeded.
func (b *Budget) Spend(n int) error {
	b.Spent += int64(n)
	if b.Max > 0 && b.Spent > b.Max {
		return outcome.Fail(outcome.DiskBudgetExceeded, "decode backup: it decodes to more than %d bytes", b.Max).
			WithHint("raise work.limit if the backup really is this large")
	}
	return nil
}

// Cancelable returns a reader of r that fails once ctx is done.
func Cancelable(ctx context.Context, r io.Reader) io.Reader { return &cancelable{ctx: ctx, r: r} }

type cancelable struct {
	ctx context.Context
	r   io.Reader
}

func (c *cancelable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
