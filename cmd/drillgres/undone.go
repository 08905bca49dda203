package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/wiring"
)

// loadDatabasesOrTell is loadDatabases for a command whose receivers are to hear also of a
// config that is invalid, and of a database that it does not have. kind is that of the
// command's results.
func loadDatabasesOrTell(ctx context.Context, e edges, kind outcome.Kind, path string, names []string) (*config.Config, []*config.Database, error) {
	cfg, err := loadConfig(e, path)
	if err != nil {
		return nil, nil, configBroken(ctx, e, kind, path, err)
	}
	dbs, err := selectDatabases(cfg, names)
	if err != nil && !isTerminal(e.stderr) {
		tellUndone(ctx, e, cfg, kind, err, func(ctx context.Context, n *notify.Notifier, r outcome.Result) error { return n.Refused(ctx, r) })
	}
	return cfg, dbs, err
}

// notifyKey matches the section of receivers in a config that may be no valid YAML.
var notifyKey = regexp.MustCompile(`(?m)^notify:`)

// configBroken tells the receivers that can be read from an invalid config what is wrong
// with it. It returns err.
func configBroken(ctx context.Context, e edges, kind outcome.Kind, path string, err error) error {
	if isTerminal(e.stderr) {
		return err // the person who edits the config sees it
	}
	cfg := wiring.ConfigReader(e.getenv).Notify(path)
	if len(cfg.Notify) == 0 {
		if content, readErr := os.ReadFile(path); readErr == nil && notifyKey.Match(content) {
			_, _ = fmt.Fprintln(e.stderr, "warning: nobody was told of this: no receiver in notify can be read")
		}
		return err
	}
	e.step.mask(cfg.Secrets())
	tellUndone(ctx, e, cfg, kind, err, aboutAll(cfg.Names()))
	return err
}

// undone tells the receivers of a config why these databases were not drilled. It returns
// err, which may be nil.
func undone(ctx context.Context, e edges, kind outcome.Kind, cfg *config.Config, dbs []*config.Database, err error) error {
	if err == nil || len(dbs) == 0 {
		return err
	}
	var names []string
	for _, db := range dbs {
		names = append(names, db.Name)
	}
	tellUndone(ctx, e, cfg, kind, err, aboutAll(slices.Sorted(slices.Values(names))))
	return err
}

// refused is undone for what a person at a terminal sees, and can correct: a flag, or what
// the config says about a release.
func refused(ctx context.Context, e edges, kind outcome.Kind, cfg *config.Config, dbs []*config.Database, err error) error {
	if isTerminal(e.stderr) {
		return err
	}
	return undone(ctx, e, kind, cfg, dbs, err)
}

// aboutAll returns a function that sends one result about all of the databases.
func aboutAll(databases []string) func(context.Context, *notify.Notifier, outcome.Result) error {
	return func(ctx context.Context, n *notify.Notifier, r outcome.Result) error {
		return n.Broken(ctx, r, databases)
	}
}

// tellUndone tells the receivers of a config of an error that left no result. What goes
// wrong is printed: the exit code is that of the error.
func tellUndone(ctx context.Context, e edges, cfg *config.Config, kind outcome.Kind, err error, tell func(context.Context, *notify.Notifier, outcome.Result) error) {
	ctx = context.WithoutCancel(ctx)
	f := outcome.AsFailure(err)
	if f.Code == outcome.Interrupted {
		return
	}
	n, closeHistory, openErr := wiring.OpenNotifier(ctx, cfg, wiring.Options{Getenv: e.getenv, Now: e.now, Version: programVersion()})
	if openErr != nil || n == nil {
		return
	}
	defer closeHistory()
	id, idErr := wiring.NewRunID(e.now())
	r := outcome.Result{
		SchemaVersion: outcome.SchemaVersion, Kind: kind, RunID: id, Drillgres: programVersion(), StartedAt: e.now(), FinishedAt: e.now(),
		Verdict: f.Class().Verdict(), ExitCode: f.Class().ExitCode(), Failure: f.Report(),
	}
	if kind == outcome.KindAnswer {
		r.Gate = &outcome.Gate{Decision: outcome.Unknown, Why: "the release could not be tried"}
	}
	told := tell(ctx, n, r)
	if told = errors.Join(told, idErr); told != nil {
		_, _ = fmt.Fprintf(e.stderr, "warning: %s\n", report.Clean(told.Error()))
	}
}
