package locate

import (
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// maxSkew is how far a source's clock may be ahead before a finding reports it.
// The age of every backup of the source is wrong by as much.
const maxSkew = 5 * time.Minute

// maxFuture is how far the clock may be ahead before ages are meaningless.
const maxFuture = 24 * time.Hour

// checkAll checks the backup and the parts of its set. The roles of the cluster may be
// older, and the SQL that creates the database is small.
func (l Locator) checkAll(b Backup) error {
	for _, p := range b.Before {
		if p.Role == "globals" || p.Role == createdb {
			continue
		}
		if err := l.check(p.Object); err != nil {
			return err
		}
	}
	return l.check(b.Object)
}

func (l Locator) check(o Object) error {
	if err := l.checkAge(o); err != nil {
		return err
	}
	return l.checkSize(o)
}

// checkAge judges the age of the newest backup. One that was named explicitly may
// have any age.
func (l Locator) checkAge(o Object) error {
	if !l.isLatest() {
		return nil
	}
	return l.tooOld(o)
}

func (l Locator) tooOld(o Object) error {
	age := l.now().Sub(o.ModifiedAt)
	if l.MaxAge > 0 && age < -maxFuture {
		return outcome.Fail(outcome.BackupStale, "the newest backup, %s, is dated %s in the future (%s): its age cannot be compared with backup.max_age, and it hides every real backup",
			Show(o.Key), words.Span(-age), o.ModifiedAt.UTC().Format(time.RFC3339)).
			WithHint("remove it or correct its time, and synchronize the clocks of this machine and of the source")
	}
	if l.MaxAge == 0 || age <= l.MaxAge {
		return nil
	}
	return outcome.Fail(outcome.BackupStale, "the newest backup, %s, is %s old (from %s); backup.max_age allows %s",
		Show(o.Key), words.Span(age), o.ModifiedAt.UTC().Format(time.RFC3339), words.Span(l.MaxAge))
}

func (l Locator) checkSize(o Object) error {
	if o.Size == UnknownSize {
		return nil
	}
	if o.Size == 0 {
		return outcome.Fail(outcome.BackupEmpty, "%s is empty: 0 bytes, written %s",
			Show(o.Key), o.ModifiedAt.UTC().Format(time.RFC3339))
	}
	if o.Size < l.MinSize {
		return outcome.Fail(outcome.BackupTooSmall, "%s has only %s; backup.min_size requires %s",
			Show(o.Key), words.Size(o.Size), words.Size(l.MinSize))
	}
	return nil
}

// checkDated reports a backup whose age is not known, so that backup.max_age is no
// check of it.
func (l Locator) checkDated(o Object) *outcome.Finding {
	if !o.Undated {
		return nil
	}
	return &outcome.Finding{
		Code:    "backup_undated",
		Message: Show(o.Key) + " has no time of its last change at its source: only the time that the dump itself states can show how old it is",
		Hint:    "dump in custom format, which states its time, or let the server send Last-Modified with the file",
	}
}

func (l Locator) checkSkew(o Object) *outcome.Finding {
	ahead := o.ModifiedAt.Sub(l.now())
	if ahead <= maxSkew {
		return nil
	}
	return &outcome.Finding{
		Code:    "clock_skew",
		Message: Show(o.Key) + " was written " + words.Span(ahead) + " in the future by the clock of its source: ages are not reliable",
		Hint:    "synchronize the clocks of this machine and of the source",
	}
}
