package restore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/work"
)

// Arriving is a plain dump or a custom archive whose restore begins while it arrives. The Source
// of its Dump holds what comes before its first rows.
type Arriving struct {
	*inspect.Arriving
	// Accepted waits until the whole dump is accepted and the server has all that it needs, and
	// returns both. It may be called several times.
	Accepted func(context.Context) (provision.Server, Dump, error)
}

// errDisagrees means that what was loaded while the dump arrived is not what it contains.
var errDisagrees = errors.New("the rest of the dump changes how its rows are to be loaded")

// whole waits until the dump is accepted, and returns it.
func (a *Arriving) whole(ctx context.Context) (Dump, error) {
	_, dump, err := a.Accepted(ctx)
	if err == nil && !a.Agrees(dump.Source) {
		err = errDisagrees
	}
	return dump, err
}

// mayBegin reports whether the dump can be loaded while it arrives.
func (r Restorer) mayBegin(s provision.Server, dump Dump) bool {
	run := r.newRun(s, dump, nil)
	run.hooked = true
	return run.mayLoadInParallel() && run.whyClient() == ""
}

// loadArriving loads a dump while it arrives, if it can. In any case it returns when the dump is
// accepted, and the database is as before if the dump is not loaded.
func (r *run) loadArriving(ctx context.Context) error {
	a := r.dump.Arriving
	r.restored.loaded = time.Now()
	known := r.server.MadeRoles
	waited, failed := r.sendArriving(ctx)
	var err error
	if r.server, r.dump, err = a.Accepted(ctx); err != nil {
		return err
	}
	r.plan, r.archive = newPlan(r.server, r.dump.Source, r.Config.Jobs), ""
	r.restored.again, r.restored.waited = failed != nil, waited
	var client *needsClient
	switch {
	case failed == nil:
		r.loaded = true
		r.restored.Loader, r.restored.Jobs = LoaderParallel, r.jobs()
		return nil
	case errors.As(failed, &client):
		r.gaveUp = client.why
	case a.Agrees(r.dump.Source) && slices.Equal(known, r.server.MadeRoles): // or else a role may have been missing
		r.plan.useOneJob() // in the order of the dump
		r.gaveUp, err = r.giveUp(ctx, failed)
		return err
	}
	return asFailure(r.beginAgain(ctx), "create the database again")
}

// needsClient is the error for an archive that pg_restore must load.
type needsClient struct{ why string }

func (e *needsClient) Error() string { return e.why }

// sendArriving loads a dump with a loader while it arrives, and returns how long it waited for it.
func (r *run) sendArriving(ctx context.Context) (waited time.Duration, err error) {
	stored, err := r.dump.Arriving.Open(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = stored.Close() }() // it was only read
	send := r.sendArrivingDump
	if r.plan.File {
		send = r.sendArrivingArchive
	}
	open := func(o layers.Opener) (*layers.Stream, error) { return o.Open(ctx, stored) }
	err = r.withDecodedFrom(open, func(dump *layers.Stream) error {
		waited, err = send(ctx, dump)
		return err
	})
	return waited, err
}

func (r *run) sendArrivingDump(ctx context.Context, dump io.Reader) (waited time.Duration, err error) {
	a := r.dump.Arriving
	l := r.newLoader(r.dump.Outline, r.dump.Splices)
	l.rows = a.Arriving
	counted := r.newCounter()
	l.whole = func(ctx context.Context) (*inspect.Outline, []inspect.Splice, error) {
		dump, err := a.whole(ctx)
		counted.expect(dump.DecodedBytes)
		return dump.Outline, dump.Splices, err
	}
	err = l.loadAll(ctx, dump, counted)
	return l.waited, err
}

func (r *run) sendArrivingArchive(ctx context.Context, dump io.Reader) (waited time.Duration, err error) {
	a, blocks := r.dump.Arriving, r.dump.Blocks
	archive, err := r.beginArchive(ctx, dump)
	if err != nil {
		return 0, err
	}
	defer archive.Close()
	s, why, err := r.readSkeleton(ctx)
	if err == nil && why != "" {
		err = &needsClient{why}
	}
	if err != nil {
		return 0, err
	}
	l := r.newLoader(s.outline, s.splices)
	l.rows, l.builds = &arrivingBlocks{a.Arriving, s.outline}, s.outline
	var whole atomic.Pointer[Dump] // once it is accepted
	counted := r.newCounter()
	l.whole = func(ctx context.Context) (*inspect.Outline, []inspect.Splice, error) {
		dump, err := a.whole(ctx)
		if err != nil {
			return nil, nil, err
		}
		whole.Store(&dump)
		counted.expect(sizeOfRows(dump.Source))
		return s.outlineFor(dump.Blocks), s.splices, nil
	}
	l.open = func(i int) opener {
		if w := whole.Load(); w != nil && len(w.Layers) == 0 {
			return openBlock(w.Source, w.Path, i, counted)
		}
		return nil
	}
	l.next = func(i int) (io.Reader, error) {
		rows, err := archive.Next(blocks[i])
		return &countingReader{rows, counted}, err
	}
	err = l.load(ctx, bytes.NewReader(s.sql))
	if w := whole.Load(); err == nil && len(w.Layers) > 0 {
		_, err = io.Copy(io.Discard, dump) // a checksum may come last
	}
	return l.waited, err
}

// beginArchive reads the table of contents of an archive, and copies it into a file, which is all
// that pg_restore needs to write its SQL.
func (r *run) beginArchive(ctx context.Context, dump io.Reader) (*inspect.ArchiveReader, error) {
	toc, err := os.CreateTemp(r.WorkDir, "contents-*.dump")
	if err != nil {
		return nil, work.WriteFailure("copy the table of contents", err)
	}
	archive, err := inspect.ReadArchive(dump, toc)
	if err = errors.Join(err, toc.Close()); err != nil {
		return nil, work.WriteFailure("copy the table of contents", err)
	}
	r.archive = toc.Name()
	if err := r.place(ctx); err != nil {
		return nil, err
	}
	return archive, r.prepareDatabase(ctx)
}

// arrivingBlocks are the rows of an archive that arrives: where they are in its skeleton, and how many of
// them were read.
type arrivingBlocks struct {
	*inspect.Arriving
	skeleton *inspect.Outline
}

func (a *arrivingBlocks) Rows(ctx context.Context, i int) (inspect.Rows, bool, error) {
	r, found, err := a.Arriving.Rows(ctx, i)
	return a.place(i, r), found, err
}

func (a *arrivingBlocks) More(ctx context.Context, i int, than int64) (inspect.Rows, error) {
	r, err := a.Arriving.More(ctx, i, than)
	return a.place(i, r), err
}

func (a *arrivingBlocks) place(i int, r inspect.Rows) inspect.Rows {
	if i >= len(a.skeleton.Rows) {
		return r
	}
	placed := a.skeleton.Rows[i]
	placed.Data.Size = r.Data.Size
	return placed
}
