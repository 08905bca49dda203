package appcheck

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/words"
)

// What is expected of an answer if the config has no expect.
const (
	statusOK = "status is 2xx"
	exitZero = "exit == 0"
	noError  = "runs without an error"
)

// endNoticeWithin is how much later than the end of its connections a container
// can be reported as ended: the sandbox first checks whether the kernel killed it.
const endNoticeWithin = 5 * time.Second

// targets are what smoke tests run against.
type targets struct {
	prober
	app    sandbox.Process
	server provision.Server
	access Access
}

// answer is the result of one smoke test.
type answer struct {
	saw         string         // human-readable, without values of rows
	env         map[string]any // variables of the expression
	passes      bool           // result without an expression
	problem     string         // why the application did not answer; empty: it answered
	interrupted bool           // the end of the application may explain the problem
}

// smokeError describes the smoke tests that failed.
type smokeError struct {
	first string // what the first failed test expected and saw
	more  int    // number of other tests that failed
	ended string // the test during which the application ended; empty: none
	cause error  // why the remaining tests could not run; nil: they ran
}

func (e *smokeError) Error() string { return e.first }

// runSmoke runs all smoke tests in their order. After the application has ended,
// the remaining ones are unknown.
func (c Checker) runSmoke(running context.Context, t targets, report *Report) error {
	var failed smokeError
	for i, s := range c.Config.Smoke {
		began := time.Now()
		check := outcome.Check{
			Name: s.Name, Kind: kind(s), Expect: expected(s.Expect, defaultExpect(s)), RestsOn: evidence(s), ConfigPath: config.Path("app", "smoke", i),
		}
		if running.Err() != nil {
			check.Status, check.Saw, check.RestsOn = outcome.CheckUnknown, "not run", "nothing: the application had ended"
			report.add(check, began)
			continue
		}
		check.Status, check.Saw = c.runOne(running, t, s)
		if running.Err() != nil {
			failed.ended, failed.cause = s.Name, context.Cause(running)
		}
		report.add(check, began)
		failed.note(check)
	}
	if failed.cause == nil && running.Err() != nil {
		failed.cause = context.Cause(running)
	}
	if failed.first == "" && failed.cause == nil {
		return nil
	}
	return &failed
}

// note records a check if it failed.
func (e *smokeError) note(check outcome.Check) {
	switch {
	case check.Status != outcome.CheckFailed:
	case e.first == "":
		e.first = fmt.Sprintf("smoke test %q: expected %s, saw %s", check.Name, check.Expect, check.Saw)
	default:
		e.more++
	}
}

// runOne runs one smoke test within its time limit.
func (c Checker) runOne(running context.Context, t targets, s config.Smoke) (outcome.CheckStatus, string) {
	within := time.Duration(s.Within)
	ctx, cancel := context.WithTimeoutCause(running, within, fmt.Errorf("no answer within %s", within))
	defer cancel()
	a := c.ask(ctx, t, s)
	if a.problem != "" {
		return outcome.CheckFailed, c.redact(a.explainProblem(ctx, running))
	}
	ok, problem := a.matches(s.Expect)
	if problem != "" {
		return outcome.CheckFailed, c.redact(a.saw + ": " + problem)
	}
	if !ok {
		return outcome.CheckFailed, c.redact(a.saw)
	}
	return outcome.CheckPassed, c.redact(a.saw)
}

// explainProblem returns why the application did not answer: the time limit or the end of the
// application if one of them explains the problem, otherwise the problem.
func (a answer) explainProblem(ctx, running context.Context) string {
	if cause := context.Cause(ctx); cause != nil {
		return cause.Error()
	}
	if a.interrupted {
		if cause := waitFor(running, endNoticeWithin); cause != nil {
			return cause.Error()
		}
	}
	return a.problem
}

// matches reports whether an answer satisfies an expression. problem is why the
// expression could not be evaluated.
func (a answer) matches(e config.Expr) (ok bool, problem string) {
	if e.IsZero() {
		return a.passes, ""
	}
	ok, err := e.Eval(a.env)
	if err != nil {
		return false, err.Error()
	}
	return ok, ""
}

// ask sends the request, command or query of a smoke test.
func (c Checker) ask(ctx context.Context, t targets, s config.Smoke) answer {
	switch kind(s) {
	case "http":
		return t.request(ctx, *s.HTTP)
	case "command":
		return c.command(ctx, t.app, s.Command)
	}
	return t.query(ctx, s.SQL)
}

func kind(s config.Smoke) string {
	switch {
	case s.HTTP != nil:
		return "http"
	case len(s.Command) > 0:
		return "command"
	}
	return "sql"
}

// evidence returns what the result of a smoke test rests on.
func evidence(s config.Smoke) string {
	return map[string]string{
		"http":    "the answer to one request in the pod",
		"command": "the exit code and output of the command in the application's container",
		"sql":     "the rows that the query returns to the application's role",
	}[kind(s)]
}

func defaultExpect(s config.Smoke) string {
	return map[string]string{"http": statusOK, "command": exitZero, "sql": noError}[kind(s)]
}

// expected returns the text of an expression, or of the default.
func expected(e config.Expr, defaultExpect string) string {
	if e.IsZero() {
		return defaultExpect
	}
	return e.Source
}

// smokeFailure returns the Failure of an error of runSmoke: a failed smoke test, or
// the end of the application.
func smokeFailure(app sandbox.Process, err error, lines []string) error {
	var failed *smokeError
	if !errors.As(err, &failed) {
		return err
	}
	if errors.Is(failed.cause, errEnded) {
		when := " after the smoke tests"
		if failed.ended != "" {
			when = fmt.Sprintf(" during smoke test %q", failed.ended)
		}
		return ended(app, "the application", when, lines)
	}
	if failed.cause != nil {
		return failed.cause
	}
	others := ""
	if failed.more > 0 {
		others = fmt.Sprintf("; and %s more failed", words.Number(failed.more))
	}
	return outcome.Fail(outcome.SmokeFailed, "%s%s%s", failed.first, others, logExcerpt(lastFew(lines)))
}

// lastFew returns the last few lines, because a failed smoke test is explained by
// its own message first.
func lastFew(lines []string) []string {
	const limit = 5
	return lines[max(0, len(lines)-limit):]
}
