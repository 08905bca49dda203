package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// integrityCheck is one check of integrity. It consists of a task for each relation.
type integrityCheck struct {
	name, expect string
	noun         string // for what a task checks, such as table
	level        string // the lowest level that includes the check
	unavailable  string // why the check cannot run on this server; empty: it can
	code         outcome.Code
	hint         string // for damage; empty: the catalogue's
	storage      bool   // an error about the stored data is the sandbox's
	tasks        []*task
}

// task checks one relation.
type task struct {
	name   string // of the relation, quoted where SQL requires it
	method string // the method, for Check.RestsOn
	bytes  int64
	parts  []step // which may run in parallel

	result
	open    int // parts that have not ended
	seconds float64
}

// step is a part of a task.
type step struct {
	reads partID // what it reads; the zero value: what cannot be read ahead
	// run checks that part and returns the damage that it found. An error means that the result
	// is unknown, unless the error itself means damage (see pgerr.Error.Damage).
	run func(ctx context.Context, conn *pgx.Conn) (damage string, err error)
}

type part struct {
	task *task
	step step
}

// addPart adds a part that reads a table or an index, or a part of it with this SQL.
func (t *task) addPart(r storedRelation, sql string, run func(context.Context, *pgx.Conn) (damage string, err error)) {
	t.parts = append(t.parts, step{partID{t.method, r.OID, r.Node, r.Bytes, sql}, run})
}

// verdict returns the result of the tasks together.
func (c *integrityCheck) verdict(r *integrityRun) verdict {
	v := verdict{check: builtinCheck(c.name, c.expect)}
	v.check.ConfigPath = config.Path("verify", "integrity")
	switch {
	case r.level == basic || c.level == deep && r.level != deep:
		v.check.Status = outcome.CheckNotConfigured
		v.check.RestsOn = "nothing: verify.integrity is " + r.level
		return v
	case c.unavailable != "":
		v.check = withEvidence(unknown(v.check, c.unavailable), "nothing")
		return v
	}
	v.check.RestsOn = c.restsOn()
	var reached int
	var open []string
	for _, t := range c.tasks {
		v.check.Seconds += t.seconds
		switch {
		case t.damage != "":
			v.problems = append(v.problems, problem{code: c.codeOf(t), text: t.damage, object: t.name, hint: c.hint})
		case !t.ended:
			open = append(open, t.name+" not reached")
		case t.unclear != "":
			open = append(open, t.name+" could not be checked: "+t.unclear)
		}
		if t.ended {
			reached++
		}
	}
	v.check.Saw = c.saw(reached, v.problems)
	if len(open) > 0 {
		slices.Reverse(open) // the largest first
		v.check = unknown(v.check, v.check.Saw+"; "+words.Series(open, maxListed))
	}
	return v.conclude()
}

// codeOf returns the code for a task that found damage. The drill itself has written the
// tables, so no backup can be the cause of stored data that the server cannot read.
func (c *integrityCheck) codeOf(t *task) outcome.Code {
	if c.storage && t.stored {
		return outcome.SandboxLost
	}
	return c.code
}

// saw describes how much was checked, and what was found.
func (c *integrityCheck) saw(reached int, problems []problem) string {
	all := words.Count(len(c.tasks), c.noun)
	if reached < len(c.tasks) {
		all = words.Number(reached) + " of " + all
	}
	if len(problems) > 0 {
		return all + ": " + words.Series(problemTexts(problems), maxListed)
	}
	return all
}

// restsOn describes how many relations were checked, and with which method.
func (c *integrityCheck) restsOn() string {
	var methods []string
	counts := map[string]int64{}
	for _, t := range c.tasks {
		if !t.ended {
			continue
		}
		if counts[t.method] == 0 {
			methods = append(methods, t.method)
		}
		counts[t.method]++
	}
	if len(methods) == 0 {
		return "nothing: no " + c.noun + " was read"
	}
	for i, method := range methods {
		methods[i] = fmt.Sprintf("%s of %s", method, words.Count(counts[method], c.noun))
	}
	return strings.Join(methods, ", ")
}

// notChecked is the reason why a task could not run. The other tasks continue.
type notChecked string

func (n notChecked) Error() string { return string(n) }
