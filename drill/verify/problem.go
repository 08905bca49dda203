package verify

import (
	"cmp"
	"errors"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// problem is one violated expectation.
type problem struct {
	code     outcome.Code
	text     string
	sqlState string // empty: the server reported no error
	object   string // schema.table or an index; empty: not about one object
	hint     string // empty: the catalogue's remedy
}

// severity orders the codes of this stage. A code that explains others comes
// before them.
var severity = []outcome.Code{
	outcome.SandboxLost,
	outcome.ContentIncomplete, outcome.DumpNoData, outcome.TableMissing, outcome.RowsMissing, outcome.DataStale,
	outcome.IndexCorrupt, outcome.ConstraintViolated, outcome.SequenceBehind, outcome.QueryFailed,
	outcome.ContentDrifted,
}

// maxListed is the number of names that a message lists before it only counts.
const maxListed = 3

// mostSevere returns the Failure for the most severe code among the problems, or nil.
func mostSevere(problems []problem) error {
	for _, code := range severity {
		f := &outcome.Failure{Code: code}
		var texts []string
		for _, p := range problems {
			if p.code == code {
				texts = append(texts, p.text)
				f.SQLState = cmp.Or(f.SQLState, p.sqlState)
				f.Object = cmp.Or(f.Object, p.object)
				f.Hint = cmp.Or(f.Hint, p.hint)
			}
		}
		if len(texts) == 0 {
			continue
		}
		f.Err = errors.New(words.Series(texts, maxListed))
		f.Cascades = len(problems) - len(texts)
		return f
	}
	return nil
}

// builtinCheck returns a passed check that needs no config.
func builtinCheck(name, expect string) outcome.Check {
	return outcome.Check{Name: name, Kind: "builtin", Status: outcome.CheckPassed, Expect: expect, ConfigPath: config.Path("verify")}
}

// withEvidence returns the check with the evidence on which it rests.
func withEvidence(c outcome.Check, what string) outcome.Check {
	c.RestsOn = what
	return c
}
