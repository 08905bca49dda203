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

// How long a history may take to answer, so that a drill that waits for it does not
// exceed its own deadline.
const (
	writeWithin = 40 * time.Second
	readWithin  = 2 * time.Minute
)

// History is the record of past drills. It is safe for concurrent use. Its errors
// are Failures, with code history_unavailable if the store sets none.
type History struct {
	store Store
	where string
}

// New returns the history in a store. where names it in messages and must not
// contain a secret.
func New(s Store, where string) *History { return &History{store: s, where: where} }

// Where returns the name of the history, without secrets.
func (h *History) Where() string { return h.where }

// Close closes the store.
func (h *History) Close() error { return h.store.Close() }

// Tell records a drill. Recording it again changes nothing. It returns
// ErrConflict if the drill is recorded with another result.
func (h *History) Tell(ctx context.Context, r outcome.Result) error {
	result, err := Encode(r)
	if err != nil {
		return err
	}
	return h.within(ctx, writeWithin, fmt.Sprintf("record drill %s in", r.RunID), func(ctx context.Context) error {
		e := EntryOf(r)
		added, err := h.store.Add(ctx, e, result)
		if err != nil || added {
			return err
		}
		recorded, err := h.store.Results(ctx, []ID{e.ID})
		if err == nil && !sameJSON(recorded[0], result) {
			err = ErrConflict
		}
		return err
	})
}

// Check returns an error if a drill could not be recorded. It records nothing.
func (h *History) Check(ctx context.Context) error {
	return h.within(ctx, writeWithin, "write history", h.store.Check)
}

// ErrNoIndex is the error of Rebuild for a history without an index.
var ErrNoIndex = errors.New("this kind of history has no index")

// Rebuild builds the index again and returns the number of drills in it.
func (h *History) Rebuild(ctx context.Context) (drills int, err error) {
	indexed, ok := h.store.(Rebuilder)
	if !ok {
		return 0, ErrNoIndex
	}
	err = h.within(ctx, 30*time.Minute, "rebuild the index of", func(ctx context.Context) error {
		drills, err = indexed.Rebuild(ctx)
		return err
	})
	return drills, err
}

// Filter selects drills. Its zero value selects all.
type Filter struct {
	Database string
	Run      string // the beginning of a run id
	Code     outcome.Code
	Since    time.Time // started at this time or later
	Limit    int       // only the newest n; 0: no limit
}

func (f Filter) matches(e Entry) bool {
	return (f.Database == "" || e.Database == f.Database) && strings.HasPrefix(e.RunID, f.Run) &&
		(f.Code == "" || e.Code == f.Code) && (f.Since.IsZero() || !e.StartedAt.Before(instant(f.Since)))
}

// Entries returns the entries of past drills, newest first. Drills that started at
// the same time are ordered by run id, the greater one first.
func (h *History) Entries(ctx context.Context, f Filter) (list []Entry, err error) {
	err = h.read(ctx, func(ctx context.Context) error {
		list, err = h.store.Entries(ctx, f.Database)
		return err
	})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(e Entry) bool { return !f.matches(e) })
	for i, e := range list {
		list[i] = e.withKind()
	}
	slices.SortFunc(list, newestFirst)
	if f.Limit > 0 && len(list) > f.Limit {
		list = list[:f.Limit]
	}
	return list, nil
}

func newestFirst(a, b Entry) int {
	return cmp.Or(b.StartedAt.Compare(a.StartedAt), strings.Compare(b.RunID, a.RunID), strings.Compare(a.Database, b.Database))
}

// List returns the results of past drills, newest first.
func (h *History) List(ctx context.Context, f Filter) ([]outcome.Result, error) {
	entries, err := h.Entries(ctx, f)
	if err != nil {
		return nil, err
	}
	return h.Results(ctx, entries)
}

// Results returns the complete results of these drills, in their order.
func (h *History) Results(ctx context.Context, entries []Entry) ([]outcome.Result, error) {
	results := make([]outcome.Result, 0, len(entries))
	if len(entries) == 0 {
		return results, nil
	}
	ids := make([]ID, 0, len(entries))
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	err := h.read(ctx, func(ctx context.Context) error {
		documents, err := h.store.Results(ctx, ids)
		if err != nil {
			return err
		}
		for i, document := range documents {
			r, err := Decode(ids[i], document)
			if err != nil {
				return err
			}
			results = append(results, r)
		}
		return nil
	})
	return results, err
}

// Databases returns the names of all databases that were ever drilled, sorted.
func (h *History) Databases(ctx context.Context) ([]string, error) {
	entries, err := h.Entries(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Database)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

func (h *History) read(ctx context.Context, do func(context.Context) error) error {
	return h.within(ctx, readWithin, "read history", do)
}

// within calls do with a deadline, and adds to its error what was being done.
func (h *History) within(ctx context.Context, limit time.Duration, doing string, do func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := do(limited)
	var named *outcome.Failure
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return outcome.Fail(outcome.HistoryUnavailable, "%s %s: it did not answer within %s", doing, h.where, limit)
	case errors.As(err, &named):
		return outcome.Fail(named.Code, "%s %s: %w", doing, h.where, err).WithHint("%s", named.Remedy())
	default:
		return outcome.Fail(outcome.HistoryUnavailable, "%s %s: %w", doing, h.where, err)
	}
}
