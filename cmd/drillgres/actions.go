package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/report/actions"
	"github.com/drillgres/drillgres/drill/wiring"
)

// step is the step of a GitHub Actions workflow in which this process runs. It
// is nil outside of Actions, and its methods then do nothing.
type step struct {
	out       io.Writer // stderr itself: workflow commands are written here
	summary   string    // file
	outputs   string    // file
	workspace string    // where the repository is checked out
	now       func() time.Time
}

// inActions makes the edges those of a step if the process runs in one: text
// from a dump or an application is then never a workflow command, whatever
// prints it.
func inActions(e edges) edges {
	if v, _ := e.getenv("GITHUB_ACTIONS"); v != "true" {
		return e
	}
	s := &step{out: e.stderr, now: e.now}
	s.summary, _ = e.getenv("GITHUB_STEP_SUMMARY")
	s.outputs, _ = e.getenv("GITHUB_OUTPUT")
	s.workspace, _ = e.getenv("GITHUB_WORKSPACE")
	actions.Mask(s.out, wiring.Credentials(e.getenv)...)
	e.step, e.stdout, e.stderr = s, actions.Defuse(e.stdout), actions.Defuse(e.stderr)
	return e
}

// mask hides secrets in the log. It must be called before anything else prints.
func (s *step) mask(secrets []redact.Secret) {
	if s != nil {
		actions.Mask(s.out, secrets...)
	}
}

// observe folds the log of each stage.
func (s *step) observe(o drill.Observer, database string) drill.Observer {
	if s == nil || o == nil {
		return o
	}
	return &groups{Observer: o, out: s.out, database: database}
}

// groups folds the log of each stage that passes. The end of one that does not
// is printed outside of its group, where it is seen.
type groups struct {
	drill.Observer
	out      io.Writer
	database string
	open     bool
}

func (g *groups) Started(s outcome.Stage) {
	actions.Group(g.out, g.database+": "+string(s))
	g.open = true
	g.Observer.Started(s)
}

func (g *groups) Ended(s outcome.StageReport, f *outcome.Failure) {
	if s.Status == outcome.StagePassed {
		g.Observer.Ended(s, f)
		g.close()
		return
	}
	g.close()
	g.Observer.Ended(s, f)
}

func (g *groups) close() {
	if g.open {
		actions.EndGroup(g.out)
	}
	g.open = false
}

// report shows results in annotations, the summary and the outputs. result is
// the file that holds their JSON; empty: there is none.
func (s *step) report(cfg *config.Config, results []outcome.Result, result string) error {
	if s == nil || len(results) == 0 {
		return nil
	}
	for _, r := range results {
		s.annotate(cfg, r)
	}
	r := results[outcome.Worst(results)]
	decision := ""
	if r.Gate != nil {
		decision = string(r.Gate.Decision)
	}
	rpo := ""
	if r.RPOSeconds != nil {
		rpo = fmt.Sprintf("%.0f", *r.RPOSeconds)
	}
	return errors.Join(
		s.addSummary(func(w io.Writer, limit int) error { return report.Markdown(w, results, limit) }),
		s.set(r.Database, verdictOutput(r), failureCode(r.Failure), result,
			actions.Output{Name: "decision", Value: decision},
			actions.Output{Name: "restore-seconds", Value: secondsOutput(r.Times.Restore)},
			actions.Output{Name: "recovery-seconds", Value: secondsOutput(r.Times.Recovery)},
			actions.Output{Name: "rpo-seconds", Value: rpo}),
	)
}

// verdictOutput is the verdict in the step's outputs. A check that found nothing
// wrong is ok there: a workflow that acts on passed must not take it for a
// drill, and one that acts on unproved must not take it for an alarm.
func verdictOutput(r outcome.Result) string {
	if r.Kind == outcome.KindCheck && r.Failure == nil {
		return "ok"
	}
	return string(r.Verdict)
}

// reportError shows an error that came instead of results, or after some.
func (s *step) reportError(f *outcome.Failure) {
	if s == nil {
		return
	}
	var problems config.Errors
	errors.As(f, &problems)
	for _, p := range problems {
		at := actions.Place{File: s.relative(p.File), Line: p.Line, Column: p.Column}
		actions.Error(s.out, at, string(outcome.ConfigInvalid), strings.TrimPrefix(p.Path+": "+p.Message, ": "))
	}
	failure := *f.Report()
	if len(problems) == 0 {
		s.annotateFailure(actions.Place{}, "drillgres", failure)
	}
	err := errors.Join(
		s.addSummary(func(w io.Writer, limit int) error { return report.MarkdownError(w, failure, limit) }),
		s.set("", string(failure.Class.Verdict()), failureCode(&failure), ""),
	)
	if err != nil {
		actions.Warning(s.out, actions.Place{}, "drillgres", err.Error())
	}
}

func (s *step) addSummary(write func(w io.Writer, limit int) error) error {
	if s.summary == "" {
		return nil
	}
	return unwritten(actions.AddSummary(s.summary, write))
}

func (s *step) set(database, verdict, code, result string, more ...actions.Output) error {
	if s.outputs == "" {
		return nil
	}
	if result != "" {
		if abs, err := filepath.Abs(result); err == nil {
			result = abs
		}
	}
	return unwritten(actions.SetOutputs(s.outputs, append([]actions.Output{
		{Name: "database", Value: database}, {Name: "verdict", Value: verdict}, {Name: "code", Value: code}, {Name: "result", Value: result},
	}, more...)...))
}

func unwritten(err error) error {
	if err == nil {
		return nil
	}
	return outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("see that GITHUB_STEP_SUMMARY and GITHUB_OUTPUT name files that can be written")
}

func failureCode(f *outcome.FailureReport) string {
	if f == nil {
		return ""
	}
	return string(f.Code)
}

// secondsOutput is empty for a time that was not measured: unknown is not zero.
func secondsOutput(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f", seconds)
}
