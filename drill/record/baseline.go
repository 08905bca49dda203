package record

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Acceptance is somebody's word that the content of a drill which failed as
// drifted is as it should be. The drill stays failed, but later ones are
// compared with it.
type Acceptance struct {
	RunID    string    `json:"run_id"`
	Database string    `json:"database"`
	Reason   string    `json:"reason"`
	By       string    `json:"by"` // empty: not known
	At       time.Time `json:"at"`
}

func (a Acceptance) id() ID { return ID{a.RunID, a.Database} }

// Baseline gives the drill to compare the content of a backup with: of the
// database's drills that passed or were accepted, the one with the newest
// backup that was taken no later than this one; of drills of the same backup,
// the newest. A drill of a backup that was named by hand is never a baseline.
// The zero time stands for one later than all.
//
// accepted is the reason why it was accepted; empty: it passed. A nil result
// without an error: there is none.
func (h *History) Baseline(ctx context.Context, database string, taken time.Time) (was *outcome.Result, accepted string, err error) {
	entries, err := h.Entries(ctx, Filter{Database: database})
	if err != nil {
		return nil, "", err
	}
	given, err := h.Acceptances(ctx, database)
	if err != nil {
		return nil, "", err
	}
	reasons := map[ID]string{}
	for _, a := range given {
		reasons[a.id()] = a.Reason
	}
	chosen, found := newestBackup(entries, func(e Entry) bool {
		_, meant := reasons[e.ID]
		holds := e.verified() || e.drifted() && meant
		return holds && (taken.IsZero() || !e.since().After(instant(taken)))
	})
	if !found {
		return nil, "", nil
	}
	results, err := h.Results(ctx, []Entry{chosen})
	if err != nil {
		return nil, "", err
	}
	return &results[0], reasons[chosen.ID], nil
}

// ErrNotDrifted refuses to accept what is not a drill of the newest backup that
// failed as drifted.
var ErrNotDrifted = errors.New("not a drill of the newest backup that failed with " + string(outcome.ContentDrifted))

// Accept makes a drill that failed as drifted a baseline. Accepting it again
// replaces the reason. Any other drill is ErrNotDrifted.
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
	return h.within(ctx, tellWithin, fmt.Sprintf("accept drill %s in", a.RunID), func(ctx context.Context) error {
		return h.store.Accept(ctx, a)
	})
}

func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "\uFFFD") }

// Acceptances are those that count, of all drills or of one database's, newest
// first.
func (h *History) Acceptances(ctx context.Context, database string) (list []Acceptance, err error) {
	err = h.read(ctx, func(ctx context.Context) error {
		list, err = h.store.Acceptances(ctx, database)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b Acceptance) int {
		return firstOf(b.At.Compare(a.At), strings.Compare(b.RunID, a.RunID), strings.Compare(a.Database, b.Database))
	})
	counted := map[ID]bool{}
	last := []Acceptance{}
	for _, a := range list {
		if !counted[a.id()] {
			counted[a.id()] = true
			last = append(last, a)
		}
	}
	return last, nil
}
