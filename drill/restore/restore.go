// Package restore loads a dump into the server that was made for it, the way
// an operator would, and finds the first cause when that fails.
package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// Restorer restores dumps.
type Restorer struct {
	Config  config.Restore
	Limits  inspect.Limits // of decoding
	WorkDir string         // of the run, mounted read-only in the sandbox (work.Dir.Shared): a wrapped archive is unpacked there
}

// Dump is a dump on this machine's disk.
type Dump struct {
	Path string // of the file as it was stored, with its compression
	inspect.Source
}

// Restored is how a restore went.
type Restored struct {
	Jobs     int     // that pg_restore ran in parallel; 1 for psql
	Phases   []Phase // in the order in which they ran
	Findings []outcome.Finding
}

// Phase is a part of a restore: unpack, place, load, finish, analyze. With the
// load come the questions to the server before and after it.
type Phase struct {
	Name    string
	Seconds float64
}

// defaultTimeout is what restore.timeout is where the config does not say.
const defaultTimeout = 2 * time.Hour

// Restore loads the dump into s.Database and brings its statistics up to date.
// Progress is in bytes: of SQL those that psql has read, of all; of an archive
// the size of the database so far, of an unknown total. With an error, Restored
// is as far as the restore came. The caller ends ctx, with the cause, when the
// sandbox is lost.
//
// Failures: those of the restore stage in the catalogue, and of the stream
// where the file changed since it was fetched.
func (r Restorer) Restore(ctx context.Context, s provision.Server, dump Dump, p outcome.Progress) (Restored, error) {
	timeout := time.Duration(r.Config.Timeout)
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout,
		outcome.Fail(outcome.RestoreTimeout, "the restore did not end within %s (restore.timeout)", timeout))
	defer cancel()

	run := &run{Restorer: r, server: s, dump: dump, plan: newPlan(s, dump.Source, r.Config.Jobs), progress: p}
	run.restored.Jobs = run.plan.Jobs
	err := run.all(ctx)
	return run.restored, s.Blame(ctx, err)
}

// run is one restore.
type run struct {
	Restorer
	server   provision.Server
	dump     Dump
	plan     plan
	progress outcome.Progress

	archive  string // what pg_restore reads, on this machine and then inside the sandbox
	restored Restored
}

// all is the story of a restore. Its phases are timed one by one, because only
// some of them would be part of a real recovery.
func (r *run) all(ctx context.Context) error {
	type phase struct {
		name string
		do   func(context.Context) error
	}
	var phases []phase
	if r.plan.Unpack {
		phases = append(phases, phase{"unpack", r.unpack})
	}
	if r.plan.File {
		phases = append(phases, phase{"place", r.place})
	}
	phases = append(phases, phase{"load", r.load}, phase{"finish", r.finish}, phase{"analyze", r.analyze})
	for _, p := range phases {
		began := time.Now()
		err := p.do(ctx)
		r.restored.Phases = append(r.restored.Phases, Phase{p.name, time.Since(began).Seconds()})
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *run) find(code, hint, message string) {
	r.restored.Findings = append(r.restored.Findings, outcome.Finding{Code: code, Message: message, Hint: hint})
}

// asFailure keeps failures as they are and names the rest after what was done.
func asFailure(err error, doing string) error {
	var f *outcome.Failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}
