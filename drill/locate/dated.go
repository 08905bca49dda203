package locate

import (
	"fmt"
	"path"
	"regexp"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// namedDates matches the dates in names of backups: 2026-11-23, 20261123, 2026_11_23.
var namedDates = regexp.MustCompile(`(20\d\d)[-_.]?(0[1-9]|1[0-2])[-_.]?(0[1-9]|[12]\d|3[01])`)

// namedDate returns the latest date in the name of an object that is not after
// tomorrow, or the zero time.
func (l Locator) namedDate(o Object) (latest time.Time) {
	tomorrow := l.now().Add(24 * time.Hour)
	for _, m := range namedDates.FindAllStringSubmatch(path.Base(o.Key), -1) {
		date, err := time.Parse("20060102", m[1]+m[2]+m[3])
		if err == nil && date.After(latest) && !date.After(tomorrow) {
			latest = date
		}
	}
	return latest
}

// copiedAfter is how long after the date in its name an object may be written
// without looking like a copy: a day for time zones, a day for a large dump.
const copiedAfter = 48 * time.Hour

// preferNamedDate moves a backup to the front if names show that the one that was
// written last is a copy of an older one. It returns a finding that says so.
func (l Locator) preferNamedDate(matching []Object) *outcome.Finding {
	if len(matching) == 0 {
		return nil
	}
	last := matching[0]
	named := l.namedDate(last)
	if named.IsZero() || last.ModifiedAt.Sub(named) <= copiedAfter {
		return nil
	}
	family, newest := Family(last.Key), 0
	for i, o := range matching {
		if date := l.namedDate(o); date.After(named) && Family(o.Key) == family {
			named, newest = date, i
		}
	}
	if newest == 0 {
		return nil
	}
	chosen := matching[newest]
	copy(matching[1:newest+1], matching[:newest])
	matching[0] = chosen
	return &outcome.Finding{
		Code: "backup_copied",
		Message: fmt.Sprintf("%s was written last, %s, but the date in its name is older than that of %s, which was chosen",
			Show(last.Key), last.ModifiedAt.UTC().Format(time.RFC3339), Show(chosen.Key)),
		Hint: "keep the time of a backup when you copy it, or copy it to another folder",
	}
}
