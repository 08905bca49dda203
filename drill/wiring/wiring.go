// Package wiring puts the adapters together, for a command, a worker or a web page. It
// is the only package that imports all of them.
//
// It does not read the environment, prints nothing and keeps no global state:
// everything that it needs is in [Options]. A Wiring may run any number of drills at
// the same time. They share one engine, one history and one redactor.
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
	History *record.History

	// Redactor knows the secrets of all drills, because an error of one drill may quote
	// a secret of the container or server of another.
	Redactor *redact.Redactor

	options  Options
	workRoot string
	engine   *connection
}

// New opens what must work before any drill starts. It does not connect to the
// container engine.
func New(ctx context.Context, cfg *config.Config, o Options) (*Wiring, error) {
	o = o.withDefaults()
	root, err := WorkRoot(cfg)
	if err != nil {
		return nil, err
	}
	w := &Wiring{Config: cfg, Redactor: redactorOf(cfg, o), options: o, workRoot: root}
	w.engine = newConnection(w.connect)
	if w.History, err = OpenHistory(ctx, cfg); err != nil {
		return nil, err
	}
	return w, nil
}

// Close closes the history and the connections to the engine. No drill may be running.
func (w *Wiring) Close() error {
	w.engine.close()
	return w.History.Close()
}

// Engine returns the container engine. The first call connects to it, and removes what
// dead runs left there and in the work directory. Failure: engine_unreachable.
func (w *Wiring) Engine(ctx context.Context) (*docker.Engine, error) {
	engine, _, err := w.engine.get(ctx)
	return engine, err
}
