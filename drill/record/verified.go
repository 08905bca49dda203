package record

import (
	"context"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Verified is a backup that a drill verified.
type Verified struct {
	RunID     string
	BackupURI string
	Snapshot  time.Time // when it was taken or, if unknown, when its file was last modified
	Drilled   time.Time // when the drill ended; zero: unknown
}

func verifiedBy(e Entry) Verified {
	return Verified{RunID: e.RunID, BackupURI: e.BackupURI, Snapshot: e.snapshot(), Drilled: e.FinishedAt}
}

// LastVerified returns the newest backup of a database that a drill restored and
// verified, or false if none with a known time was. The real RPO is the time since its
// snapshot. Failed and unproved drills do not count, unless only the rehearsal of a
// release failed, nor do drills of a backup that was named by hand.
func (h *History) LastVerified(ctx context.Context, database string) (Verified, bool, error) {
	passed, err := h.verifiedDrills(ctx, database)
	if err != nil {
		return Verified{}, false, err
	}
	v, ok := LastVerified(passed)
	return v, ok, nil
}

// LastVerified returns the same from the entries of one database.
func LastVerified(entries []Entry) (Verified, bool) {
	newest, found := newestBackup(entries, func(e Entry) bool { return e.verified() && !e.snapshot().IsZero() })
	if !found {
		return Verified{}, false
	}
	return verifiedBy(newest), true
}

// LastPassed looks for a passed drill of the database that ended at or after
// ended, of a backup that was taken at or after taken. If there is one, it returns
// the one of the newest backup, and true. Otherwise it returns the passed drill
// that ended last, or a zero Verified if none has passed, and false. A drill whose
// end or whose backup's time is unknown is not recent.
func (h *History) LastPassed(ctx context.Context, database string, ended, taken time.Time) (v Verified, recent bool, err error) {
	passed, err := h.verifiedDrills(ctx, database)
	if err != nil || len(passed) == 0 {
		return Verified{}, false, err
	}
	newest, found := newestBackup(passed, func(e Entry) bool {
		known := !e.FinishedAt.IsZero() && !e.snapshot().IsZero()
		return known && !e.FinishedAt.Before(instant(ended)) && !e.snapshot().Before(instant(taken))
	})
	if found {
		return verifiedBy(newest), true, nil
	}
	last := passed[0]
	for _, e := range passed {
		if e.FinishedAt.After(last.FinishedAt) {
			last = e
		}
	}
	return verifiedBy(last), false, nil
}

// verifiedDrills returns a database's drills that verified its backup, newest
// first.
func (h *History) verifiedDrills(ctx context.Context, database string) ([]Entry, error) {
	entries, err := h.Entries(ctx, Filter{Database: database})
	if err != nil {
		return nil, err
	}
	var passed []Entry
	for _, e := range entries {
		if e.verified() {
			passed = append(passed, e)
		}
	}
	return passed, nil
}

// newestBackup returns the entry of the newest backup among those for which matches
// returns true. Of several drills of that backup it returns the newest. entries must
// be newest first.
func newestBackup(entries []Entry, matches func(Entry) bool) (newest Entry, found bool) {
	matching := slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return !matches(e) })
	if len(matching) == 0 {
		return Entry{}, false
	}
	return newestBackups(matching, 1)[0], true
}

// newestBackups returns an entry for each of the n newest backups, newest first. Of
// several drills of one backup it returns the newest. entries must be newest first.
func newestBackups(entries []Entry, n int) (newest []Entry) {
	type backup struct {
		uri  string
		time time.Time
	}
	seen := map[backup]bool{}
	byAge := slices.Clone(entries)
	slices.SortStableFunc(byAge, func(a, b Entry) int { return b.backupTime().Compare(a.backupTime()) })
	for _, e := range byAge {
		if b := (backup{e.BackupURI, e.backupTime()}); !seen[b] && len(newest) < n {
			seen[b] = true
			newest = append(newest, e)
		}
	}
	return newest
}

// backupTime returns the time of the snapshot or, if that is unknown, the start of
// the drill.
func (e Entry) backupTime() time.Time {
	if s := e.snapshot(); !s.IsZero() {
		return s
	}
	return e.StartedAt
}

// dumpedWithin is how many verified drills DumpedDatabases looks at.
const dumpedWithin = 10

// DumpedDatabases returns the names that the dumps of the last verified drills gave the
// database.
func (h *History) DumpedDatabases(ctx context.Context, database string) ([]string, error) {
	return h.ofVerified(ctx, database, func(b outcome.Backup) string { return b.Database })
}

// OpeningKeys returns the fingerprints of the keys that opened the backups of the last
// verified drills.
func (h *History) OpeningKeys(ctx context.Context, database string) ([]string, error) {
	return h.ofVerified(ctx, database, func(b outcome.Backup) string { return b.Key })
}

// ofVerified returns what the backups of the last verified drills state, sorted.
func (h *History) ofVerified(ctx context.Context, database string, stated func(outcome.Backup) string) ([]string, error) {
	passed, err := h.verifiedDrills(ctx, database)
	if err != nil {
		return nil, err
	}
	results, err := h.Results(ctx, passed[:min(len(passed), dumpedWithin)])
	if err != nil {
		return nil, err
	}
	var all []string
	for _, r := range results {
		if text := stated(r.Backup); text != "" {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}
