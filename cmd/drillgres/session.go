package main

import (
	"context"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/progress"
	"github.com/drillgres/drillgres/drill/wiring"
)

// session holds what the drills of one command share, and how they are shown.
type session struct {
	edges // until the display is closed, stderr is a part of it
	*wiring.Wiring
	opts    runOptions
	display progress.Display
}

// newSession opens what must work before any drill of these databases starts.
func newSession(ctx context.Context, e edges, cfg *config.Config, o runOptions, dbs ...*config.Database) (*session, error) {
	names := make([]string, 0, len(dbs))
	for _, db := range dbs {
		names = append(names, db.Name)
	}
	display, e := withProgress(e, o.progress, names)
	w, err := wiring.New(ctx, cfg, wiring.Options{Getenv: e.getenv, Now: e.now, Log: newLogger(e), Version: programVersion()})
	if err != nil {
		return nil, err
	}
	return &session{edges: e, Wiring: w, opts: o, display: display}, nil
}

func (s *session) close() {
	s.display.Close()
	_ = s.Close() // every result was committed already
}

// drillOf wires one drill, whose progress is shown on stderr.
func (s *session) drillOf(db *config.Database) (drill.Drill, error) {
	return s.drillWith(db, wiring.DrillOptions{Backup: s.opts.backup, Keep: s.opts.keep})
}

func (s *session) drillWith(db *config.Database, o wiring.DrillOptions) (drill.Drill, error) {
	d, err := s.Drill(db, o)
	if err != nil {
		return d, err
	}
	s.show(&d, "")
	return d, nil
}

// show shows a drill that starts. title is shown instead of the database, unless it is empty.
func (s *session) show(d *drill.Drill, title string) {
	o := s.display.Begin(progress.Drill{RunID: d.RunID, Database: d.Database, Title: title, Usual: s.usualOf(d.Database)})
	if o == nil {
		return
	}
	d.Observer = o
	if _, plain := s.display.(progress.Lines); plain && s.opts.parallel <= 1 {
		d.Observer = s.step.observe(o, d.Database) // groups of several drills cannot interleave
	}
}

// drill runs a drill that is shown.
func (s *session) drill(ctx context.Context, d drill.Drill) outcome.Result {
	r := d.Run(ctx)
	s.display.Finished(r)
	if s.opts.keep {
		printKept(s.stderr, r)
	}
	return r
}
