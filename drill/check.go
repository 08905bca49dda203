package drill

import (
	"context"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Check checks that a recent, plausible backup exists and can be read, what it is, and
// whether it was drilled lately. It restores nothing. It needs only Database, RunID,
// Version, Now, Redactor, Timezone, Locator, Policy, Demands and what reads the history.
//
// The verdict is that of the failure, otherwise unproved with exit code 0: a check
// never verifies a backup. Of several failures the first is that of the result, and the
// others are findings.
func (d Drill) Check(ctx context.Context) outcome.Result {
	return d.Tell(ctx, d.Examine(ctx).Result)
}

// Examined is what a check sees of the newest backup.
type Examined struct {
	Result   outcome.Result
	Backup   locate.Backup    // zero: none was chosen
	Contents inspect.Contents // as far as the beginning of the backup shows them
}

// Examine is Check that tells nobody, and also returns what the check saw.
func (d Drill) Examine(ctx context.Context) Examined {
	r := newRunner(d)
	seen := d.checkOnly(ctx, r)
	result := d.describe(r, seen.evidence, nil)
	result.Posture = seen.posture
	result.Kind = outcome.KindCheck
	result.RPOSeconds = nil // of a verified backup only
	if late := d.findOverdue(ctx); late != nil && result.Failure == nil {
		fail(&result, failureOf(*late))
	} else {
		result.Findings = append(result.Findings, listOf(late)...)
	}
	if result.Failure == nil {
		result.Verdict = outcome.VerdictUnproved
	}
	return Examined{Result: result, Backup: seen.backup, Contents: seen.file.Contents}
}

// located is the newest backup, what its beginning shows, and why a drill of it would
// fail.
type located struct {
	evidence
	broken  error
	posture *outcome.Posture
}

// finder returns the stage of a drill that would fail. The format of a known dump is
// judged in the inspect stage.
func (l located) finder() outcome.Stage {
	if l.file.Contents.Source.Format == "" && inspect.StreamLevel(l.broken) {
		return outcome.Fetch
	}
	return outcome.Inspect
}

// checkOnly runs the locate stage, and reads the beginning of the backup: listing a
// backup does not show that it can be read, nor that it is one. A failure that the
// beginning shows belongs to the stage of a drill that would find it. All other stages
// are skipped.
func (d Drill) checkOnly(ctx context.Context, r *runner) located {
	l := step(ctx, r, outcome.Locate, d.look)
	finder := l.finder()
	for _, s := range outcome.Stages {
		switch {
		case s == outcome.Locate:
		case s == finder && l.broken != nil:
			step(ctx, r, s, func(context.Context) (struct{}, error) { return struct{}{}, l.broken })
		default:
			r.skip(s, "not part of a check")
		}
	}
	return l
}

// look locates the newest backup, reads its beginning, and asks its store how it protects
// the backups. What fails first is the failure.
func (d Drill) look(ctx context.Context) (l located, err error) {
	if l.backup, err = d.Locator.Locate(ctx); err == nil {
		err = d.lookInside(ctx, &l)
	}
	var problems []problem
	if d.Demands != nil && l.backup.Source != nil && answered(err) {
		l.posture, problems = d.examinePosture(ctx, l.evidence)
	}
	if ctx.Err() != nil { // what a store did not answer in time is not unknown to it
		return l, context.Cause(ctx)
	}
	if err == nil && l.broken == nil {
		small, historyErr := d.findShrunk(ctx, l.evidence)
		if small != nil {
			problems = slices.Insert(problems, 0, problem{*small, d.Demands != nil})
		}
		l.findings = append(l.findings, listOf(d.findUncompared(historyErr))...)
	}
	for _, p := range problems {
		if p.demanded && err == nil && l.broken == nil {
			err = failureOf(p.Finding)
		} else {
			l.findings = append(l.findings, p.Finding)
		}
	}
	return l, err
}

// answered reports whether a source answered, although its backups may be wrong.
func answered(err error) bool {
	return err == nil || outcome.AsFailure(err).Class() == outcome.ClassBackup
}

// lookInside reads the beginning of the backup.
func (d Drill) lookInside(ctx context.Context, l *located) error {
	head, whole, err := l.backup.ReadHead(ctx)
	if err != nil {
		return err
	}
	l.file.Contents, l.broken = inspect.Head(ctx, head, whole, d.opener(), d.Policy)
	l.taken = d.taken(l.backup, l.file.Contents)
	l.findings = d.findOdd(ctx, l.evidence)
	if l.broken == nil {
		l.broken = inspect.CheckAge(l.file.Contents, d.policyFor(l.evidence))
	}
	return nil
}

// failureOf returns the failure of which a finding is the milder form.
func failureOf(f outcome.Finding) *outcome.Failure {
	return outcome.Fail(outcome.Code(f.Code), "%s", f.Message).WithHint("%s", f.Hint)
}

// listOf returns the finding, if there is one.
func listOf(f *outcome.Finding) []outcome.Finding {
	if f == nil {
		return nil
	}
	return []outcome.Finding{*f}
}

// findOverdue reports that no drill of the newest backup has passed lately, or that the
// history does not say so.
func (d Drill) findOverdue(ctx context.Context) *outcome.Finding {
	if d.Demands == nil || d.Demands.MaxUnverified == 0 || ctx.Err() != nil {
		return nil
	}
	limit := d.Demands.MaxUnverified
	ended, found, err := d.LastDrill(ctx)
	allowed := "max_unverified allows " + words.Span(limit)
	if err != nil {
		return &outcome.Finding{
			Code:    "history_unavailable",
			Message: d.redacted(fmt.Sprintf("when %s was drilled is unknown; %s: %v", d.Database, allowed, err)),
			Hint:    historyHint,
		}
	}
	age := d.Now().Sub(ended)
	if found && age <= limit {
		return nil
	}
	late := &outcome.Finding{Code: "drill_overdue", Hint: "run drillgres run " + d.Database + ", and find out why the scheduled drill does not run or does not pass"}
	if late.Message = "no drill of the newest backup of " + d.Database + " has passed yet; " + allowed; found {
		late.Message = fmt.Sprintf("the last drill of the newest backup of %s that passed ended %s ago, at %s; %s", d.Database, words.Span(age), words.Moment(ended), allowed)
	}
	return late
}
