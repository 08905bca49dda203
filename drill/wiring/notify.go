package wiring

import (
	"context"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/notify/channel"
	"github.com/drillgres/drillgres/drill/origin"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
)

// NewNotifier returns what tells the receivers of a config. Without a history, nothing is
// known of what they were told. It returns nil if the config has no receivers.
func NewNotifier(cfg *config.Config, h *record.History, o Options) (*notify.Notifier, error) {
	o = o.withDefaults()
	return newNotifier(cfg, h, o, redactorOf(cfg, o))
}

func newNotifier(cfg *config.Config, h *record.History, o Options, r *redact.Redactor) (*notify.Notifier, error) {
	if len(cfg.Notify) == 0 {
		return nil, nil
	}
	targets, err := channel.Targets(cfg.Notify, channel.Options{Version: o.Version})
	if err != nil {
		return nil, outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("correct notify in the config")
	}
	n := &notify.Notifier{Targets: targets, Alerts: cfg.Alerts, Now: o.Now, Redactor: r, RunURL: origin.Of(o.Getenv).RunURL, Known: cfg.Names()}
	if h != nil {
		n.History = h
	}
	return n, nil
}

// tells returns a notifier as a teller, or nil.
func tells(n *notify.Notifier) drill.Teller {
	if n == nil {
		return nil
	}
	return n
}

// onlyResults is a notifier that does not announce drills: those of a release, or of a
// backup that was named by hand, are none of a dead man's switch's.
type onlyResults struct{ notifier *notify.Notifier }

func (o onlyResults) Tell(ctx context.Context, r outcome.Result) error {
	return o.notifier.Tell(ctx, r)
}

// addNotifier lets a drill tell receivers of its result and, if routine, of its start.
func (w *Wiring) addNotifier(d *drill.Drill, routine bool) {
	switch {
	case w.Notifier == nil:
	case routine:
		d.Notifier = w.Notifier
	default:
		d.Notifier = onlyResults{w.Notifier}
	}
}

// Tells returns what tells receivers of an answer that needed no drill, or nil.
func (w *Wiring) Tells() drill.Teller { return tells(w.Notifier) }
