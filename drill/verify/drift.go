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

// Past is the history of earlier drills.
type Past interface {
	// Baseline returns the drill with which a backup taken at that time is
	// compared, and the reason with which an operator accepted it (empty: it
	// passed). It returns nil if no such drill exists.
	Baseline(ctx context.Context, database string, taken time.Time) (was *outcome.Result, accepted string, err error)
}

// baselineDrill holds the drill to compare with, or the reason why none exists.
type baselineDrill struct {
	result   *outcome.Result
	accepted string
	missing  string
}

func (v Verifier) findBaseline(ctx context.Context, taken time.Time) baselineDrill {
	if v.Past == nil {
		return baselineDrill{}
	}
	was, accepted, err := v.Past.Baseline(ctx, v.Database, taken)
	switch {
	case err != nil:
		return baselineDrill{missing: "the history cannot be read: " + err.Error()}
	case was == nil:
		return baselineDrill{missing: "nothing to compare with: no drill of this backup or an earlier one has passed"}
	}
	return baselineDrill{result: was, accepted: accepted}
}

// baseline returns the baseline for the report, or nil.
func (e baselineDrill) baseline() *outcome.Baseline {
	if e.result == nil {
		return nil
	}
	return &outcome.Baseline{RunID: e.result.RunID, StartedAt: e.result.StartedAt, Accepted: e.accepted}
}

// content holds what drift compares: the tables and the schema of a database.
type content struct {
	tables []outcome.Table
	schema schema
	major  int
}

// checkDrift compares the content with that of the baseline.
func (v Verifier) checkDrift(e baselineDrill, is content) verdict {
	found := v.compareWithBaseline(e, is)
	found.check.ConfigPath = config.Path("verify", "drift")
	return found
}

func (v Verifier) compareWithBaseline(e baselineDrill, is content) verdict {
	if v.Past == nil {
		return verdict{check: outcome.Check{Name: "drift", Kind: "builtin", Status: outcome.CheckNotConfigured, RestsOn: "nothing: no history is configured"}}
	}
	if e.result == nil {
		none := withEvidence(builtinCheck("drift", "about as much as in an earlier drill"), "the history")
		return verdict{check: unknown(none, e.missing)}
	}
	c := compare(v.Config.Drift, *e.result, is)
	found := verdict{check: builtinCheck("drift", c.expected()), problems: c.problems, findings: c.findings}
	for i := range found.problems {
		found.problems[i].code = outcome.ContentDrifted
		found.problems[i].hint = v.acceptHint()
	}
	found.check.Saw = c.saw()
	found.check = withEvidence(found.check, c.restsOn())
	return found.conclude()
}

func (v Verifier) acceptHint() string {
	remedy := outcome.ContentDrifted.Entry().Remedy
	if v.RunID == "" {
		return remedy
	}
	return strings.ReplaceAll(remedy, "drillgres accept RUN", "drillgres accept "+v.RunID+" --reason TEXT")
}

// expected describes what the limits allow.
func (c *comparison) expected() string {
	var limits []string
	if c.rows < anyLoss {
		limits = append(limits, c.rows.String()+" fewer rows")
	}
	if c.size < anyLoss {
		limits = append(limits, c.size.String()+" fewer bytes")
	}
	switch {
	case len(limits) == 0:
		return "compared with run " + c.was.RunID + ", any loss allowed"
	case c.rows < anyLoss:
		return "no table gone and at most " + strings.Join(limits, " and ") + " than run " + c.was.RunID
	default:
		return "at most " + limits[0] + " than run " + c.was.RunID
	}
}

// saw returns the summary of the comparison.
func (c *comparison) saw() string {
	gone := "no table gone"
	if c.gone > 0 {
		gone = words.Count(c.gone, "table") + " gone"
	}
	return fmt.Sprintf("rows %s, bytes %s, %s", formatChange(c.before.rows, c.after.rows), formatChange(c.before.bytes, c.after.bytes), gone)
}

// restsOn describes what was compared, and why the schemas were not.
func (c *comparison) restsOn() string {
	if c.incomparable != "" {
		return fmt.Sprintf("the tables of this drill and of run %s; the schemas are not comparable: %s", c.was.RunID, c.incomparable)
	}
	return "the tables and the schemas of this drill and of run " + c.was.RunID
}

// formatChange formats a difference: +1.5%, -20%, unchanged.
func formatChange(before, after int64) string {
	switch before {
	case after:
		return "unchanged"
	case 0:
		return "from 0 to " + words.Number(after)
	}
	by, sign := roundPercent(lossPercent(before, after)), "-"
	if after > before {
		by, sign = roundPercent(100*float64(after-before)/float64(before)), "+"
	}
	if by == 0 {
		return "almost unchanged"
	}
	return sign + by.String()
}

// lossPercent returns the loss from before to after, as a percentage of before.
func lossPercent(before, after int64) float64 {
	if before <= 0 || after >= before {
		return 0
	}
	return 100 * float64(before-max(after, 0)) / float64(before)
}

// roundPercent rounds a percentage to two decimals, so that a small difference from a
// limit remains visible.
func roundPercent(percent float64) config.Percent {
	return config.Percent(float64(int64(percent*100+0.5)) / 100)
}
