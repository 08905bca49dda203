package wiring

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/metrics"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// meter tells Prometheus how the drills stand, from the history. It is a drill.Teller for a
// result that was recorded.
type meter struct {
	config  *config.Config
	history *record.History
	version string
	now     func() time.Time
	writing sync.Mutex // an older state must not replace a newer one
}

func (m *meter) Tell(ctx context.Context, r outcome.Result) error {
	if r.Kind == outcome.KindCheck {
		return nil
	}
	m.writing.Lock()
	defer m.writing.Unlock()
	var errs []error
	if path := m.config.Metrics.Textfile; path != "" {
		errs = append(errs, metrics.UpdateTextfile(ctx, path, func() ([]metrics.State, error) { return m.read(ctx, fleet.TargetsIn(m.config)) }))
	}
	if address := m.config.Metrics.Pushgateway; address != "" {
		states, err := m.read(ctx, map[string]fleet.Targets{r.Database: fleet.TargetsOf(m.config.Databases[r.Database])})
		if err == nil {
			err = metrics.Push(ctx, address, states[0])
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (m *meter) read(ctx context.Context, targets map[string]fleet.Targets) ([]metrics.State, error) {
	return metrics.Read(ctx, m.history, targets, m.version, m.now())
}

// recorder returns what records a result and then tells Prometheus what the history says.
func (w *Wiring) recorder() drill.Teller {
	if w.meter == nil {
		return w.History
	}
	return recordAndMeasure{w.History, w.meter}
}

type recordAndMeasure struct {
	history *record.History
	meter   *meter
}

func (t recordAndMeasure) Tell(ctx context.Context, r outcome.Result) error {
	if err := t.history.Tell(ctx, r); err != nil {
		return err
	}
	return t.meter.Tell(ctx, r)
}
