package drill_test

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/drillgres/drillgres/appcheck"
	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
)

// script is a drill whose stages do what a test sets.
type script struct {
	slow *outcome.Failure // of the migration

	fail     map[outcome.Stage]error
	during   map[outcome.Stage]func(context.Context)
	pod      *pod
	recorded []outcome.Result
	tellErr  error
	cleaned  int

	begun     chan struct{} // closed when the sandbox is begun ahead
	abandoned int
}

func (s *script) at(ctx context.Context, stage outcome.Stage) error {
	if f := s.during[stage]; f != nil {
		f(ctx)
	}
	return s.fail[stage]
}

func (s *script) Locate(ctx context.Context) (locate.Backup, error) {
	return locate.Backup{URI: "file:///backups/a.dump"}, s.at(ctx, outcome.Locate)
}

func (s *script) Fetch(ctx context.Context, _ locate.Backup, _ outcome.Progress) (fetch.File, error) {
	c := inspect.Contents{
		Source:   inspect.Source{Format: inspect.Plain},
		Promises: []inspect.Promise{{Tables: []inspect.Table{{Schema: "public", Name: "t", Rows: 1, Data: true}}}},
	}
	return fetch.File{Contents: c, Broken: s.fail[outcome.Inspect]}, s.at(ctx, outcome.Fetch)
}

func (s *script) Provision(ctx context.Context, _ inspect.Needs) (provision.Server, error) {
	return provision.Server{Running: sandbox.Running{Pod: s.pod}}, s.at(ctx, outcome.Provision)
}

func (s *script) Begin(context.Context) { close(s.begun) }

func (s *script) Complete(ctx context.Context, server provision.Server, _, _ inspect.Needs) (provision.Server, bool, error) {
	return server, true, s.at(ctx, outcome.Provision)
}

func (s *script) Abandon(context.Context) []string { s.abandoned++; return nil }

func (s *script) Restore(ctx context.Context, _ provision.Server, _ restore.Dump, _ outcome.Progress) (restore.Restored, error) {
	return restore.Restored{}, s.at(ctx, outcome.Restore)
}

func (s *script) Verify(ctx context.Context, _ provision.Server, _ inspect.Promise, _ snapshot.Range, _ outcome.Progress) (verify.Report, error) {
	return verify.Report{Checks: []outcome.Check{{Stage: outcome.Verify, Name: "c", ConfigPath: "verify.queries[0]"}}}, s.at(ctx, outcome.Verify)
}

func (s *script) VerifyPromise(context.Context, provision.Server, inspect.Promise, *verify.Report) error {
	return nil
}

func (s *script) Check(ctx context.Context, _ provision.Server) (appcheck.Report, error) {
	return appcheck.Report{}, s.at(ctx, outcome.App)
}

func (s *script) Migrate(ctx context.Context, _ provision.Server) (migrate.Report, error) {
	return migrate.Report{Migration: &outcome.Migration{StatementsTotal: 3}, OverBudget: s.slow}, s.at(ctx, outcome.Migrate)
}

func (s *script) Tell(_ context.Context, r outcome.Result) error {
	s.recorded = append(s.recorded, r)
	return s.tellErr
}

func (s *script) drill() drill.Drill {
	return drill.Drill{
		Database: "shop", RunID: "run", Now: time.Now, Redactor: new(redact.Redactor),
		Locator: s, Fetcher: s, Provisioner: s, Restorer: s, Verifier: s, App: s, Migrator: s,
		Tellers: []drill.Teller{s},
		CleanUp: func(context.Context) []string { s.cleaned++; return nil },
	}
}

// pod is a sandbox that records how it ends.
type pod struct {
	lost      chan struct{}
	cause     error
	unhealthy error
	closed    int
	left      []string
}

func (p *pod) Exec(context.Context, sandbox.Command) (int, error) { return 0, nil }
func (p *pod) Dial(context.Context, string, string) (net.Conn, error) {
	return nil, errors.ErrUnsupported
}
func (p *pod) Place(context.Context, string) (string, error) { return "", nil }
func (p *pod) Start(context.Context, sandbox.Container) (sandbox.Process, error) {
	return nil, errors.ErrUnsupported
}
func (p *pod) Lost() <-chan struct{}        { return p.lost }
func (p *pod) Cause() error                 { return p.cause }
func (p *pod) Health(context.Context) error { return p.unhealthy }
func (p *pod) Close(context.Context) []string {
	p.closed++
	return p.left
}

func newScript() *script {
	return &script{
		fail: map[outcome.Stage]error{}, during: map[outcome.Stage]func(context.Context){},
		pod: &pod{lost: make(chan struct{})}, begun: make(chan struct{}),
	}
}
