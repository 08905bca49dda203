package drill

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// Deadlines makes every stage end in a failure code instead of hanging. They are far
// above what a stage needs: restore.timeout in the config is lower than the deadline
// of restore.
var Deadlines = map[outcome.Stage]time.Duration{
	outcome.Locate:    5 * time.Minute,
	outcome.Fetch:     12 * time.Hour,
	outcome.Inspect:   time.Minute,
	outcome.Provision: 45 * time.Minute, // a pull, an image to make, and two starts
	outcome.Restore:   24 * time.Hour,
	outcome.Verify:    2 * time.Hour,
	outcome.App:       time.Hour,
	outcome.Migrate:   24 * time.Hour, // migrate.timeout and the limits of its checks are lower
}

// Longest returns the longest time that a drill can take: the deadlines of its stages,
// and the limits before and after them. overrides raises the deadlines of some stages. A
// sandbox that is older than that belongs to a dead run.
func Longest(overrides map[outcome.Stage]time.Duration) time.Duration {
	total := preflightLimit + Deadlines[outcome.Provision] + 2*cleanUpLimit // Prepare may take as long as provisioning
	for stage, limit := range Deadlines {
		total += max(limit, overrides[stage])
	}
	return total
}

// overdue holds the failure code of a stage that exceeds its deadline.
var overdue = map[outcome.Stage]outcome.Code{
	outcome.Locate:    outcome.SourceUnreachable,
	outcome.Fetch:     outcome.SourceUnreachable,
	outcome.Provision: outcome.ServerStartFailed,
	outcome.Restore:   outcome.RestoreTimeout,
	outcome.Verify:    outcome.SandboxLost,
	outcome.App:       outcome.AppNotReady,
	outcome.Migrate:   outcome.MigrationTimeout,
}

// runner runs the steps of one drill. It times them, classifies their errors, and
// runs no step after the first failure.
type runner struct {
	d       Drill
	started time.Time
	reports []outcome.StageReport
	failure *outcome.Failure
	health  func(context.Context) error // of the sandbox; nil before it exists
}

func newRunner(d Drill) *runner {
	return &runner{d: d, started: d.Now()}
}

// preflightLimit bounds the checks of the engine before the first stage.
const preflightLimit = 3 * time.Minute

// preflight fails the drill before its first stage if what provisioning needs is not
// available.
func (r *runner) preflight(ctx context.Context) {
	r.runBefore(ctx, preflightLimit, r.d.Preflight)
	r.runBefore(ctx, r.deadline(outcome.Provision), r.d.Prepare)
}

func (r *runner) runBefore(ctx context.Context, limit time.Duration, do func(context.Context) error) {
	if do == nil || r.failure != nil {
		return
	}
	limited, cancel := context.WithTimeoutCause(ctx, limit,
		outcome.Fail(outcome.EngineUnreachable, "the container engine did not answer within %s", limit))
	defer cancel()
	_, err := recovered(limited, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	if err != nil && ctx.Err() == nil && limited.Err() != nil {
		err = context.Cause(limited)
	}
	if err != nil {
		r.failure = r.classify(ctx, ctx, outcome.Provision, err)
	}
}

// step runs one stage, unless an earlier one failed. It returns the value of fn also
// if fn fails.
func step[T any](ctx context.Context, r *runner, s outcome.Stage, fn func(context.Context) (T, error)) (value T) {
	if r.failure != nil {
		r.notReached(s)
		return value
	}
	r.observe(func(o Observer) { o.Started(s) })
	stageCtx, cancel := context.WithTimeout(ctx, r.deadline(s))
	defer cancel()
	startedAt, began := r.d.Now(), time.Now()
	value, err := recovered(stageCtx, fn)
	report := outcome.StageReport{Stage: s, Status: outcome.StagePassed, StartedAt: startedAt, Seconds: time.Since(began).Seconds()}
	if err != nil {
		r.failure = r.classify(ctx, stageCtx, s, err)
		report.Status = outcome.StageFailed
	}
	r.reports = append(r.reports, report)
	r.observe(func(o Observer) { o.Ended(report, r.failure) })
	return value
}

// stepIf is step for a stage that is skipped, with a reason, unless it is wanted.
func stepIf[T any](ctx context.Context, r *runner, s outcome.Stage, wanted bool, reason string, fn func(context.Context) (T, error)) (value T) {
	if !wanted {
		r.skip(s, reason)
		return value
	}
	return step(ctx, r, s, fn)
}

// recovered turns a panic of a stage into an error, so that clean-up and report
// follow it as they follow any other.
func recovered[T any](ctx context.Context, fn func(context.Context) (T, error)) (value T, err error) {
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

// classify returns the first cause of err: a signal, a lost sandbox or a deadline
// explains any error that a stage returns after it.
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
		if unhealthy := r.sandboxHealth(ctx, f); unhealthy != nil {
			f = unhealthy
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

// sandboxHealth returns a failure of the sandbox that explains f, or nil. It does not
// blame an application if the engine, through which all of the application's answers
// come, no longer responds.
func (r *runner) sandboxHealth(ctx context.Context, f *outcome.Failure) *outcome.Failure {
	if r.health == nil {
		return nil
	}
	err := r.health(ctx)
	var unhealthy *outcome.Failure
	switch {
	case errors.As(err, &unhealthy):
		return unhealthy
	case err != nil && f.Class() == outcome.ClassApp:
		return outcome.Fail(outcome.SandboxLost, "the container engine no longer reports the state of the sandbox: %w", err)
	}
	return nil
}

// guard returns the context for the stages that need the sandbox, and a function that
// releases it. The context is cancelled, with the cause, if the sandbox is lost.
func (r *runner) guard(ctx context.Context, pod sandbox.Pod) (context.Context, func()) {
	if pod != nil {
		r.health = pod.Health
	}
	return whileUsable(ctx, pod)
}

// whileUsable returns a context that is cancelled, with the cause, if the sandbox is lost, and a
// function that releases it.
func whileUsable(ctx context.Context, pod sandbox.Pod) (context.Context, func()) {
	if pod == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	select {
	case <-pod.Lost(): // so nothing begins with it
		cancel(pod.Cause())
	default:
		go func() {
			select {
			case <-pod.Lost():
				cancel(pod.Cause())
			case <-ctx.Done():
			}
		}()
	}
	return ctx, func() { cancel(nil) }
}

// notReached records a stage after the first failure. If the preflight found that
// failure, the stage that it belongs to is recorded as failed.
func (r *runner) notReached(s outcome.Stage) {
	report := outcome.StageReport{Stage: s, Status: outcome.StageNotReached}
	if r.failure.Stage == s && !r.hasFailed() {
		report.Status = outcome.StageFailed
	}
	r.reports = append(r.reports, report)
	if report.Status == outcome.StageFailed {
		r.observe(func(o Observer) { o.Ended(report, r.failure) })
	}
}

// hasFailed reports whether a stage is recorded as failed.
func (r *runner) hasFailed() bool {
	return slices.ContainsFunc(r.reports, func(s outcome.StageReport) bool { return s.Status == outcome.StageFailed })
}

// skip records a stage that is not part of this drill.
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

func (r *runner) observe(notify func(Observer)) {
	if r.d.Observer != nil {
		notify(r.d.Observer)
	}
}

// cleanUpLimit bounds clean-up, which runs also after the context of the drill has
// ended, and each teller.
const cleanUpLimit = time.Minute

// cleanUp removes the sandbox and the run's files. It returns what it could not
// remove.
func (d Drill) cleanUp(ctx context.Context, pod sandbox.Pod) (leftovers []string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
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

// Tell passes a result to every teller, all at the same time, each with its own
// deadline, and then to the notifier. It returns the result with the errors of the
// tellers added, in their order; they do not change the verdict.
func (d Drill) Tell(ctx context.Context, result outcome.Result) outcome.Result {
	errs := make([]error, len(d.Tellers))
	var telling sync.WaitGroup
	for i, t := range d.Tellers {
		telling.Go(func() { errs[i] = tell(context.WithoutCancel(ctx), t, result, cleanUpLimit) })
	}
	telling.Wait()
	result = d.addErrors(result, errs...)
	if d.Notifier != nil {
		result = d.addErrors(result, tell(context.WithoutCancel(ctx), d.Notifier, result, cleanUpLimit))
	}
	return result
}

// addErrors adds the errors of tellers to a result.
func (d Drill) addErrors(result outcome.Result, errs ...error) outcome.Result {
	for _, err := range errs {
		for _, text := range errorTexts(err) {
			result.TellErrors = append(result.TellErrors, d.redacted(text))
		}
	}
	if len(result.TellErrors) > 0 && result.ExitCode == outcome.ExitPassed {
		result.ExitCode = outcome.ExitNotRecorded
	}
	return result
}

// announce lets the notifier tell that the drill starts, while the drill runs. The
// caller must call the function that it returns, which waits for the notifier, before it
// tells the result: a receiver must not hear of the start last.
func (d Drill) announce(ctx context.Context, started time.Time) (end func() error) {
	starter, ok := d.Notifier.(Starter)
	if !ok || ctx.Err() != nil { // after a signal, the remaining drills do not start
		return func() error { return nil }
	}
	told := make(chan error, 1)
	starting := outcome.Result{SchemaVersion: outcome.SchemaVersion, Kind: outcome.KindDrill, RunID: d.RunID, Drillgres: d.Version, Database: d.Database, StartedAt: started}
	go func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpLimit)
		defer cancel()
		_, err := recovered(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, starter.Start(ctx, starting) })
		told <- err
	}()
	return func() error { return <-told }
}

// errorTexts returns the texts of an error, one for each error that errors.Join joined.
func errorTexts(err error) (texts []string) {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || err.Error() != errors.Join(joined.Unwrap()...).Error() {
		return []string{err.Error()}
	}
	for _, err := range joined.Unwrap() {
		texts = append(texts, errorTexts(err)...)
	}
	return texts
}

// tellGrace is how long a teller may take to return after its deadline.
const tellGrace = 5 * time.Second

// tell calls one teller. It does not wait for one that ignores its deadline.
func tell(ctx context.Context, t Teller, result outcome.Result, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	told := make(chan error, 1)
	go func() {
		_, err := recovered(ctx, func(ctx context.Context) (struct{}, error) { return struct{}{}, t.Tell(ctx, result) })
		told <- err
	}()
	late := time.NewTimer(limit + tellGrace)
	defer late.Stop()
	select {
	case err := <-told:
		return err
	case <-late.C:
		return fmt.Errorf("record or send the result: %T did not end within %s", t, limit)
	}
}

func (d Drill) redacted(s string) string {
	if d.Redactor == nil {
		return s
	}
	return d.Redactor.Text(s)
}
