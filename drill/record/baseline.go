package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Acceptance records that a person accepted the content of a drill that failed as
// drifted. The drill stays failed, but later drills are compared with it.
type Acceptance struct {
	RunID    string    `json:"run_id"`
	Database string    `json:"database"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"` // empty: unknown
	At       time.Time `json:"at"`
}

func (a Acceptance) id() ID { return ID{a.RunID, a.Database} }

// Earlier returns the drills to compare the content of a backup with: of the database's
// drills that passed or were accepted, those of the newest backups taken at or before
// taken, at most as many as window. Of several drills of the same backup it returns the
// newest. A drill of a backup that was named by hand is never among them. A zero taken is
// later than any backup.
func (h *History) Earlier(ctx context.Context, database string, taken time.Time, window int) (outcome.Earlier, error) {
	entries, err := h.Entries(ctx, Filter{Database: database})
	if err != nil {
		return outcome.Earlier{}, err
	}
	acceptances, err := h.Acceptances(ctx, database)
	if err != nil {
		return outcome.Earlier{}, err
	}
	reasons := map[ID]string{}
	for _, a := range acceptances {
		reasons[a.id()] = a.Reason
	}
	verified := slices.DeleteFunc(entries, func(e Entry) bool {
		_, isAccepted := reasons[e.ID]
		return !e.verified() && (!e.drifted() || !isAccepted) || !taken.IsZero() && e.backupTime().After(instant(taken))
	})
	newest := newestBackups(verified, window)
	results, err := h.Results(ctx, newest)
	if err != nil || len(results) == 0 {
		return outcome.Earlier{}, err
	}
	return outcome.Earlier{Drills: len(verified), Backups: results, Accepted: reasons[newest[0].ID]}, nil
}

// ErrNotDrifted is the error of Accept for a drill that did not fail as drifted, or
// not of the newest backup.
var ErrNotDrifted = errors.New("not a drill of the newest backup that failed with " + string(outcome.ContentDrifted))

// Accept makes a drill that failed as drifted a baseline. Accepting it again
// replaces the reason. For any other drill it returns ErrNotDrifted.
func (h *History) Accept(ctx context.Context, a Acceptance) error {
	entries, err := h.Entries(ctx, Filter{Database: a.Database, Code: outcome.ContentDrifted})
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(entries, func(e Entry) bool { return e.ID == a.id() && e.drifted() }) {
		return fmt.Errorf("accept drill %s in %s: %w", a.RunID, h.where, ErrNotDrifted)
	}
	a.Reason, a.By = withoutNUL(a.Reason), withoutNUL(a.By)
	a.At = instant(a.At)
	return h.within(ctx, writeWithin, fmt.Sprintf("accept drill %s in", a.RunID), func(ctx context.Context) error {
		return h.store.Accept(ctx, a)
	})
}

// withoutNUL replaces NUL, which Postgres cannot store in a text.
func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// Acceptances returns the acceptances of a database, or of all databases if it is
// empty, newest first. Of several for one drill it returns the last.
func (h *History) Acceptances(ctx context.Context, database string) (list []Acceptance, err error) {
	err = h.read(ctx, func(ctx context.Context) error {
		list, err = h.store.Acceptances(ctx, database)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b Acceptance) int {
		return cmp.Or(b.At.Compare(a.At), strings.Compare(b.RunID, a.RunID), strings.Compare(a.Database, b.Database))
	})
	seen := map[ID]bool{}
	last := []Acceptance{}
	for _, a := range list {
		if !seen[a.id()] {
			seen[a.id()] = true
			last = append(last, a)
		}
	}
	return last, nil
}
