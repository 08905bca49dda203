package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// namesNoBackup reports whether the drill ended because --backup names no backup, or
// several. That is a mistake in the command line: it says nothing about the database,
// and is not recorded.
func namesNoBackup(r outcome.Result) bool {
	f := r.Failure
	return f != nil && f.Stage == outcome.Locate && f.Code == outcome.ConfigInvalid && !r.Backup.IsLatest()
}

// policyFor returns what the inspect stage accepts of this backup. One that was named by
// hand may have any age.
func (d Drill) policyFor(e evidence) inspect.Policy {
	p := d.Policy
	p.Taken = e.taken
	if e.backup.Named {
		p.MaxAge = 0
	}
	return p
}

// chosen returns how the backup was chosen. The newest object that was named by hand
// does not count as the newest backup if its dump is older than it may be: as the newest
// backup it would fail.
func (d Drill) chosen(e evidence) outcome.Chosen {
	stated := !e.file.Contents.Source.TakenAt.IsZero()
	if e.backup.Named && e.backup.Chosen == outcome.ChosenLatest && stated && d.Policy.MaxAge > 0 && e.taken.OlderThan(d.Policy.MaxAge, d.Now()) {
		return outcome.ChosenKey
	}
	return e.backup.Chosen
}

// findOdd returns findings about a backup that is probably not the one that was meant.
func (d Drill) findOdd(ctx context.Context, e evidence) (found []outcome.Finding) {
	if e.backup.Named {
		return nil
	}
	for _, f := range []*outcome.Finding{findOldDump(e), d.findOtherDatabase(ctx, e)} {
		if f != nil {
			found = append(found, *f)
		}
	}
	return found
}

// writtenWithin is how long after its snapshot an object may be written, in addition to
// the time that the dump may have taken.
const writtenWithin = 24 * time.Hour

// findOldDump reports that the object is much newer than the dump in it. A copy of an
// old backup looks new at its source.
func findOldDump(e evidence) *outcome.Finding {
	if e.file.Contents.Source.TakenAt.IsZero() || !e.taken.Known() {
		return nil
	}
	const slowest = 1 << 20 // bytes a second
	allowed := writtenWithin + time.Duration(dumpSize(e.backup, e.file.Contents)/slowest)*time.Second
	if e.backup.ModifiedAt.Sub(e.taken.Best()) <= allowed {
		return nil
	}
	return &outcome.Finding{
		Code: "dump_older_than_object",
		Message: fmt.Sprintf("%s was written %s after its dump was taken: it may be a copy of an old backup, and another backup may be newer",
			e.backup.URI, words.Span(e.backup.ModifiedAt.Sub(e.taken.Best()).Truncate(time.Minute))),
		Hint: "set backup.match to names that leave it out, or keep the time of a backup when you copy it",
	}
}

// findOtherDatabase reports that the dump is of another database than those of all
// earlier drills. If the history cannot be read, the drift check says so, or findUncompared.
func (d Drill) findOtherDatabase(ctx context.Context, e evidence) *outcome.Finding {
	name := databaseIn(e.file.Contents)
	if name == "" || d.DumpedBefore == nil {
		return nil
	}
	before, err := d.DumpedBefore(ctx)
	if err != nil || len(before) == 0 || slices.Contains(before, name) {
		return nil
	}
	return &outcome.Finding{
		Code:    "database_changed",
		Message: fmt.Sprintf("the dump says that it is of database %q; those of earlier drills were of %s", name, words.List(before, 3)),
		Hint:    "set backup.match to the names of this database's backups, unless the database was renamed",
	}
}

// databaseIn returns the name of the only database in a dump, or an empty string if the
// dump does not state it.
func databaseIn(c inspect.Contents) string {
	if len(c.Promises) != 1 {
		return ""
	}
	return c.Promises[0].DatabaseName
}
