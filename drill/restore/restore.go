// Package restore loads a dump into the sandbox's server, as an operator would. If
// that fails, it finds the first cause.
package restore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Restorer restores dumps.
type Restorer struct {
	Config  config.Restore
	Opener  *layers.Opener // of the layers around the dump
	WorkDir string         // of the run, mounted read-only in the sandbox (work.Dir.Shared); archives are unpacked there
	Reader  Reader         // reads complete tables while a session of the parallel loader has nothing else to do; nil: nothing does
}

// Reader reads tables whose rows, indexes and keys are complete, over sessions of its own.
type Reader interface {
	// Read reads a table until pause returns true, and reports whether there is nothing left to read.
	Read(ctx context.Context, s provision.Server, table sqltext.Name, pause func() bool) (ended bool)
	// End closes the sessions after the last Read.
	End(ctx context.Context)
	// Forget is called before a load, and before the database is created again.
	Forget()
}

// Dump is a dump on this machine's disk.
type Dump struct {
	Path string // as it is stored, with its layers: a file, or the directory of a dump in directory format
	Role string // of a part: globals, createdb, schema, data; empty: the dump
	inspect.Source
	Before []Dump // parts that are restored before it, in this order

	Arriving *Arriving // nil: it was read and accepted
}

// Restored is the result of a restore.
type Restored struct {
	Loader    string  // LoaderParallel or LoaderClient, of the last part
	WhyClient string  // why it is the client
	Jobs      int     // parallel jobs of pg_restore or sessions of the loader; 1 for psql
	Phases    []Phase // in order
	Findings  []outcome.Finding
	// Owner is the role that owns the database; empty: the superuser of the sandbox.
	Owner string
	// LostSettings is the number of the database's own settings that could not be restored.
	LostSettings int

	// Ahead is how many seconds the load took before the dump was accepted, without those in which it waited for the
	// dump and built nothing; 0 if the dump was loaded again then. The phases do not contain them after CountFrom.
	Ahead  float64
	loaded time.Time     // when it began, if that was while the dump arrived
	waited time.Duration // for the dump, while nothing was built
	again  bool          // the dump was loaded again when it was accepted
}

// CountFrom removes the time before the dump was accepted from the phases.
func (r *Restored) CountFrom(accepted time.Time) {
	if r.loaded.IsZero() {
		return
	}
	early := max(accepted.Sub(r.loaded), 0)
	if !r.again {
		r.Ahead = max(early-r.waited, 0).Seconds()
	}
	left := early.Seconds()
	for i := range r.Phases {
		before := min(left, r.Phases[i].Seconds)
		r.Phases[i].Seconds -= before
		left -= before
	}
}

// Phase is a part of a restore: unpack, place, load, finish, analyze. The load
// includes the queries before and after it.
type Phase struct {
	Name    string
	Seconds float64
}

// defaultTimeout is the default of restore.timeout.
const defaultTimeout = 2 * time.Hour

// Timeout returns how long the restore may take, and restore.after again.
func (r Restorer) Timeout() time.Duration {
	if r.Config.Timeout <= 0 {
		return defaultTimeout
	}
	return time.Duration(r.Config.Timeout)
}

// Restore loads the dump into s.Database and updates its statistics. Progress is
// in bytes: for a plain dump, the bytes that psql has read and their total; for an
// archive, the size of the database and no total. With an error, Restored covers
// the phases until then. The caller cancels ctx with the cause if the sandbox is
// lost. The restore of a dump that is still arriving waits until it is accepted; only then its
// time begins to count for restore.timeout.
//
// Failures: those of the restore stage in the catalogue, and those of the stream
// if the file has changed since it was fetched.
func (r Restorer) Restore(ctx context.Context, s provision.Server, dump Dump, p outcome.Progress) (Restored, error) {
	ctx, cancel := r.limit(ctx, dump.Arriving)
	defer cancel()
	if r.Reader != nil {
		r.Reader.Forget() // of another sandbox
	}
	if a := dump.Arriving; a != nil && !r.mayBegin(s, dump) {
		var err error
		if s, dump, err = a.Accepted(ctx); err != nil {
			return Restored{}, err
		}
	}
	if dump.Format == inspect.Cluster { // which has the roles itself
		dump.Before = slices.DeleteFunc(slices.Clone(dump.Before), func(part Dump) bool { return part.Role == globals })
	}
	var before Restored
	all := r.inDatabases(s, dump)
	hooked := hookedPart(all)
	partly := slices.ContainsFunc(dump.Before, func(part Dump) bool { return part.Role != globals })
	for i, one := range all[:len(all)-1] {
		run := r.newRun(one.server, one.dump, nil)
		run.partly = true
		err := run.runPhases(ctx, run.loadPhases(i == hooked))
		before.add(run.restored, one.dump.Role)
		if err != nil {
			return before, advise(s, s.Blame(ctx, inPart(one.dump, err)))
		}
	}
	last := all[len(all)-1]
	run := r.newRun(last.server, last.dump, p)
	run.partly = partly
	err := run.runAll(ctx, hooked == len(all)-1)
	run.restored.Phases = append(before.Phases, run.restored.Phases...)
	run.restored.Findings = append(before.Findings, run.restored.Findings...)
	return run.restored, advise(s, s.Blame(ctx, err))
}

// limit returns a context that ends with restore.timeout, which does not count while the dump
// arrives.
func (r Restorer) limit(ctx context.Context, a *Arriving) (context.Context, context.CancelFunc) {
	timeout := r.Timeout()
	late := outcome.Fail(outcome.RestoreTimeout, "the restore did not end within %s (restore.timeout)", timeout)
	if a == nil {
		return context.WithTimeoutCause(ctx, timeout, late)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		if _, _, err := a.Accepted(ctx); err != nil {
			return
		}
		select {
		case <-time.After(timeout):
			cancel(late)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// globals is the role of a part with the roles of the cluster.
const globals = "globals"

// placed is a part of a backup, and the server with the database that it goes into.
type placed struct {
	server  provision.Server
	dump    Dump
	creates bool // the database, and nothing in it
}

// inDatabases returns the parts of a backup in restore order. Once a part has created the
// database, the others connect to it. The database's own settings belong to the last part.
func (r Restorer) inDatabases(s provision.Server, dump Dump) (all []placed) {
	created := false
	for i, part := range append(slices.Clone(dump.Before), dump) {
		server := s
		if i < len(dump.Before) {
			server.Properties = ""
		}
		connects := slices.ContainsFunc(part.Splices, func(sp inspect.Splice) bool { return sp.Database != "" })
		if created && !connects {
			server.ConnectTo = s.Database
		}
		creates := s.CreatedByDump && part.Creates != "" && i < len(dump.Before)
		created = created || connects || creates
		all = append(all, placed{server, part, creates})
	}
	return all
}

// hookedPart returns before which part restore.before runs: the first with objects.
func hookedPart(all []placed) int {
	return slices.IndexFunc(all, func(one placed) bool { return one.dump.Role != globals && !one.creates })
}

func (r Restorer) newRun(s provision.Server, dump Dump, p outcome.Progress) *run {
	run := &run{Restorer: r, server: s, dump: dump, plan: newPlan(s, dump.Source, r.Config.Jobs), progress: p}
	run.restored.Jobs = run.plan.Jobs
	return run
}

// add adds the phases and the findings of a part.
func (r *Restored) add(part Restored, role string) {
	for _, p := range part.Phases {
		r.Phases = append(r.Phases, Phase{p.Name + " " + role, p.Seconds})
	}
	r.Findings = append(r.Findings, part.Findings...)
}

// inPart names the part of a failure.
func inPart(part Dump, err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return err
	}
	named := *f
	named.Err = fmt.Errorf("%s of the backup: %w", part.Role, f.Err)
	return &named
}

// run is one restore.
type run struct {
	Restorer
	server   provision.Server
	dump     Dump
	plan     plan
	progress outcome.Progress
	partly   bool   // other parts have been, or will be, loaded into the database
	hooked   bool   // restore.before ran before this part
	loaded   bool   // the dump was loaded while it arrived
	gaveUp   string // why it was not

	unpacked string // path of the archive on this machine, for the loader
	archive  string // path of the archive for pg_restore, a file or a directory: on this machine, later inside the sandbox
	restored Restored
}

// phase is a part of a restore. Each is timed, because only some of them are part of a real
// recovery.
type phase struct {
	name string
	do   func(context.Context) error
}

// runAll runs the phases of the last part. Those of a dump that arrives begin with its load.
func (r *run) runAll(ctx context.Context, hooked bool) error {
	if r.dump.Arriving != nil {
		if err := r.runPhases(ctx, []phase{{"load", r.loadArriving}}); err != nil {
			return err
		}
	}
	return r.runPhases(ctx, r.allPhases(hooked))
}

// allPhases returns the phases of the last part.
func (r *run) allPhases(hooked bool) []phase {
	phases := r.loadPhases(hooked)
	if _, after := hooks(r.Config, r.server); len(after) > 0 {
		phases = append(phases, phase{"after", func(ctx context.Context) error { return runHooks(ctx, r.server, after) }})
	}
	return append(phases, phase{"finish", r.finish}, phase{"analyze", r.analyze})
}

// loadPhases returns the phases that load a part, with the SQL before the dump if hooked.
func (r *run) loadPhases(hooked bool) (phases []phase) {
	r.hooked = hooked
	if r.plan.Unpack && !r.loaded {
		phases = append(phases, phase{"unpack", r.unpack})
	}
	if r.plan.File && !r.loaded {
		phases = append(phases, phase{"place", r.place})
	}
	if before, _ := hooks(r.Config, r.server); hooked && len(before) > 0 {
		phases = append(phases, phase{"before", func(ctx context.Context) error { return runHooks(ctx, r.server, before) }})
	}
	return append(phases, phase{"load", r.load})
}

// runPhases runs phases in order, and times them.
func (r *run) runPhases(ctx context.Context, phases []phase) error {
	for _, p := range phases {
		began := time.Now()
		err := p.do(ctx)
		r.restored.addPhase(p.name, time.Since(began).Seconds())
		if err != nil {
			return err
		}
	}
	return nil
}

// addPhase adds a phase, or the time of its second half.
func (r *Restored) addPhase(name string, seconds float64) {
	if i := slices.IndexFunc(r.Phases, func(p Phase) bool { return p.Name == name }); i >= 0 {
		r.Phases[i].Seconds += seconds
		return
	}
	r.Phases = append(r.Phases, Phase{name, seconds})
}

func (r *run) addFinding(code, hint, message string) {
	r.restored.Findings = append(r.restored.Findings, outcome.Finding{Code: code, Message: message, Hint: hint})
}

// asFailure returns a Failure unchanged, and any other error with a prefix that
// says what was being done.
func asFailure(err error, doing string) error {
	var f *outcome.Failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}
