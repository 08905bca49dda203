package wiring

import (
	"context"
	"log/slog"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/trace"
)

// tracer is a drill.Teller that sends traces. That they could not be sent is logged, and
// changes no exit code: nobody relies on them to hear of a drill.
type tracer struct {
	exporter *trace.Exporter
	log      *slog.Logger
}

func (t tracer) Tell(ctx context.Context, r outcome.Result) error {
	if err := t.exporter.Send(ctx, r); err != nil {
		t.log.Warn("the trace was not sent", "err", err)
	}
	return nil
}
