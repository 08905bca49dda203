package drill

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// Deadlines ends every stage in a code rather than in a wait. They are far
// above what a stage needs: restore has its own limit in the config, which the
// one here only backs.
var Deadlines = map[outcome.Stage]time.Duration{
	outcome.Locate:    5 * time.Minute,
	outcome.Fetch:     12 * time.Hour,
	outcome.Inspect:   time.Minute,
	outcome.Provision: 20 * time.Minute,
	outcome.Restore:   24 * time.Hour,
	outcome.Verify:    2 * time.Hour,
	outcome.App:       time.Hour,
	outcome.Migrate:   24 * time.Hour, // migrate.timeout and the waits of its checks end it before
}

// overdue is the code of a stage that did not end within its deadline.
var overdue = map[outcome.Stage]outcome.Code{
	outcome.Locate:    outcome.SourceUnreachable,
	outcome.Fetch:     outcome.SourceUnreachable,
	outcome.Provision: outcome.ServerStartFailed,
	outcome.Restore:   outcome.RestoreTimeout,
	outcome.Verify:    outcome.SandboxLost,
	outcome.App:       outcome.AppNotReady,
	outcome.Migrate:   outcome.MigrationTimeout,
}

// runner carries out the steps of one drill: it times them, classifies their
// errors, and after the first failure reaches no further step.
type runner struct {
	d       Drill
	started time.Time
	reports []outcome.StageReport
	failure *outcome.Failure
	health  func(context.Context) error // of the sandbox, once there is one
}

func newRunner(d Drill) *runner {
	return &runner{d: d, started: d.Now()}
}

// preflightWithin bounds what is asked of the engine before the first stage.
const preflightWithin = 3 * time.Minute

// preflight fails the drill before its first stage when what provisioning
// needs is not there.
func (r *runner) preflight(ctx context.Context) {
	r.before(ctx, preflightWithin, r.d.Preflight)
	r.before(ctx, r.deadline(outcome.Provision), r.d.Prepare)
}

func (r *runner) before(ctx context.Context, within time.Duration, do func(context.Context) error) {
	if do == nil || r.failure != nil {
		return
	}
	limited, cancel := context.WithTimeoutCause(ctx, within,
		outcome.Fail(outcome.EngineUnreachable, "the container engine did not answer within %s", within))
	defer cancel()
	_, err := guarded(limited, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = context.Cause(limited)
	}
	if err != nil {
		r.failure = r.classify(ctx, ctx, outcome.Provision, err)
	}
}

// soon is what a fetch takes that ends before a sandbox is worth beginning: a
// small backup nearby, of which inspect may say at once that it is broken.
const soon = 300 * time.Millisecond

// begin lets the sandbox come up while the backup is fetched. What it returns
// is called when the fetch has ended.
func (r *runner) begin(ctx context.Context) (fetched func()) {
	b, ok := r.d.Provisioner.(Beginner)
	if !ok || r.failure != nil {
		return func() {}
	}
	done := make(chan struct{})
	timer := time.AfterFunc(soon, func() {
		defer close(done)
		b.Begin(ctx)
	})
	return func() {
		if !timer.Stop() {
			<-done
		}
	}
}

// step carries out one stage, unless an earlier one failed. What fn returns is
// kept also when it fails.
func step[T any](ctx context.Context, r *runner, s outcome.Stage, fn func(context.Context) (T, error)) (value T) {
	if r.failure != nil {
		r.notReached(s)
		return value
	}
	r.observe(func(o Observer) { o.Started(s) })
	stageCtx, cancel := context.WithTimeout(ctx, r.deadline(s))
	defer cancel()
	began := time.Now()
	value, err := guarded(stageCtx, fn)
	report := outcome.StageReport{Stage: s, Status: outcome.StagePassed, Seconds: time.Since(began).Seconds()}
	if err != nil {
		r.failure = r.classify(ctx, stageCtx, s, err)
		report.Status = outcome.StageFailed
	}
	r.reports = append(r.reports, report)
	r.observe(func(o Observer) { o.Ended(report, r.failure) })
	return value
}

// stepIf is step for a stage that the config may leave out.
func stepIf[T any](ctx context.Context, r *runner, s outcome.Stage, wanted bool, why string, fn func(context.Context) (T, error)) (value T) {
	if !wanted {
		r.skip(s, why)
		return value
	}
	return step(ctx, r, s, fn)
}

// guarded turns a panic of a stage into an error, so that clean-up and report
// come after it as after any other.
func guarded[T any](ctx context.Context, fn func(context.Context) (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = outcome.Fail(outcome.Internal, "panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := ctx.Err(); err != nil {
		return value, err
	}
	return fn(ctx)
}

// classify finds the first cause: a signal or a lost sandbox explains whatever
// error a stage made of it.
func (r *runner) classify(ctx, stageCtx context.Context, s outcome.Stage, err error) *outcome.Failure {
	f := outcome.AsFailure(err)
	var lost *outcome.Failure
	switch {
	case errors.As(context.Cause(ctx), &lost):
		f = lost
	case ctx.Err() != nil:
		f = outcome.Fail(outcome.Interrupted, "interrupted in stage %s", s)
	case stageCtx.Err() != nil && overdue[s] != "":
		f = outcome.Fail(overdue[s], "stage %s did not end within %s", s, r.deadline(s))
	default:
		if sick := r.sandboxHealth(ctx, f); sick != nil {
			f = sick
		}
	}
	named := *f
	named.Stage = s
	if r.d.Redactor != nil {
		named.Err = errors.New(r.d.Redactor.Text(f.Error()))
		named.Statement = r.d.Redactor.Text(f.Statement)
		named.Hint = r.d.Redactor.Text(f.Hint)
	}
	return &named
}

// sandboxHealth asks the sandbox, where there is one, whether it explains a
// failure. An application is not blamed when the engine, through which all its
// answers come, no longer tells.
func (r *runner) sandboxHealth(ctx context.Context, f *outcome.Failure) *outcome.Failure {
	if r.health == nil {
		return nil
	}
	err := r.health(ctx)
	var sick *outcome.Failure
	switch {
	case errors.As(err, &sick):
		return sick
	case err != nil && f.Class() == outcome.ClassApp:
		return outcome.Fail(outcome.SandboxLost, "the container engine no longer tells how the sandbox is: %w", err)
	}
	return nil
}

// guard gives the context for the stages that need the sandbox: it ends, with
// the cause, when the sandbox is lost.
func (r *runner) guard(ctx context.Context, pod sandbox.Pod) (context.Context, func()) {
	if pod == nil {
		return ctx, func() {}
	}
	r.health = pod.Health
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-pod.Lost():
			cancel(pod.Cause())
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// notReached records a stage after the first failure. The stage whose failure
// was found before the first stage is the one that failed.
func (r *runner) notReached(s outcome.Stage) {
	report := outcome.StageReport{Stage: s, Status: outcome.StageNotReached}
	if r.failure.Stage == s && !r.failed() {
		report.Status = outcome.StageFailed
	}
	r.reports = append(r.reports, report)
	if report.Status == outcome.StageFailed {
		r.observe(func(o Observer) { o.Ended(report, r.failure) })
	}
}

// failed tells whether a stage has been reported as failed.
func (r *runner) failed() bool {
	return slices.ContainsFunc(r.reports, func(s outcome.StageReport) bool { return s.Status == outcome.StageFailed })
}

// skip records a stage that the config leaves out.
func (r *runner) skip(s outcome.Stage, reason string) {
	report := outcome.StageReport{Stage: s, Status: outcome.StageSkipped, Reason: reason}
	r.reports = append(r.reports, report)
	r.observe(func(o Observer) { o.Ended(report, nil) })
}

func (r *runner) deadline(s outcome.Stage) time.Duration {
	if d, ok := r.d.Deadline[s]; ok {
		return d
	}
	return Deadlines[s]
}

func (r *runner) progress(s outcome.Stage) outcome.Progress {
	if r.d.Observer == nil {
		return nil
	}
	return func(done, total int64) { r.d.Observer.Progressed(s, done, total) }
}

func (r *runner) observe(tell func(Observer)) {
	if r.d.Observer != nil {
		tell(r.d.Observer)
	}
}

// cleanUpWithin bounds clean-up, which runs also after the drill's own context
// has ended.
const cleanUpWithin = time.Minute

// cleanUp removes the sandbox and the run's files and tells what is left.
func (d Drill) cleanUp(ctx context.Context, pod sandbox.Pod) (leftovers []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpWithin)
	defer cancel()
	if pod != nil && !d.Keep {
		leftovers = append(leftovers, pod.Close(ctx)...)
	}
	if b, ok := d.Provisioner.(Beginner); ok {
		leftovers = append(leftovers, b.Abandon(ctx)...)
	}
	if d.CleanUp != nil {
		leftovers = append(leftovers, d.CleanUp(ctx)...)
	}
	return leftovers
}

// Tell passes a result on to every teller; what did not work is in the result
// that comes back.
func (d Drill) Tell(ctx context.Context, result outcome.Result) outcome.Result {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpWithin)
	defer cancel()
	for _, t := range d.Tellers {
		if err := t.Tell(ctx, result); err != nil {
			result.TellErrors = append(result.TellErrors, d.redacted(fmt.Sprint(err)))
		}
	}
	if len(result.TellErrors) > 0 && result.ExitCode == outcome.ExitPassed {
		result.ExitCode = outcome.ExitNotTold
	}
	return result
}

func (d Drill) redacted(s string) string {
	if d.Redactor == nil {
		return s
	}
	return d.Redactor.Text(s)
}
