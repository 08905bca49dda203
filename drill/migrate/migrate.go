// Package migrate rehearses a release on the restored database. It runs the
// migrations and watches them, then starts the candidate and today's release on
// the new schema.
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
	App      *config.App // nil: no application is configured
	Redactor *redact.Redactor
}

// Report holds the results of a rehearsal. It is valid also if there was an
// error.
type Report struct {
	Migration *outcome.Migration // nil: the migrations were not started
	Checks    []outcome.Check
	Findings  []outcome.Finding
	// OverBudget is migration_over_budget if the migrations succeeded but
	// exceeded the budget, otherwise nil. Any other failure takes precedence.
	OverBudget *outcome.Failure
}

// Migrate runs the rehearsal in the server's pod. The application of the app
// stage must have been stopped.
//
// It returns the failures of the migrate stage in the catalogue,
// image_unavailable, and those of a lost sandbox. If the sandbox is lost, the
// caller must cancel ctx with that cause.
func (r Rehearsal) Migrate(ctx context.Context, s provision.Server) (Report, error) {
	run := &run{Rehearsal: r, server: s}
	err := run.rehearse(ctx)
	return run.report, s.Blame(ctx, err)
}

// run is a rehearsal in progress.
type run struct {
	Rehearsal
	server provision.Server
	report Report
}

// rehearse runs the steps of a rehearsal. The second run comes before the
// releases, which may write to the database. The rollback comes last.
func (r *run) rehearse(ctx context.Context) error {
	for _, step := range []func(context.Context) error{r.up, r.again, r.candidate, r.current, r.down} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// up runs the migrations and judges what they did.
func (r *run) up(ctx context.Context) error {
	s := r.upScript()
	a, err := r.attempt(ctx, s, "the migration", outcome.MigrationFailed)
	r.recordMigration(s, a)
	if err != nil {
		return err
	}
	if a.role == r.server.User {
		r.addFinding("migrated_as_superuser", "set migrate.role to the role that migrates production",
			"the migrations connected as superuser: missing privileges would not have been noticed")
	}
	r.report.OverBudget = r.overBudget(a.Seen)
	return r.droppedData()
}

// again runs the migrations a second time, which must change nothing.
func (r *run) again(ctx context.Context) error {
	if !r.Config.Again {
		return nil
	}
	started := time.Now()
	a, err := r.attempt(ctx, r.upScript(), "the second run of the migrations", outcome.MigrationNotRepeatable)
	if changed := changes(a.Seen); err == nil && changed != "" {
		err = outcome.Fail(outcome.MigrationNotRepeatable, "the second run of the migrations is not a no-op: %s", changed)
	}
	r.addCheck("again", "a second run of the migrations changes nothing", err, started)
	return err
}

// down rolls the migrations back and checks that today's release still runs.
func (r *run) down(ctx context.Context) error {
	s, ok := r.downScript()
	if !ok {
		return nil
	}
	started := time.Now()
	_, err := r.attempt(ctx, s, "the down migration", outcome.RollbackBreaks)
	r.addCheck("down", "the down migration runs", err, started)
	if err != nil || r.App == nil {
		return err
	}
	return r.checkApp(ctx, string(r.App.Image), "today's release after the down migration: %s", outcome.RollbackBreaks)
}

// addCheck adds a check of the rehearsal itself to the report. key is the key of
// migrate in the config that enables it.
func (r *run) addCheck(key, name string, err error, started time.Time) {
	c := outcome.Check{
		ConfigPath: config.Path("migrate", key),
		Stage:      outcome.Migrate, Name: name, Kind: "builtin", Status: outcome.CheckPassed, Expect: "no error", Saw: "none",
		RestsOn: "the tool's exit code, and the server's log, catalog and counters", Seconds: time.Since(started).Seconds(),
	}
	if err != nil {
		c.Status, c.Saw = outcome.CheckFailed, r.Redactor.Text(err.Error())
	}
	r.report.Checks = append(r.report.Checks, c)
}
