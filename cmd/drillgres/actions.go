package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// step is the step of a GitHub Actions workflow in which this process runs. It is nil
// outside of GitHub Actions. The methods of a nil step do nothing.
type step struct {
	out       io.Writer // stderr itself: workflow commands are written here
	logged    bool      // out is the log of the runner, where a mask takes effect
	getenv    func(string) (string, bool)
	summary   string // file
	outputs   string // file
	workspace string // where the repository is checked out
	now       func() time.Time
}

// inActions adds a step to the edges if the process runs in GitHub Actions. Everything
// that is printed then goes through a filter, so that text from a dump or an application
// is never a workflow command.
func inActions(e edges) edges {
	if v, _ := e.getenv("GITHUB_ACTIONS"); v != "true" {
		return e
	}
	s := &step{out: e.stderr, logged: isRunnersLog(e.stderr), getenv: e.getenv, now: e.now}
	s.summary, _ = e.getenv("GITHUB_STEP_SUMMARY")
	s.outputs, _ = e.getenv("GITHUB_OUTPUT")
	s.workspace, _ = e.getenv("GITHUB_WORKSPACE")
	e.step, e.stdout, e.stderr = s, actions.Defuse(e.stdout), actions.Defuse(e.stderr)
	return e
}

// runnersTokens are the variables with secrets of GitHub's own, which the runner masks.
var runnersTokens = []string{"GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"}

// mask masks secrets in the log, and the credentials of the environment. It must be
// called before anything else is printed. It does nothing if stderr is not the log: the
// command that masks a secret contains it.
func (s *step) mask(secrets []redact.Secret) {
	if s == nil || !s.logged {
		return
	}
	secrets = append(slices.Clone(secrets), wiring.Credentials(s.getenv)...)
	actions.Mask(s.out, slices.DeleteFunc(secrets, s.isRunnersToken)...)
}

func (s *step) isRunnersToken(secret redact.Secret) bool {
	return slices.ContainsFunc(runnersTokens, func(name string) bool {
		token, _ := s.getenv(name)
		return token != "" && secret.Reveal() == token
	})
}

// isRunnersLog reports whether a stream leads to the log of the runner. The runner reads
// the output of a step from pipes. A pipe to another process of the step, such as tee, is
// not open in the parent of this process; the runner's is, in the shell or the runner.
// Where the parent's files cannot be listed, every pipe counts. A stream that is not a
// file is that of a test.
func isRunnersLog(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return true
	}
	info, err := f.Stat()
	if err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		return false
	}
	open := fmt.Sprintf("/proc/%d/fd", os.Getppid())
	entries, err := os.ReadDir(open)
	if err != nil {
		return true
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		other, err := os.Stat(filepath.Join(open, e.Name()))
		return err == nil && os.SameFile(info, other)
	})
}

// observe returns an observer that also folds the log of each stage.
func (s *step) observe(o drill.Observer, database string) drill.Observer {
	if s == nil || o == nil {
		return o
	}
	return &groups{Observer: o, out: s.out, database: database}
}

// groups folds the log of each stage. The end of a stage that does not pass is printed
// after its group, where it is visible.
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

// report writes results to annotations, the summary and the outputs. result is the path of
// their JSON file, or empty.
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
			actions.Output{Name: "recovery-seconds", Value: secondsOutput(r.RecoverySeconds())},
			actions.Output{Name: "rpo-seconds", Value: rpo}),
	)
}

// verdictOutput returns the verdict for the outputs of the step. It is ok for a check
// without a failure: a workflow must not mistake passed for a drill, nor unproved for an
// alarm.
func verdictOutput(r outcome.Result) string {
	if r.Kind == outcome.KindCheck && r.Failure == nil {
		return "ok"
	}
	return string(r.Verdict)
}

// reportError reports an error that occurred instead of, or after, results.
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
	return writeFailure(actions.AddSummary(s.summary, write))
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
	return writeFailure(actions.SetOutputs(s.outputs, append([]actions.Output{
		{Name: "database", Value: database}, {Name: "verdict", Value: verdict}, {Name: "code", Value: code}, {Name: "result", Value: result},
	}, more...)...))
}

func writeFailure(err error) error {
	if err == nil {
		return nil
	}
	return outcome.Fail(outcome.ConfigInvalid, "%w", err).WithHint("check that GITHUB_STEP_SUMMARY and GITHUB_OUTPUT name writable files")
}

func failureCode(f *outcome.FailureReport) string {
	if f == nil {
		return ""
	}
	return string(f.Code)
}

// secondsOutput formats a duration. It returns an empty string for one that was not
// measured.
func secondsOutput(seconds float64) string {
	if seconds == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f", seconds)
}
