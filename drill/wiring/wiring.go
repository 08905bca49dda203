// Package wiring puts the adapters together, for a command, a worker or a web
// page alike. It is the only package that knows all of them.
//
// It reads no environment of its own, prints nothing and keeps no global state:
// what it needs comes in [Options]. A Wiring may carry out any number of drills
// at the same time; they share one engine, one history and one redactor.
package wiring

import (
	"context"
	"log/slog"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
)

// Options are what the process brings.
type Options struct {
	Getenv  func(name string) (string, bool) // names the engine and the credentials
	Now     func() time.Time                 // nil: time.Now
	Log     *slog.Logger                     // nil: silence
	Version string                           // of this program, for results
}

// Wiring is what the drills of one config share. It is safe for concurrent use.
type Wiring struct {
	Config  *config.Config
	History *record.History

	// Redactor knows the secrets of all drills, not only of one: an error of one
	// drill may quote what another one's container or server was given.
	Redactor *redact.Redactor

	options  Options
	workRoot string
	engine   *connection
}

// New opens what must work before any drill starts. It asks no container
// engine yet.
func New(ctx context.Context, cfg *config.Config, o Options) (*Wiring, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	root, err := WorkRoot(cfg)
	if err != nil {
		return nil, err
	}
	w := &Wiring{Config: cfg, Redactor: new(redact.Redactor), options: o, workRoot: root}
	w.Redactor.Add(cfg.Secrets()...)
	w.Redactor.Add(Credentials(o.Getenv)...)
	w.engine = newConnection(w.connect)
	if w.History, err = OpenHistory(ctx, cfg); err != nil {
		return nil, err
	}
	return w, nil
}

// Close gives up the history and the engine's connections. No drill may run
// any more.
func (w *Wiring) Close() error {
	w.engine.close()
	return w.History.Close()
}

// Engine connects to the container engine, once for all drills, and removes
// what dead runs have left there and in the work directory.
// Failure: engine_unreachable.
func (w *Wiring) Engine(ctx context.Context) (*docker.Engine, error) {
	engine, _, err := w.engine.get(ctx)
	return engine, err
}
