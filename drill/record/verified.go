package record

import (
	"context"
	"time"
)

// Verified is a backup that a drill proved.
type Verified struct {
	RunID     string
	BackupURI string
	Snapshot  time.Time // when it was taken, or else when its file was last modified
	Drilled   time.Time // when the drill ended; zero: not known
}

func verifiedBy(e Entry) Verified {
	return Verified{RunID: e.RunID, BackupURI: e.BackupURI, Snapshot: e.snapshot(), Drilled: e.FinishedAt}
}

// LastVerified gives the newest backup of a database that a drill has passed;
// false if there is none, or none whose time is known. The real RPO is the time
// since its snapshot: drills that failed or proved nothing do not count, nor do
// those of a backup that was named by hand.
func (h *History) LastVerified(ctx context.Context, database string) (Verified, bool, error) {
	passed, err := h.passed(ctx, database)
	if err != nil {
		return Verified{}, false, err
	}
	v, ok := LastVerified(passed)
	return v, ok, nil
}

// LastVerified is that of entries which were read already, of one database.
func LastVerified(entries []Entry) (Verified, bool) {
	newest, found := newestBackup(entries, func(e Entry) bool { return e.verified() && !e.snapshot().IsZero() })
	if !found {
		return Verified{}, false
	}
	return verifiedBy(newest), true
}

// LastPassed answers whether a drill of the database passed that ended at or
// after ended, of a backup that was taken at or after taken. If so, it gives the
// one of the newest backup. If not, it gives the passed drill that ended last,
// which tells what is missing; a zero Verified: none has passed. A drill whose
// end, or whose backup's time, is not known is not recent.
func (h *History) LastPassed(ctx context.Context, database string, ended, taken time.Time) (v Verified, recent bool, err error) {
	passed, err := h.passed(ctx, database)
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

// passed are a database's drills that verified its backup, newest first.
func (h *History) passed(ctx context.Context, database string) ([]Entry, error) {
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

// newestBackup is the entry, of those that count, of the newest backup; of
// drills of the same one, the newest. entries are newest first.
func newestBackup(entries []Entry, counts func(Entry) bool) (newest Entry, found bool) {
	for _, e := range entries {
		if counts(e) && (!found || e.since().After(newest.since())) {
			newest, found = e, true
		}
	}
	return newest, found
}

// since is the snapshot, or where that is not known the drill's own time.
func (e Entry) since() time.Time {
	if s := e.snapshot(); !s.IsZero() {
		return s
	}
	return e.StartedAt
}
