package record

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Notice is what one receiver knows of one condition of a database. A drill and a check
// are separate conditions. There is one notice for each, which is replaced: who is told
// what depends on the state of a database, not on a run.
type Notice struct {
	Receiver string       `json:"receiver"` // its name in the config
	Database string       `json:"database"` // empty: all databases
	Kind     outcome.Kind `json:"kind"`     // drill or check; digest for the weekly digest

	// What the last run found.
	RunID    string        `json:"run_id"`
	Event    outcome.Event `json:"event"`
	Code     outcome.Code  `json:"code"`           // of the failure; empty: none
	Since    time.Time     `json:"since,omitzero"` // when the present problem was first seen; zero: there is none
	Unproved int           `json:"unproved"`       // how many runs in a row were unproved

	// What the receiver was told, until it is told that all is well again.
	Told    outcome.Event `json:"told"`      // empty: nothing that is still open
	ToldFor outcome.Code  `json:"told_code"` // the failure that it was told about
	ToldRun string        `json:"told_run"`
	ToldAt  time.Time     `json:"told_at,omitzero"`

	// What could not be sent. A later run may find something else, and must not forget it.
	Owed    outcome.Event `json:"owed"`                // what is still to be told; empty: nothing
	OwedFor outcome.Code  `json:"owed_code,omitempty"` // the failure that it is about
	Error   string        `json:"error"`               // why the last message could not be sent; without secrets

	// Codes of the findings that people hear of although nothing failed, sorted and
	// separated by commas.
	Warnings string `json:"warnings,omitempty"` // of the last run, if nothing failed
	Warned   string `json:"warned,omitempty"`   // those that the receiver was told of
}

// Notices returns what receivers know of a database.
func (h *History) Notices(ctx context.Context, database string) (list []Notice, err error) {
	err = h.read(ctx, func(ctx context.Context) error {
		list, err = h.store.Notices(ctx, database)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Notice) int {
		return cmp.Or(strings.Compare(a.Receiver, b.Receiver), cmp.Compare(a.Kind, b.Kind))
	})
	return list, nil
}

// Note records what a receiver knows, in place of what it knew before.
func (h *History) Note(ctx context.Context, n Notice) error {
	n.Error = withoutNUL(n.Error)
	n.Since, n.ToldAt = instant(n.Since), instant(n.ToldAt)
	return h.within(ctx, writeWithin, fmt.Sprintf("record what %s was told in", n.Receiver), func(ctx context.Context) error {
		return h.store.Note(ctx, n)
	})
}
