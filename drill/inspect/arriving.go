package inspect

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"sync"
	"time"
)

// Arriving is a plain dump or a custom archive while [Set.Scan] reads it: what it contains before
// its first rows, and then where its rows are, as far as they were read. A restore can follow it,
// and is never ahead of the scan. What the scan only learns later can contradict it: see Agrees.
type Arriving struct {
	mu      sync.Mutex
	changed sync.Cond // of mu

	open   func(context.Context) (io.ReadCloser, error)
	stored stored
	head   *Contents // nil: the first rows were not reached
	since  time.Time // the first rows were reached
	rows   []Rows    // the size of the last is what was read of it
	whole  int       // how many of rows are complete
	size   int64     // of all rows, in bytes
	ended  bool      // there are no more rows
	err    error     // why nobody can follow to the end
}

// stored is how much of the backup as it is stored was read, in bytes.
type stored struct{ done, total int64 }

// NewArriving returns an Arriving that nothing is known of.
func NewArriving() *Arriving {
	a := &Arriving{}
	a.changed.L = &a.mu
	return a
}

// Arrived returns an Arriving for a dump that was read.
func Arrived(o *Outline) *Arriving {
	a := NewArriving()
	a.rows, a.whole, a.ended = o.Rows, len(o.Rows), true
	for _, r := range o.Rows {
		a.size += r.Data.Size
	}
	return a
}

// Follow sets what opens the stored bytes another time. Their reader waits for those that have
// not arrived, and for a file system that does not answer, but not after the end of the context. Without it, nobody can
// follow the dump.
func (a *Arriving) Follow(open func(context.Context) (io.ReadCloser, error)) {
	if a != nil {
		a.update(func() { a.open = open })
	}
}

// Open opens the stored bytes; see Follow.
func (a *Arriving) Open(ctx context.Context) (io.ReadCloser, error) { return a.open(ctx) }

// Head waits until the scan has come to the first rows, and returns the contents before them: those
// of a plain dump have an Outline without rows, and those of an archive have Blocks without places.
// It returns false if the dump is not one that can be followed.
func (a *Arriving) Head(ctx context.Context) (Contents, bool) {
	var head *Contents
	err := a.await(ctx, func() bool {
		head = a.head
		return head != nil || a.ended
	})
	if err != nil || head == nil {
		return Contents{}, false
	}
	return *head, true
}

// Rows waits until the rows with an index begin, in the order of the dump. Until they are read
// completely, their End is 0. It returns false if there are no more. Rows of an archive have only a
// Table and the Size of their Data.
func (a *Arriving) Rows(ctx context.Context, i int) (r Rows, found bool, err error) {
	err = a.await(ctx, func() bool {
		if found = i < len(a.rows); found {
			r = a.rows[i]
		}
		return found || a.ended
	})
	return r, found, err
}

// More waits until more than a number of bytes were read of the rows with an index, or all of
// them. It returns the rows as far as they were read.
func (a *Arriving) More(ctx context.Context, i int, than int64) (r Rows, err error) {
	err = a.await(ctx, func() bool {
		r = a.rows[i]
		return r.Data.Size > than || i < a.whole
	})
	return r, err
}

// Note notes that a number of bytes of the stored backup was read, of a total.
func (a *Arriving) Note(done, total int64) {
	if a != nil {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.stored = stored{done, total}
	}
}

// Expected returns the size of all rows together: an estimate before all are read.
func (a *Arriving) Expected() (size int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.stored; !a.ended && s.done > 0 && s.total > s.done {
		return int64(float64(a.size) * float64(s.total) / float64(s.done))
	}
	return a.size
}

// Rate returns how fast rows were read, in bytes per second: of a dump that was read, without
// limit.
func (a *Arriving) Rate() float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return math.Inf(1)
	}
	return float64(a.size) / time.Since(a.since).Seconds()
}

// Agrees reports whether what was told while the dump arrived is what the scan has found in the
// end.
func (a *Arriving) Agrees(s Source) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.head == nil || a.err != nil {
		return false
	}
	if a.head.Source.Outline == nil {
		return slices.EqualFunc(a.rows, s.Blocks, func(r Rows, b Block) bool { return r.Data.Size == b.Size })
	}
	if s.Outline == nil || s.Outline.InOrder != a.head.Source.Outline.InOrder || !slices.Equal(a.rows, s.Outline.Rows) {
		return false
	}
	behind := a.rows[len(a.rows)-1].End
	early := slices.DeleteFunc(slices.Clone(s.Splices), func(sp Splice) bool { return sp.Offset >= behind })
	return slices.Equal(early, a.head.Source.Splices)
}

// await waits until a condition holds, or nobody can follow the dump any more.
func (a *Arriving) await(ctx context.Context, holds func() bool) error {
	stop := context.AfterFunc(ctx, func() { a.update(func() {}) })
	defer stop()
	a.mu.Lock()
	defer a.mu.Unlock()
	for !holds() && a.err == nil && ctx.Err() == nil {
		a.changed.Wait()
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return a.err
}

// setLast sets the size of the last rows.
func (a *Arriving) setLast(size int64) {
	last := &a.rows[len(a.rows)-1].Data
	a.size += size - last.Size
	last.Size = size
}

func (a *Arriving) update(change func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change()
	a.changed.Broadcast()
}

// errUnfollowed ends the work of those who follow a dump that turns out to be one that nobody can
// follow, or that is broken.
var errUnfollowed = errors.New("the dump cannot be loaded while it arrives")

// refuse ends the work of those who follow.
func (a *Arriving) refuse() {
	if a != nil {
		a.update(func() { a.ended, a.err = true, errUnfollowed })
	}
}

// end tells that the scan has ended, and what it has found.
func (a *Arriving) end(s Source, err error) {
	switch {
	case a == nil:
	case err != nil || s.Outline == nil && len(s.Blocks) == 0:
		a.refuse()
	default:
		a.update(func() { a.ended = true })
	}
}

// beginRows tells that the rows of a COPY begin. It returns what is to be told how many bytes of
// them were read.
func (s *script) beginRows(t *copyTarget) (grow func(size int64)) {
	if s.fragment || s.seek != nil {
		return func(int64) {}
	}
	if a := s.k.arriving; a != nil && !s.canFollow(t) {
		s.k.stopFollowers()
	} else if a != nil && a.head == nil {
		s.k.beginFollowers(&Outline{InOrder: s.outline.InOrder})
	}
	return s.k.arriving.beginRows(s.rowsOf(t, Span{At: s.f.offset()}, 0))
}

// canFollow reports whether the dump is one that can have an outline, as far as it was read.
func (s *script) canFollow(t *copyTarget) bool {
	c := &s.k.c.Source
	return s.outline.refused == "" && t.counted && c.Format == Plain && s.heads == 1 && s.clusterHeads == 0 &&
		!c.Reencoded && !slices.ContainsFunc(c.Splices, Splice.IsCommand)
}

// beginBlocks lets others follow an archive whose blocks are read next, if they can.
func (a *archive) beginBlocks() {
	if a.k.arriving == nil {
		return
	}
	if n := len(a.k.c.Blocks); n == 0 || n < len(a.order) { // pg_restore needs the whole archive for large objects
		a.k.stopFollowers()
		return
	}
	a.k.beginFollowers(nil)
}

// beginRows is beginRows for a block of an archive. Nobody can follow an archive with its blocks in another order than
// that of its table of contents.
func (a *archive) beginRows(b *block) (grow func(size int64)) {
	if f := a.k.arriving; f != nil && a.k.c.Blocks[len(f.rows)].Entry != b.id {
		a.k.stopFollowers()
	}
	return a.k.arriving.beginRows(Rows{Table: b.table})
}

// beginFollowers gives those who follow the scan the contents of the dump before its rows.
func (k *catalog) beginFollowers(o *Outline) {
	if k.arriving.open == nil {
		k.stopFollowers()
		return
	}
	head := k.contents()
	head.Source.Outline, head.Needs.Unfinished = o, true
	k.arriving.update(func() { k.arriving.head, k.arriving.since = &head, time.Now() })
}

// stopFollowers ends the work of those who follow the scan.
func (k *catalog) stopFollowers() {
	k.arriving.refuse()
	k.arriving = nil
}

// beginRows tells that rows begin, and returns what is to be told how many bytes of them were read.
func (a *Arriving) beginRows(r Rows) (grow func(size int64)) {
	if a == nil {
		return func(int64) {}
	}
	a.update(func() { a.rows = append(a.rows, r) })
	return func(size int64) {
		a.update(func() { a.setLast(size) })
	}
}

// endRows tells that the last rows were read to their end.
func (a *Arriving) endRows(r Rows) {
	if a != nil {
		a.update(func() {
			a.setLast(r.Data.Size)
			a.rows[len(a.rows)-1] = r
			a.whole = len(a.rows)
		})
	}
}
