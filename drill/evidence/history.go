package evidence

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/words"
)

// Drill is a drill in a history.
type Drill struct {
	Database, RunID string
	FinishedAt      time.Time
}

// skew is how far the clock of another machine may be ahead of a drill that just ended.
const skew = 5 * time.Minute

// settling is how long a drill of the history may be without a record, which is written after
// it.
const settling = 10 * time.Minute

// compareHistory looks for the records of the drills of a history, from the first record of
// each database on. A database without a record must have one of every drill since there was
// evidence of another.
func (v Verifier) compareHistory(r *Report) {
	chains, recorded, begun := map[string]*Chain{}, map[[2]string]bool{}, time.Time{}
	inside := false
	for i := range r.Chains {
		c := &r.Chains[i]
		chains[c.Database], inside = c, inside || c.inside
		for _, ref := range c.Records {
			recorded[[2]string{c.Database, ref.RunID}] = true
			if begun.IsZero() || ref.FinishedAt.Before(begun) {
				begun = ref.FinishedAt
			}
		}
	}
	older, recent := map[string][]string{}, map[string][]string{}
	for _, d := range v.Drills {
		c, since := chains[d.Database], begun
		switch {
		case begun.IsZero(), c == nil && inside, c != nil && c.Alone, recorded[[2]string{d.Database, d.RunID}]:
			continue
		case c != nil && len(c.Records) > 0: // the clock of the first one may have been ahead
			since = slices.MinFunc(c.Records, func(a, b Ref) int { return a.FinishedAt.Compare(b.FinishedAt) }).FinishedAt
		}
		switch {
		case d.FinishedAt.Before(since):
			if c == nil || !c.truncated {
				older[d.Database] = append(older[d.Database], d.RunID)
			}
		case v.isSettling(d):
			recent[d.Database] = append(recent[d.Database], d.RunID)
		case c != nil:
			c.problem(DrillMissing, d.RunID, "the history has this drill, but there is no valid record of it: "+whyMissing)
		default:
			r.Problems = append(r.Problems, Problem{DrillMissing, d.RunID, StatementFile, fmt.Sprintf("the history has this drill of %s, but there is no record of that database: %s", d.Database, whyMissing)})
		}
	}
	r.unrecorded(older, "anything about %s of %s: the history has %s before the first record, and nothing shows whether there was evidence then")
	r.unrecorded(recent, "anything about %s of %s: the history has %s of the last minutes, whose evidence may be on its way")
}

// isSettling reports whether the record of a drill may be on its way. That of a clock which is
// ahead of now is not.
func (v Verifier) isSettling(d Drill) bool {
	ago := v.Now.Sub(d.FinishedAt)
	return ago < settling && ago >= -skew
}

const whyMissing = "it was removed, or could not be written (see tell_errors of the drill), or the drill's config has no evidence"

// unrecorded notes drills of the history that need no record.
func (r *Report) unrecorded(runs map[string][]string, format string) {
	for _, database := range slices.Sorted(maps.Keys(runs)) {
		them := "it"
		if len(runs[database]) > 1 {
			them = "them"
		}
		r.unseen = append(r.unseen, fmt.Sprintf(format, words.List(prefixedRuns(runs[database]), mostRuns), database, them))
	}
}
