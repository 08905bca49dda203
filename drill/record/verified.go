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
	Snapshot  time.Time // when it was taken or, if unknown, when its file was last modified; zero: both are unknown
	Drilled   time.Time // when the drill ended; zero: unknown
}

func verifiedBy(e Entry) Verified {
	return Verified{RunID: e.RunID, BackupURI: e.BackupURI, Snapshot: e.snapshot(), Drilled: e.FinishedAt}
}

// skew is how far the clocks of two machines may differ.
const skew = 5 * time.Minute

// Ahead reports whether the clock of the machine that drilled was ahead of now. The age of
// such a drill is unknown, and until its time comes it would hide every drill after it.
func (e Entry) Ahead(now time.Time) bool {
	limit := now.Add(skew)
	return e.StartedAt.After(limit) || e.FinishedAt.After(limit)
}

// Deciding returns those entries that decide how databases stand: drills of the newest
// backup that no clock ahead of now recorded.
func Deciding(entries []Entry, now time.Time) []Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return !e.isOfNewest() || e.Ahead(now) })
}

// CountAhead returns how many entries would decide, too, if their clock were not ahead.
func CountAhead(entries []Entry, now time.Time) (n int) {
	for _, e := range entries {
		if e.isOfNewest() && e.Ahead(now) {
			n++
		}
	}
	return n
}

// isOfNewest reports whether the entry is a drill of the newest backup.
func (e Entry) isOfNewest() bool {
	return e.Kind == outcome.KindDrill && e.Chosen == outcome.ChosenLatest
}

// LastVerified returns the newest backup of a database that a drill restored and
// verified, or false if there is none. The real RPO is the time since its snapshot.
// Failed and unproved drills do not count, unless only the rehearsal of a release failed,
// nor do drills of a backup that was named by hand, or of a clock that is ahead.
func (h *History) LastVerified(ctx context.Context, database string, now time.Time) (Verified, bool, error) {
	passed, err := h.verifiedDrills(ctx, database)
	if err != nil {
		return Verified{}, false, err
	}
	v, ok := LastVerified(passed, now)
	return v, ok, nil
}

// LastVerified returns the same from the entries of one database, newest first.
func LastVerified(entries []Entry, now time.Time) (Verified, bool) {
	verified := verifiedIn(entries, now)
	if len(verified) == 0 {
		return Verified{}, false
	}
	return verifiedBy(newestBackups(verified, 1)[0]), true
}

// verifiedIn returns the drills that verified the newest backup and that no clock ahead of
// now recorded.
func verifiedIn(entries []Entry, now time.Time) []Entry {
	return slices.DeleteFunc(slices.Clone(entries), func(e Entry) bool { return !e.verified() || e.Ahead(now) })
}

// LastDrill returns the drill that ended last of those that verified the newest backup of
// a database, or false if there is none. One of a clock that is ahead does not count.
func (h *History) LastDrill(ctx context.Context, database string, now time.Time) (last Verified, found bool, err error) {
	passed, err := h.verifiedDrills(ctx, database)
	if err != nil {
		return Verified{}, false, err
	}
	last, found = LastDrill(passed, now)
	return last, found, nil
}

// LastDrill returns the same from the entries of one database.
func LastDrill(entries []Entry, now time.Time) (last Verified, found bool) {
	for _, e := range verifiedIn(entries, now) {
		if e.FinishedAt.After(last.Drilled) {
			last, found = verifiedBy(e), true
		}
	}
	return last, found
}

// VerifiedBackups returns the newest backups of a database that drills verified, the newest
// first. A drill of a clock that is ahead does not count.
func (h *History) VerifiedBackups(ctx context.Context, database string, now time.Time) (backups []outcome.Backup, err error) {
	results, err := h.VerifiedResults(ctx, database, now, verifiedWithin)
	for _, r := range results {
		backups = append(backups, r.Backup)
	}
	return backups, err
}

// VerifiedResults returns a drill of each of the newest n backups of a database that drills
// verified, the newest first. A drill of a clock that is ahead does not count.
func (h *History) VerifiedResults(ctx context.Context, database string, now time.Time, n int) ([]outcome.Result, error) {
	passed, err := h.verifiedDrills(ctx, database)
	if err != nil {
		return nil, err
	}
	return h.Results(ctx, newestBackups(verifiedIn(passed, now), n))
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

// verifiedWithin is how many verified drills are looked at for what their backups state.
const verifiedWithin = 10

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

// Preloaded returns the shared_preload_libraries of the last drill that verified a backup
// of a database, or "".
func (h *History) Preloaded(ctx context.Context, database string) (string, error) {
	results, err := h.LastResults(ctx, database, 1)
	if err != nil || len(results) == 0 {
		return "", err
	}
	return results[0].Postgres.Preloaded, nil
}

// LastResults returns the results of the last n drills that verified a backup of a database,
// newest first.
func (h *History) LastResults(ctx context.Context, database string, n int) ([]outcome.Result, error) {
	passed, err := h.verifiedDrills(ctx, database)
	if err != nil {
		return nil, err
	}
	return h.Results(ctx, passed[:min(len(passed), n)])
}

// ofVerified returns what the backups of the last verified drills state, sorted.
func (h *History) ofVerified(ctx context.Context, database string, stated func(outcome.Backup) string) ([]string, error) {
	results, err := h.LastResults(ctx, database, verifiedWithin)
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
