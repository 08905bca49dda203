package restore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/provision"
)

// Arriving is a plain dump whose restore begins while it arrives. The Source of its Dump holds
// what comes before its first rows.
type Arriving struct {
	*inspect.Arriving
	// Accepted waits until the whole dump is accepted and the server has all that it needs, and
	// returns both. It may be called several times.
	Accepted func(context.Context) (provision.Server, Dump, error)
}

// errDisagrees means that what was loaded while the dump arrived is not what it contains.
var errDisagrees = errors.New("the rest of the dump changes how its rows are to be loaded")

// mayBegin reports whether the dump can be loaded while it arrives.
func (r Restorer) mayBegin(s provision.Server, dump Dump) bool {
	run := r.newRun(s, dump, nil)
	run.hooked = true
	return run.mayLoadInParallel() && run.whyClient() == ""
}

// loadArriving loads a dump while it arrives, and reports whether it did. In any case it
// returns when the dump is accepted, and the database is as before if the dump is not loaded.
func (r *run) loadArriving(ctx context.Context) (loaded bool, err error) {
	a := r.dump.Arriving
	if a == nil {
		return false, nil
	}
	r.restored.loaded = time.Now()
	known := r.server.MadeRoles
	waited, failed := r.sendArriving(ctx)
	if r.server, r.dump, err = a.Accepted(ctx); err != nil {
		return false, err
	}
	r.restored.again, r.restored.waited = failed != nil, waited
	switch {
	case failed == nil:
		r.restored.Loader, r.restored.Jobs = LoaderParallel, r.jobs()
		return true, nil
	case a.Agrees(r.dump.Source) && slices.Equal(known, r.server.MadeRoles): // or else a role may have been missing
		r.gaveUp, err = r.giveUp(ctx, failed)
		return false, err
	}
	return false, asFailure(r.beginAgain(ctx), "create the database again")
}

// sendArriving loads a dump with a loader while it arrives, and returns how long it waited for it.
func (r *run) sendArriving(ctx context.Context) (waited time.Duration, err error) {
	a, known := r.dump.Arriving, r.dump.Source
	stored, err := a.Open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = stored.Close() }() // it was only read
	l := r.newLoader(known.Outline, known.Splices)
	l.rows = a.Arriving
	counted := r.newCounter()
	l.whole = func(ctx context.Context) (*inspect.Outline, []inspect.Splice, error) {
		_, dump, err := a.Accepted(ctx)
		if err == nil && !a.Agrees(dump.Source) {
			err = errDisagrees
		}
		counted.expect(dump.DecodedBytes)
		return dump.Outline, dump.Splices, err
	}
	open := func(o layers.Opener) (*layers.Stream, error) { return o.Open(ctx, stored) }
	err = r.withDecodedFrom(open, func(dump *layers.Stream) error { return l.loadAll(ctx, dump, counted) })
	return l.waited, err
}
