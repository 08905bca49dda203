// Package appcheck starts the application on the restored database and runs the
// config's smoke tests.
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
	// Redactor removes secrets from the application's output. Check adds the
	// passwords that it sets. nil: a new one.
	Redactor *redact.Redactor
	Keep     bool // do not remove the containers, so that a user can inspect them

	guessed *redact.Redactor // removes values that may be secrets; used only for the application's output
}

// Report is the result of Check. It is also valid if Check returns an error.
type Report struct {
	Checks       []outcome.Check
	Findings     []outcome.Finding
	Role         string   // with which the application connected
	ReadySeconds float64  // from its start until it was ready
	LastLines    []string // of its output, without secrets; only after a failure
}

// Check starts the services that the application needs and then the application,
// waits until it is ready, and runs all smoke tests, even if one fails. The
// containers run in the server's pod and are removed at the end.
//
// Failures: app_start_failed (a container ended on its own), app_not_ready,
// smoke_failed, sandbox_out_of_memory, image_unavailable, isolation_broken,
// sandbox_lost.
func (c Checker) Check(ctx context.Context, s provision.Server) (Report, error) {
	c = c.withRedactors()
	var report Report
	access, err := c.logIn(ctx, s, &report)
	if err != nil {
		return report, err
	}
	findings, err := c.WithServices(ctx, s, access, func() error { return c.checkApp(ctx, s, access, &report) })
	report.Findings = append(report.Findings, findings...)
	return report, s.Blame(ctx, err)
}

// withRedactors returns c with both redactors.
func (c Checker) withRedactors() Checker {
	if c.Redactor == nil {
		c.Redactor = new(redact.Redactor)
	}
	if c.guessed == nil {
		c.guessed = new(redact.Redactor)
		c.guessed.Add(c.guessSecrets()...)
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
	defer func() { err = c.remove(ctx, err, app) }()
	running, stop := whileRunning(ctx, app)
	defer stop()
	p := prober{dialer: s, port: c.Config.Port, client: httpClient(s)}

	ready, err := c.waitReady(running, p)
	report.add(ready, began)
	if err != nil {
		report.LastLines = c.LastLines(ctx, app)
		return c.notReady(app, ready.Saw, err, report.LastLines)
	}
	report.ReadySeconds = time.Since(began).Seconds()
	err = c.runSmoke(running, targets{prober: p, app: app, server: s, access: a}, report)
	if err != nil {
		report.LastLines = c.LastLines(ctx, app)
		return smokeFailure(app, err, report.LastLines)
	}
	return nil
}

// redact returns output of the application without secrets.
func (c Checker) redact(s string) string { return c.Redactor.Text(c.guessed.Text(s)) }

// add records a check and how long it took.
func (r *Report) add(check outcome.Check, began time.Time) {
	check.Stage = outcome.App
	check.Seconds = time.Since(began).Seconds()
	r.Checks = append(r.Checks, check)
}
