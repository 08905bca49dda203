// Package wiring puts the adapters together, for a command, a worker or a web page. It
// is the only package that imports all of them.
//
// It does not read the environment, prints nothing and keeps no global state:
// everything that it needs is in [Options]. A Wiring may run any number of drills at
// the same time. They share one engine, one history and one redactor.
package wiring

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/trace"
)

// Options hold what comes from the process.
type Options struct {
	Getenv  func(name string) (string, bool) // looks up environment variables: the engine and credentials
	Now     func() time.Time                 // nil: time.Now
	Log     *slog.Logger                     // nil: no log
	Version string                           // of this program, for results
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Wiring holds what the drills of one config share. It is safe for concurrent use.
type Wiring struct {
	Config  *config.Config
	History *record.History // nil: the config names none
	// Notifier tells the receivers of the config. nil: there are none.
	Notifier *notify.Notifier

	// Redactor knows the secrets of all drills, because an error of one drill may quote
	// a secret of the container or server of another.
	Redactor *redact.Redactor

	options  Options
	workRoot string
	signing  *signing // nil: the config asks for no evidence
	engine   *connection
	making   *semaphore.Weighted // one image at a time: two drills may need the same
	meter    *meter              // nil: Prometheus is told nothing
	tracer   *trace.Exporter     // nil: no collector is told
}

// New opens what must work before any drill starts. It does not connect to the
// container engine.
func New(ctx context.Context, cfg *config.Config, o Options) (*Wiring, error) {
	o = o.withDefaults()
	root, err := WorkRoot(cfg)
	if err != nil {
		return nil, err
	}
	w := &Wiring{Config: cfg, Redactor: redactorOf(cfg, o), options: o, workRoot: root, making: semaphore.NewWeighted(1)}
	w.engine = newConnection(w.connect)
	if w.tracer, err = trace.FromEnvironment(o.Getenv, o.Version); err != nil {
		o.Log.Warn("no traces are sent", "err", err)
	}
	if cfg.Evidence != nil {
		if w.signing, err = openSigning(ctx, cfg, o); err != nil {
			return nil, err
		}
	}
	if cfg.Record.History != "" {
		if w.History, err = OpenHistory(ctx, cfg); err != nil {
			return nil, err
		}
		if cfg.Metrics != (config.Metrics{}) {
			w.meter = &meter{config: cfg, history: w.History, version: o.Version, now: w.options.Now}
		}
	}
	w.Notifier, err = newNotifier(cfg, w.History, o, w.Redactor)
	return w, err
}

// Close closes the history, the place of evidence and the connections to the engine. No drill may be running.
func (w *Wiring) Close() error {
	w.engine.close()
	var errs []error
	if w.signing != nil {
		errs = append(errs, w.signing.store.Close())
	}
	if w.History != nil {
		errs = append(errs, w.History.Close())
	}
	return errors.Join(errs...)
}

// Engine returns the container engine. The first call connects to it, and removes what
// dead runs left there and in the work directory. Failure: engine_unreachable.
func (w *Wiring) Engine(ctx context.Context) (*docker.Engine, error) {
	m, err := w.engine.get(ctx)
	if err != nil {
		return nil, err
	}
	return m.Engine, nil
}
