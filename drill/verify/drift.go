package verify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Past knows the drills before this one.
type Past interface {
	// Baseline gives the drill of database that a backup taken then is compared
	// with, and the reason for which somebody accepted it; empty: it passed. A
	// nil result without an error: there is none.
	Baseline(ctx context.Context, database string, taken time.Time) (was *outcome.Result, accepted string, err error)
}

// earlier is the drill to compare with, or why there is none.
type earlier struct {
	was      *outcome.Result
	accepted string
	why      string
}

func (v Verifier) earlier(ctx context.Context, taken time.Time) earlier {
	if v.Past == nil {
		return earlier{}
	}
	was, accepted, err := v.Past.Baseline(ctx, v.Database, taken)
	switch {
	case err != nil:
		return earlier{why: "the past drills cannot be read: " + err.Error()}
	case was == nil:
		return earlier{why: "nothing to compare with: no drill of this backup or an earlier one has passed"}
	}
	return earlier{was: was, accepted: accepted}
}

// baseline is how the result names it.
func (e earlier) baseline() *outcome.Baseline {
	if e.was == nil {
		return nil
	}
	return &outcome.Baseline{RunID: e.was.RunID, StartedAt: e.was.StartedAt, Accepted: e.accepted}
}

// shape is the content of a database in outline.
type shape struct {
	tables []outcome.Table
	schema schema
	major  int
}

// checkDrift compares the content with that of the baseline.
func (v Verifier) checkDrift(e earlier, is shape) verdict {
	found := v.drifted(e, is)
	found.check.ConfigPath = config.Path("verify", "drift")
	return found
}

func (v Verifier) drifted(e earlier, is shape) verdict {
	if v.Past == nil {
		return verdict{check: outcome.Check{Name: "drift", Kind: "builtin", Status: outcome.CheckNotConfigured, RestsOn: "nothing: no history was given"}}
	}
	if e.was == nil {
		none := restingOn(builtin("drift", "about as much as in an earlier drill"), "the history")
		return verdict{check: unknown(none, e.why)}
	}
	c := compare(v.Config.Drift, *e.was, is)
	found := verdict{check: builtin("drift", c.expected()), problems: c.problems, findings: c.findings}
	for i := range found.problems {
		found.problems[i].code = outcome.ContentDrifted
		found.problems[i].hint = v.acceptHint()
	}
	found.check.Saw = c.saw()
	found.check = restingOn(found.check, c.restsOn())
	return found.conclude()
}

func (v Verifier) acceptHint() string {
	remedy := outcome.ContentDrifted.Entry().Remedy
	if v.RunID == "" {
		return remedy
	}
	return strings.ReplaceAll(remedy, "drillgres accept RUN", "drillgres accept "+v.RunID+" --reason TEXT")
}

// expected says what the limits allow.
func (c *comparison) expected() string {
	var limits []string
	if c.rows < all {
		limits = append(limits, c.rows.String()+" fewer rows")
	}
	if c.size < all {
		limits = append(limits, c.size.String()+" fewer bytes")
	}
	switch {
	case len(limits) == 0:
		return "compared with run " + c.was.RunID + ", any loss allowed"
	case c.rows < all:
		return "no table gone and at most " + strings.Join(limits, " and ") + " than run " + c.was.RunID
	default:
		return "at most " + limits[0] + " than run " + c.was.RunID
	}
}

// saw sums the comparison up.
func (c *comparison) saw() string {
	gone := "no table gone"
	if c.gone > 0 {
		gone = words.Count(c.gone, "table") + " gone"
	}
	return fmt.Sprintf("rows %s, bytes %s, %s", change(c.before.rows, c.after.rows), change(c.before.bytes, c.after.bytes), gone)
}

// restsOn says what was compared, and why the schemas were not.
func (c *comparison) restsOn() string {
	if c.incomparable != "" {
		return fmt.Sprintf("the tables of this drill and of run %s; the schemas are not comparable: %s", c.was.RunID, c.incomparable)
	}
	return "the tables and the schemas of this drill and of run " + c.was.RunID
}

// change is a difference for a person: +1.5%, -20%, unchanged.
func change(before, after int64) string {
	switch before {
	case after:
		return "unchanged"
	case 0:
		return "from 0 to " + words.Number(after)
	}
	by, sign := share(lost(before, after)), "-"
	if after > before {
		by, sign = share(100*float64(after-before)/float64(before)), "+"
	}
	if by == 0 {
		return "almost unchanged"
	}
	return sign + by.String()
}

// lost is the part of before that is not there after, in percent.
func lost(before, after int64) float64 {
	if before <= 0 || after >= before {
		return 0
	}
	return 100 * float64(before-max(after, 0)) / float64(before)
}

// share rounds a percentage so that a difference from a limit still shows.
func share(percent float64) config.Percent {
	return config.Percent(float64(int64(percent*100+0.5)) / 100)
}
