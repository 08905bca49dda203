package locate

import (
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// checkRetention fails if the backups at the source do not reach back far enough, or are too
// far apart. Only the listing counts: it does not show that the older ones are good.
func (l Locator) checkRetention(b Backup) error {
	if b.Chosen != outcome.ChosenLatest || l.File {
		return nil
	}
	sorted := slices.DeleteFunc(slices.Clone(b.candidates), func(o Object) bool { return o.Size == 0 || l.checkSize(o) != nil })
	if len(sorted) == 0 {
		return nil
	}
	slices.SortFunc(sorted, func(a, b Object) int { return a.ModifiedAt.Compare(b.ModifiedAt) })
	oldest := sorted[0]
	if age := l.now().Sub(oldest.ModifiedAt); l.Keep > 0 && age < l.Keep {
		return outcome.Fail(outcome.RetentionShort, "the oldest of %s, %s, is %s old; backup.retention.keep wants %s",
			words.Count(len(sorted), "backup"), Show(oldest.Key), words.Span(age), words.Span(l.Keep)).
			WithHint("find out what deletes old backups, such as a lifecycle rule or the job's own retention, or lower backup.retention.keep until the history is that long")
	}
	if l.Gap <= 0 {
		return nil
	}
	for i, o := range sorted[1:] {
		before := sorted[i]
		if apart := o.ModifiedAt.Sub(before.ModifiedAt); apart > l.Gap && l.matters(o) {
			return outcome.Fail(outcome.RetentionShort, "nothing was backed up for %s, between %s and %s; backup.retention.gap allows %s",
				words.Span(apart), Show(before.Key), Show(o.Key), words.Span(l.Gap)).
				WithHint("find out why the backup job did not run then, or raise backup.retention.gap")
		}
	}
	return nil
}

// matters reports whether a backup is within the time for which backups must be kept. Older
// ones may be thinned out.
func (l Locator) matters(o Object) bool {
	return l.Keep <= 0 || l.now().Sub(o.ModifiedAt) <= l.Keep+time.Minute
}
