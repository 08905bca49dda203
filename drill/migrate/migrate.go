// Package migrate rehearses a release on the restored database: its migrations,
// watched from outside, then the candidate and today's release on the new schema.
package migrate

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
)

// Rehearsal rehearses one release.
type Rehearsal struct {
	Config   config.Migrate
	App      *config.App // nil: nothing is known of what runs on the database
	Redactor *redact.Redactor
}

// Report is how a release did on the restored database. It is worth reading
// also when it comes with an error.
type Report struct {
	Migration *outcome.Migration // nil: the migrations were not begun
	Checks    []outcome.Check
	Findings  []outcome.Finding
	// OverBudget is a migration_over_budget of migrations that held; nil: they
	// were quick enough. It counts where nothing worse was found.
	OverBudget *outcome.Failure
}

// Migrate carries out the rehearsal in the server's pod. The application of the
// app stage runs no more.
//
// Failures: those of the migrate stage in the catalogue, image_unavailable,
// and those of a sandbox that is lost. A caller's ctx ends, with the cause, when
// the sandbox is.
func (r Rehearsal) Migrate(ctx context.Context, s provision.Server) (Report, error) {
	run := &run{Rehearsal: r, server: s}
	err := run.all(ctx)
	return run.report, s.Blame(ctx, err)
}

// run is one rehearsal.
type run struct {
	Rehearsal
	server provision.Server
	report Report
}

// all is the story of a rehearsal. The second run comes before anything that
// could change what it finds, the way back last.
func (r *run) all(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.up, r.again, r.candidate, r.current, r.back} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// up runs the migrations and judges what they did.
func (r *run) up(ctx context.Context) error {
	w := r.wayUp()
	went, err := r.watched(ctx, w, "the migration", outcome.MigrationFailed)
	r.describe(w, went)
	if err != nil {
		return err
	}
	if went.role == r.server.User {
		r.find("migrated_as_superuser", "set migrate.role to the role that migrates production",
			"the migrations connected as superuser: missing privileges would not have been noticed")
	}
	r.report.OverBudget = r.overBudget(went.Seen)
	return r.drops()
}

// again runs the migrations a second time, which must change nothing.
func (r *run) again(ctx context.Context) error {
	if !r.Config.Again {
		return nil
	}
	began := time.Now()
	went, err := r.watched(ctx, r.wayUp(), "the second run of the migrations", outcome.MigrationNotRepeatable)
	if changed := changes(went.Seen); err == nil && changed != "" {
		err = outcome.Fail(outcome.MigrationNotRepeatable, "the second run of the migrations is no no-op: %s", changed)
	}
	r.check("again", "a second run of the migrations changes nothing", err, began)
	return err
}

// back goes back, and looks whether today's release still runs.
func (r *run) back(ctx context.Context) error {
	w, ok := r.wayDown()
	if !ok {
		return nil
	}
	began := time.Now()
	_, err := r.watched(ctx, w, "the down migration", outcome.RollbackBreaks)
	r.check("down", "the down migration runs", err, began)
	if err != nil || r.App == nil {
		return err
	}
	return r.runs(ctx, string(r.App.Image), "today's release after the down migration: %s", outcome.RollbackBreaks)
}

// check keeps an assertion of the rehearsal itself. key is the one of migrate
// that asks for it.
func (r *run) check(key, name string, err error, began time.Time) {
	c := outcome.Check{
		ConfigPath: config.Path("migrate", key),
		Stage:      outcome.Migrate, Name: name, Kind: "builtin", Status: outcome.CheckPassed, Expect: "no error", Saw: "none",
		RestsOn: "the tool's exit code, and the server's log, catalog and counters", Seconds: time.Since(began).Seconds(),
	}
	if err != nil {
		c.Status, c.Saw = outcome.CheckFailed, r.Redactor.Text(err.Error())
	}
	r.report.Checks = append(r.report.Checks, c)
}
