package locate

import (
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// skewAllowed is how far a source's clock may run ahead before that is
// reported: the age of every backup there is wrong by as much.
const skewAllowed = 5 * time.Minute

// futureAllowed is how far it may be ahead before no age can be told.
const futureAllowed = 24 * time.Hour

func (l Locator) judge(o Object) error {
	if o.Files > 0 {
		return outcome.Fail(outcome.FormatUnsupported,
			"%s is a dump in directory format (%s, %s), which this version does not restore",
			l.Source.URI(o), words.Count(o.Files, "file"), words.Size(o.Size))
	}
	if err := l.judgeAge(o); err != nil {
		return err
	}
	return l.judgeSize(o)
}

func (l Locator) judgeAge(o Object) error {
	age := l.now().Sub(o.ModifiedAt)
	if l.wantsLatest() && l.MaxAge > 0 && age < -futureAllowed {
		return outcome.Fail(outcome.BackupStale, "the newest backup, %s, is dated %s in the future (%s): whether it is older than backup.max_age allows cannot be told, and it hides every real one",
			Show(o.Key), words.Span(-age), o.ModifiedAt.UTC().Format(time.RFC3339)).
			WithHint("remove it or correct its time, and set the clocks of this machine and of the source by NTP")
	}
	if !l.wantsLatest() || l.MaxAge == 0 || age <= l.MaxAge {
		return nil
	}
	return outcome.Fail(outcome.BackupStale, "the newest backup, %s, is %s old (from %s); backup.max_age allows %s",
		Show(o.Key), words.Span(age), o.ModifiedAt.UTC().Format(time.RFC3339), words.Span(l.MaxAge))
}

func (l Locator) judgeSize(o Object) error {
	if o.Size == 0 {
		return outcome.Fail(outcome.BackupEmpty, "%s is empty: 0 bytes, written %s",
			Show(o.Key), o.ModifiedAt.UTC().Format(time.RFC3339))
	}
	if o.Size < l.MinSize {
		return outcome.Fail(outcome.BackupTooSmall, "%s has only %s; backup.min_size asks for %s",
			Show(o.Key), words.Size(o.Size), words.Size(l.MinSize))
	}
	return nil
}

func (l Locator) skew(o Object) *outcome.Finding {
	ahead := o.ModifiedAt.Sub(l.now())
	if ahead <= skewAllowed {
		return nil
	}
	return &outcome.Finding{
		Code:    "clock_skew",
		Message: Show(o.Key) + " was written " + words.Span(ahead) + " in the future by the clock of its source: ages are not reliable",
		Hint:    "set the clocks of this machine and of the source by NTP",
	}
}
