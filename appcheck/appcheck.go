// Package appcheck boots the application on the restored database and puts the
// config's smoke tests to it.
package appcheck

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
)

// Checker checks one application.
type Checker struct {
	Config *config.App
	// Redactor keeps secrets out of what the application says. The passwords
	// that the check makes are added to it. nil: one of its own.
	Redactor *redact.Redactor
	Keep     bool // leave its containers running: somebody wants to look inside

	guessed *redact.Redactor // of secrets that only look like some: for the application's own words alone
}

// Report is how the application did on the restored database. It is worth
// reading also when it comes with an error.
type Report struct {
	Checks       []outcome.Check
	Findings     []outcome.Finding
	Role         string   // that the application connected as
	ReadySeconds float64  // from its start until it was ready
	LastLines    []string // of its output, without secrets; only of a failure
}

// Check starts the services that the application needs, then the application,
// waits until it is ready, and runs every smoke test, whatever the others
// found. All of it happens in the server's pod, of which the containers are
// removed again.
//
// Failures: app_start_failed (a container ended by itself), app_not_ready,
// smoke_failed, sandbox_out_of_memory, image_unavailable, isolation_broken,
// sandbox_lost.
func (c Checker) Check(ctx context.Context, s provision.Server) (Report, error) {
	c = c.discreet()
	var report Report
	access, err := c.logIn(ctx, s, &report)
	if err != nil {
		return report, err
	}
	findings, err := c.WithServices(ctx, s, access, func() error { return c.checkApp(ctx, s, access, &report) })
	report.Findings = append(report.Findings, findings...)
	return report, s.Blame(ctx, err)
}

// discreet is c with everything that it needs to keep secrets.
func (c Checker) discreet() Checker {
	if c.Redactor == nil {
		c.Redactor = new(redact.Redactor)
	}
	if c.guessed == nil {
		c.guessed = new(redact.Redactor)
		c.guessed.Add(c.lookSecret()...)
	}
	return c
}

// checkApp starts the application and tests it for as long as it runs.
func (c Checker) checkApp(ctx context.Context, s provision.Server, a Access, report *Report) (err error) {
	began := time.Now()
	app, err := c.startApp(ctx, s, a)
	if err != nil {
		return err
	}
	defer func() { err = c.removed(ctx, err, app) }()
	alive, stop := whileRunning(ctx, app)
	defer stop()
	p := prober{dialer: s, port: c.Config.Port, client: httpClient(s)}

	ready, err := c.waitReady(alive, p)
	report.add(ready, began)
	if err != nil {
		report.LastLines = c.LastLines(ctx, app)
		return c.notReady(app, ready.Saw, err, report.LastLines)
	}
	report.ReadySeconds = time.Since(began).Seconds()
	err = c.runSmoke(alive, tools{prober: p, app: app, server: s, access: a}, report)
	if err != nil {
		report.LastLines = c.LastLines(ctx, app)
		return blameApp(app, err, report.LastLines)
	}
	return nil
}

// text is something that the application said, without secrets.
func (c Checker) text(s string) string { return c.Redactor.Text(c.guessed.Text(s)) }

// add keeps a check and how long it took.
func (r *Report) add(check outcome.Check, began time.Time) {
	check.Stage = outcome.App
	check.Seconds = time.Since(began).Seconds()
	r.Checks = append(r.Checks, check)
}
