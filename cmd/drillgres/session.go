package main

import (
	"context"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/wiring"
)

// session holds what the drills of one command share, and how they are shown.
type session struct {
	edges
	*wiring.Wiring
	opts runOptions
}

// newSession opens what must work before any drill starts.
func newSession(ctx context.Context, e edges, cfg *config.Config, o runOptions) (*session, error) {
	w, err := wiring.New(ctx, cfg, wiring.Options{Getenv: e.getenv, Now: e.now, Log: newLogger(e), Version: programVersion()})
	return &session{edges: e, Wiring: w, opts: o}, err
}

func (s *session) close() { _ = s.Close() } // every result was committed already

// drillOf wires one drill, whose progress is shown on stderr.
func (s *session) drillOf(db *config.Database) (drill.Drill, error) {
	d, err := s.Drill(db, wiring.DrillOptions{Backup: s.opts.backup, Keep: s.opts.keep, Gate: s.opts.gate})
	d.Observer = s.step.observe(newObserver(s.edges, s.opts.progress, d.RunID, db.Name), db.Name)
	return d, err
}
