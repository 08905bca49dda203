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

// What an answer must be where the config does not say.
const (
	served   = "status is 2xx"
	finished = "exit == 0"
	ran      = "runs without an error"
)

// deathNotice is how much later than its connections it can be known that a
// container has ended: the sandbox first finds out whether the kernel killed it.
const deathNotice = 5 * time.Second

// tools are what smoke tests work with.
type tools struct {
	prober
	app    sandbox.Process
	server provision.Server
	access Access
}

// answer is what came of one smoke test.
type answer struct {
	saw      string         // for a person, without values of rows
	env      map[string]any // for the expression
	byItself bool           // whether it holds where there is no expression
	problem  string         // why there is no answer to judge; empty: there is
	brokeOff bool           // the problem is one that the application's end explains
}

// smokeError says which smoke tests did not hold.
type smokeError struct {
	first string // what the first one expected and saw
	more  int    // that did not hold either
	ended string // the test during which the application ended; empty: it did not
	cause error  // why the tests could not go on, if they could not
}

func (e *smokeError) Error() string { return e.first }

// runSmoke runs the smoke tests in their order, all of them. When the
// application ends, the remaining ones are unknown.
func (c Checker) runSmoke(alive context.Context, t tools, report *Report) error {
	var failed smokeError
	for i, s := range c.Config.Smoke {
		began := time.Now()
		check := outcome.Check{
			Name: s.Name, Kind: kind(s), Expect: expected(s.Expect, byDefault(s)), RestsOn: ground(s), ConfigPath: config.Path("app", "smoke", i),
		}
		if alive.Err() != nil {
			check.Status, check.Saw, check.RestsOn = outcome.CheckUnknown, "not run", "nothing: the application had ended"
			report.add(check, began)
			continue
		}
		check.Status, check.Saw = c.judge(alive, t, s)
		if alive.Err() != nil {
			failed.ended, failed.cause = s.Name, context.Cause(alive)
		}
		report.add(check, began)
		failed.note(check)
	}
	if failed.cause == nil && alive.Err() != nil {
		failed.cause = context.Cause(alive)
	}
	if failed.first == "" && failed.cause == nil {
		return nil
	}
	return &failed
}

func (e *smokeError) note(check outcome.Check) {
	switch {
	case check.Status != outcome.CheckFailed:
	case e.first == "":
		e.first = fmt.Sprintf("smoke test %q: expected %s, saw %s", check.Name, check.Expect, check.Saw)
	default:
		e.more++
	}
}

// judge carries out one smoke test within its time.
func (c Checker) judge(alive context.Context, t tools, s config.Smoke) (outcome.CheckStatus, string) {
	within := time.Duration(s.Within)
	ctx, cancel := context.WithTimeoutCause(alive, within, fmt.Errorf("no answer within %s", within))
	defer cancel()
	a := c.carryOut(ctx, t, s)
	if a.problem != "" {
		return outcome.CheckFailed, c.text(a.whyNone(ctx, alive))
	}
	held, why := a.holds(s.Expect)
	if why != "" {
		return outcome.CheckFailed, c.text(a.saw + ": " + why)
	}
	if !held {
		return outcome.CheckFailed, c.text(a.saw)
	}
	return outcome.CheckPassed, c.text(a.saw)
}

// whyNone tells why there is no answer to judge. The time that was over, and
// the end of the application, explain whatever came of them.
func (a answer) whyNone(ctx, alive context.Context) string {
	if cause := context.Cause(ctx); cause != nil {
		return cause.Error()
	}
	if a.brokeOff {
		if cause := outlive(alive, deathNotice); cause != nil {
			return cause.Error()
		}
	}
	return a.problem
}

// holds judges an answer; why tells what kept it from being judged.
func (a answer) holds(e config.Expr) (held bool, why string) {
	if e.IsZero() {
		return a.byItself, ""
	}
	held, err := e.Eval(a.env)
	if err != nil {
		return false, err.Error()
	}
	return held, ""
}

func (c Checker) carryOut(ctx context.Context, t tools, s config.Smoke) answer {
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

// ground is what a smoke test rests on.
func ground(s config.Smoke) string {
	return map[string]string{
		"http":    "the answer to one request in the pod",
		"command": "exit code and output of the command in the application's container",
		"sql":     "the rows that the query gives to the application's role",
	}[kind(s)]
}

func byDefault(s config.Smoke) string {
	return map[string]string{"http": served, "command": finished, "sql": ran}[kind(s)]
}

// expected says what must hold.
func expected(e config.Expr, byDefault string) string {
	if e.IsZero() {
		return byDefault
	}
	return e.Source
}

// blameApp is the failure of smoke tests that did not hold, or of an
// application that ended under them.
func blameApp(app sandbox.Process, err error, lines []string) error {
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
		others = fmt.Sprintf("; and %s more did not hold", words.Number(failed.more))
	}
	return outcome.Fail(outcome.SmokeFailed, "%s%s%s", failed.first, others, lastWords(lastOf(lines)))
}

// lastOf returns the last lines: here they are only a help.
func lastOf(lines []string) []string {
	const most = 5
	return lines[max(0, len(lines)-most):]
}
