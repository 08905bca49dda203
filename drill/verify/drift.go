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
	// Earlier returns what the drills of the newest backups verified, of those taken at
	// or before taken, at most as many as window. Without any, it returns none and no
	// error.
	Earlier(ctx context.Context, database string, taken time.Time, window int) (outcome.Earlier, error)
}

// baseline holds the drills to compare with, or the reason why none exist.
type baseline struct {
	outcome.Earlier
	missing string
}

func (v Verifier) findBaseline(ctx context.Context, taken time.Time) baseline {
	if v.Past == nil {
		return baseline{}
	}
	earlier, err := v.Past.Earlier(ctx, v.Database, taken, v.Config.Drift.Window)
	switch {
	case err != nil:
		return baseline{missing: "the history cannot be read: " + err.Error()}
	case len(earlier.Backups) == 0:
		return baseline{missing: "nothing to compare with: no drill of this backup or an earlier one has passed"}
	}
	return baseline{Earlier: earlier}
}

// reported returns the baseline for the report, or nil.
func (b baseline) reported() *outcome.Baseline {
	if len(b.Backups) == 0 {
		return nil
	}
	last := b.Backups[0]
	return &outcome.Baseline{RunID: last.RunID, StartedAt: last.StartedAt, Accepted: b.Accepted}
}

// content holds what drift compares: the tables and the schema of a database.
type content struct {
	tables []outcome.Table
	schema schema
	major  int
}

// checkDrift compares the content with that of earlier drills.
func (v Verifier) checkDrift(b baseline, is content) verdict {
	found := v.compareWithBaseline(b, is)
	found.check.ConfigPath = config.Path("verify", "drift")
	return found
}

func (v Verifier) compareWithBaseline(b baseline, is content) verdict {
	if v.Past == nil {
		return verdict{check: outcome.Check{Name: "drift", Kind: "builtin", Status: outcome.CheckNotConfigured, RestsOn: "nothing: no history is configured"}}
	}
	if b.missing != "" {
		none := withEvidence(builtinCheck("drift", "about as much as in earlier drills"), "the history")
		return verdict{check: unknown(none, b.missing)}
	}
	c := compare(v.Config.Drift, b.Earlier, is)
	found := verdict{check: builtinCheck("drift", c.expected()), problems: c.problems, findings: c.findings}
	for i := range found.problems {
		found.problems[i].code = outcome.ContentDrifted
		found.problems[i].hint = v.acceptHint(found.problems[i].hint)
	}
	found.check.Saw = c.saw()
	found.check = withEvidence(found.check, c.restsOn())
	return found.conclude()
}

// acceptHint returns the remedy for a drift, with the id of this run and the setting
// that allows it.
func (v Verifier) acceptHint(setting string) string {
	remedy := outcome.ContentDrifted.Entry().Remedy
	if v.RunID != "" {
		remedy = strings.ReplaceAll(remedy, "drillgres accept RUN", "drillgres accept "+v.RunID+" --reason TEXT")
	}
	if setting == "" {
		return remedy
	}
	return remedy + "; to allow it in every drill, set " + setting
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
		return "compared with " + c.compared() + ", any loss allowed"
	case c.rows < anyLoss:
		return "no table gone and at most " + strings.Join(limits, " and ") + " than " + c.compared()
	default:
		return "at most " + limits[0] + " than " + c.compared()
	}
}

// saw returns the summary of the comparison.
func (c *comparison) saw() string {
	gone := "no table gone"
	if c.gone > 0 {
		gone = words.Count(c.gone, "table") + " gone"
	}
	text := fmt.Sprintf("rows %s, bytes %s, %s", formatChange(c.before.rows, c.after.rows), formatChange(c.before.bytes, c.after.bytes), gone)
	if len(c.shrunk) > 0 {
		text += "; as few rows as in an earlier backup: " + words.Series(c.shrunk, maxListed)
	}
	return text
}

// compared describes the drills that are compared with.
func (c *comparison) compared() string {
	runs := "run " + c.was.RunID
	if earlier := len(c.backups) - 1; earlier > 0 {
		runs += " and the drills of " + words.Count(earlier, "earlier backup")
	}
	return runs
}

// restsOn describes what was compared, and why the schemas were not.
func (c *comparison) restsOn() string {
	runs := c.compared()
	if c.incomparable != "" {
		return fmt.Sprintf("the tables of this drill and of %s; the schemas are not comparable: %s", runs, c.incomparable)
	}
	return "the tables of this drill and of " + runs + ", and the schemas of this drill and of run " + c.was.RunID
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
