// Package fleet holds the state of every database as its drills show it, for whoever
// shows it: a report, a badge, a page.
package fleet

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// Fleet is the state of all databases.
type Fleet struct {
	SchemaVersion int        `json:"schema_version"`
	At            time.Time  `json:"at"`        // when it was read
	Days          int        `json:"days"`      // drills of this many days are listed
	Databases     []Database `json:"databases"` // those of the config, the worst first
	Former        []Database `json:"former"`    // those in the history that are not in the config, by name
}

const day = 24 * time.Hour

// Read returns the state of the databases that have targets and of all others in the
// history. It reads the summaries of all drills, and one whole result per database.
func Read(ctx context.Context, h *record.History, targets map[string]Targets, days int, now time.Time) (Fleet, error) {
	f := Fleet{SchemaVersion: outcome.SchemaVersion, At: now.UTC(), Days: days, Databases: []Database{}, Former: []Database{}}
	entries, err := h.Entries(ctx, record.Filter{})
	if err != nil {
		return f, err
	}
	drills := map[string][]record.Entry{}
	for name := range targets {
		drills[name] = nil
	}
	for _, e := range entries {
		if e.Kind == outcome.KindDrill {
			drills[e.Database] = append(drills[e.Database], e)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(drills)) {
		t, configured := targets[name]
		d := databaseOf(name, t, configured, drills[name], f.since(), now)
		if configured {
			f.Databases = append(f.Databases, d)
		} else {
			f.Former = append(f.Former, d)
		}
	}
	slices.SortStableFunc(f.Databases, worseFirst)
	if err := f.loadAcceptances(ctx, h); err != nil {
		return f, err
	}
	return f, f.loadPaces(ctx, h)
}

func (f *Fleet) loadAcceptances(ctx context.Context, h *record.History) error {
	all, err := h.Acceptances(ctx, "")
	for _, a := range all {
		if d := f.Find(a.Database); d != nil {
			d.Accepted = append(d.Accepted, a)
		}
	}
	return err
}

// all returns the databases of the config and the others.
func (f *Fleet) all() (list []*Database) {
	for _, databases := range [][]Database{f.Databases, f.Former} {
		for i := range databases {
			list = append(list, &databases[i])
		}
	}
	return list
}

// Find returns a database, or nil.
func (f *Fleet) Find(name string) *Database {
	for _, d := range f.all() {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// loadPaces reads how long the last passed drill of each database took.
func (f *Fleet) loadPaces(ctx context.Context, h *record.History) error {
	var entries []record.Entry
	var of []*Database
	for _, d := range f.all() {
		i := slices.IndexFunc(d.latest, func(e record.Entry) bool { return e.Verdict == outcome.VerdictPassed && e.Restore > 0 })
		if i >= 0 {
			entries, of = append(entries, d.latest[i]), append(of, d)
		}
	}
	return eachResult(ctx, h, entries, func(i int, r outcome.Result) {
		pace := record.PaceOf(r)
		of[i].Recovery = &pace
	})
}

// worseFirst orders databases: the worse state first, then the older backup compared
// with its target.
func worseFirst(a, b Database) int {
	return cmp.Or(cmp.Compare(a.State.rank(), b.State.rank()), cmp.Compare(b.late, a.late), cmp.Compare(a.Name, b.Name))
}
