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

// inquiry is one assertion that is looked into relation by relation.
type inquiry struct {
	name, expect string
	noun         string // of what it looks at
	from         string // the level from which on it is carried out
	off          string // why it cannot be carried out here; empty: it can
	code         outcome.Code
	hint         string // for what it finds; empty: the catalogue's
	tasks        []*task
}

// task looks into one relation.
type task struct {
	name  string // of the relation, as SQL needs it
	by    string // the means, for what the assertion rests on
	bytes int64
	// carryOut tells the damage that it found. Its error says that nothing is
	// known, unless it tells of damage itself (see pgerr.Error.Damage).
	carryOut func(ctx context.Context, conn *pgx.Conn) (damage string, err error)

	ended   bool // within the time
	damage  string
	unclear string // why it came to no end of its own
	seconds float64
}

// verdict is what the tasks found out together.
func (q *inquiry) verdict(k *scrutiny) verdict {
	v := verdict{check: builtin(q.name, q.expect)}
	v.check.ConfigPath = config.Path("verify", "integrity")
	switch {
	case k.level == basic || q.from == deep && k.level != deep:
		v.check.Status = outcome.CheckNotConfigured
		v.check.RestsOn = "nothing: verify.integrity is " + k.level
		return v
	case q.off != "":
		v.check = restingOn(unknown(v.check, q.off), "nothing")
		return v
	}
	v.check.RestsOn = q.restsOn()
	var reached int
	var open []string
	for _, t := range q.tasks {
		v.check.Seconds += t.seconds
		switch {
		case t.damage != "":
			v.problems = append(v.problems, problem{code: q.code, text: t.damage, object: t.name, hint: q.hint})
		case !t.ended:
			open = append(open, t.name+" not reached")
		case t.unclear != "":
			open = append(open, t.name+" could not be checked: "+t.unclear)
		}
		if t.ended {
			reached++
		}
	}
	v.check.Saw = q.saw(reached, v.problems)
	if len(open) > 0 {
		slices.Reverse(open) // the largest first
		v.check = unknown(v.check, v.check.Saw+"; "+words.Series(open, shown))
	}
	return v.conclude()
}

// saw says how much was looked into.
func (q *inquiry) saw(reached int, problems []problem) string {
	all := words.Count(len(q.tasks), q.noun)
	if reached < len(q.tasks) {
		all = words.Number(reached) + " of " + all
	}
	if len(problems) > 0 {
		return all + ": " + words.Series(texts(problems), shown)
	}
	return all
}

// restsOn says by what means how many relations were looked into.
func (q *inquiry) restsOn() string {
	var means []string
	counts := map[string]int64{}
	for _, t := range q.tasks {
		if !t.ended {
			continue
		}
		if counts[t.by] == 0 {
			means = append(means, t.by)
		}
		counts[t.by]++
	}
	if len(means) == 0 {
		return "nothing: no " + q.noun + " was read"
	}
	for i, by := range means {
		means[i] = fmt.Sprintf("%s of %s", by, words.Count(counts[by], q.noun))
	}
	return strings.Join(means, ", ")
}

// notDone says why a task could not be carried out. It ends nothing else.
type notDone string

func (n notDone) Error() string { return string(n) }
