package verify

import (
	"errors"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// problem is one thing that does not hold.
type problem struct {
	code     outcome.Code
	text     string
	sqlState string // where the server said it
	object   string // schema.table or an index, where it is about one
	hint     string // empty: the catalogue's remedy
}

// severity orders the codes of this stage: what explains the others comes first.
var severity = []outcome.Code{
	outcome.ContentIncomplete, outcome.TableMissing, outcome.RowsMissing, outcome.DataStale,
	outcome.IndexCorrupt, outcome.ConstraintViolated, outcome.SequenceBehind, outcome.QueryFailed,
	outcome.ContentDrifted,
}

// shown is how many names a message lists before it only counts.
const shown = 3

// worst is the Failure for the most severe code among the problems, or nil.
func worst(problems []problem) error {
	for _, code := range severity {
		f := &outcome.Failure{Code: code}
		var texts []string
		for _, p := range problems {
			if p.code == code {
				texts = append(texts, p.text)
				f.SQLState = firstOf(f.SQLState, p.sqlState)
				f.Object = firstOf(f.Object, p.object)
				f.Hint = firstOf(f.Hint, p.hint)
			}
		}
		if len(texts) == 0 {
			continue
		}
		f.Err = errors.New(words.Series(texts, shown))
		f.Cascades = len(problems) - len(texts)
		return f
	}
	return nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// builtin is the start of a check that needs no config.
func builtin(name, expect string) outcome.Check {
	return outcome.Check{Name: name, Kind: "builtin", Status: outcome.CheckPassed, Expect: expect, ConfigPath: config.Path("verify")}
}

// restingOn says what was read to come to the check's end.
func restingOn(c outcome.Check, what string) outcome.Check {
	c.RestsOn = what
	return c
}
