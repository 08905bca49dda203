package restore

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// schedule says what the workers of a loader do next.
type schedule struct {
	mu      sync.Mutex
	changed sync.Cond // of mu

	queue    []*block             // rows that no worker has taken
	added    int                  // blocks of the dump that were handed over
	unloaded map[sqltext.Name]int // blocks of rows that are not loaded, by table: after plan, of the whole dump
	left     int                  // the sum of them
	open     int                  // blocks that were handed over and are not loaded
	late     bool                 // builds wait for all rows
	planned  bool

	builds  []*pending             // in the order of the dump
	others  []*pending             // except foreign keys, which are not taken: those of the largest tables first
	foreign []*pending             // foreign keys that are not taken, in the same order
	sizes   map[sqltext.Name]int64 // of the rows of tables; of a partitioned one with those of its partitions
	undone  int                    // builds that are not done, except foreign keys
	unbuilt map[sqltext.Name]int   // the same, by table
	reached bool                   // the foreign keys may begin
	locks   map[sqltext.Name]int   // builds that run, by table; alone: it locks out others
	closed  bool

	reads     bool    // complete tables are read while there is nothing else to do
	unread    []*read // the large ones, the largest first
	stopReads func()  // stops those that run

	running int           // builds that run
	since   time.Time     // when the first of them began
	built   time.Duration // how long builds ran until then
}

// lookAhead is how many builds a worker looks at: more would take their time, because it looks
// again after every block of rows.
const lookAhead = 500

// alone is more than all builds of a table that can run beside each other.
const alone = 1 << 20

// pending is a build.
type pending struct {
	inspect.Build
	after *pending // the one before it of its Turn
	added bool     // a foreign key of which only the rows have to be checked
	done  bool
}

// checkedLater is how many bytes of rows take longer to check than it takes to add a foreign key and
// check it with two statements.
const checkedLater = 4 << 20

// task is what a worker does: rows, a build, or to read a complete table.
type task struct {
	rows  *block
	build *pending
	read  *read
}

func newSchedule() *schedule {
	s := &schedule{unloaded: map[sqltext.Name]int{}, unbuilt: map[sqltext.Name]int{}, locks: map[sqltext.Name]int{}, stopReads: func() {}}
	s.changed.L = &s.mu
	return s
}

// plan adds the builds of a dump, some of whose rows may be loaded already. It is called again when
// the sizes of its rows are known.
func (s *schedule) plan(o *inspect.Outline) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.planned {
		s.addBuilds(o)
	}
	s.sizes = map[sqltext.Name]int64{}
	for _, r := range o.Rows {
		s.sizes[r.Table] += r.Data.Size
		s.sizes[r.Root] += r.Data.Size
	}
	size := func(p *pending) int64 { return s.sizes[cmp.Or(p.Turn, p.Table)] } // the same for all of a Turn, which stay in their order
	for _, builds := range [][]*pending{s.others, s.foreign} {
		slices.SortStableFunc(builds, func(a, b *pending) int { return cmp.Compare(size(b), size(a)) })
	}
	if s.reads {
		s.addReads(o)
	}
	s.changed.Broadcast()
}

func (s *schedule) addBuilds(o *inspect.Outline) {
	for i, r := range o.Rows {
		if i >= s.added {
			s.unloaded[r.Table]++
			s.left++
		}
		s.late = s.late || r.Spreads
	}
	for _, b := range o.Builds {
		p := &pending{Build: b}
		s.builds = append(s.builds, p)
		if b.Kind == inspect.BuildForeignKey {
			s.foreign = append(s.foreign, p)
		} else {
			s.others = append(s.others, p)
			s.unbuilt[b.Table]++
		}
	}
	last := map[sqltext.Name]*pending{}
	for _, p := range s.foreign {
		if p.Turn != (sqltext.Name{}) {
			p.after, last[p.Turn] = last[p.Turn], p
		}
	}
	s.undone, s.planned = len(s.others), true
}

// wake lets everybody who waits look again, such as after the end of a context.
func (s *schedule) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changed.Broadcast()
}

// close ends the workers: there are no more tasks.
func (s *schedule) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.stopReads()
	s.changed.Broadcast()
}

// await waits until a condition holds.
func (s *schedule) await(ctx context.Context, holds func() bool) error {
	for !holds() {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.changed.Wait()
	}
	return nil
}

// addRows adds the blocks that together have a block of the outline.
func (s *schedule) addRows(blocks ...*block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.insert(len(s.queue), blocks)
}

// addLargest adds blocks that can be read in any order: the largest are taken first.
func (s *schedule) addLargest(blocks ...*block) {
	s.mu.Lock()
	defer s.mu.Unlock()
	smaller := func(b *block, size int64) int { return cmp.Or(cmp.Compare(size, b.Data.Size), -1) } // never equal: behind those of its size
	at, _ := slices.BinarySearchFunc(s.queue, blocks[0].Data.Size, smaller)
	s.insert(at, blocks)
}

func (s *schedule) insert(at int, blocks []*block) {
	s.queue = slices.Insert(s.queue, at, blocks...)
	s.added++
	more := len(blocks)
	if s.planned { // which counts the block itself
		more--
	}
	s.unloaded[blocks[0].Table] += more
	s.left += more
	s.open += len(blocks)
	s.changed.Broadcast()
}

// awaitRows waits until the rows that were added are loaded.
func (s *schedule) awaitRows(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.await(ctx, func() bool { return s.open == 0 })
}

// awaitBlock waits until a block of rows is loaded.
func (s *schedule) awaitBlock(ctx context.Context, b *block) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.await(ctx, func() bool { return b.loaded })
}

// awaitBuild waits until a build is done. It is called for each in the order of the dump.
func (s *schedule) awaitBuild(ctx context.Context, i int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.await(ctx, func() bool { return s.planned && s.builds[i].done })
}

// awaitKeys waits until all keys exist, to which a foreign key may refer. It returns the foreign keys
// that are to be added before any is checked, in the order of the dump. The caller then calls beginForeign.
func (s *schedule) awaitKeys(ctx context.Context) (add []*pending, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.await(ctx, func() bool { return s.planned && s.undone == 0 }); err != nil {
		return nil, err
	}
	adds := map[*pending]bool{nil: true}
	for _, b := range s.builds {
		if b.Later != "" && s.sizes[b.Table] >= checkedLater && adds[b.after] {
			add, adds[b] = append(add, b), true
		}
	}
	return add, nil
}

// beginForeign lets the foreign keys begin.
func (s *schedule) beginForeign(added []*pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range added {
		b.added = true
	}
	s.reached = true
	s.changed.Broadcast()
}

// next returns the next task. The zero task means that there are no more.
func (s *schedule) next(ctx context.Context) (t task, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.await(ctx, func() bool {
		t = s.take()
		return t != task{} || s.closed
	})
	return t, err
}

// take returns a task that can begin now, or the zero task. Rows come first, because the
// dump is read in its order.
func (s *schedule) take() task {
	if len(s.queue) > 0 {
		b := s.queue[0]
		s.queue = s.queue[1:]
		return task{rows: b}
	}
	if from, i := s.nextBuild(); from != nil {
		b := (*from)[i]
		*from = slices.Delete(*from, i, i+1)
		for _, table := range b.tables() {
			s.locks[table] += b.weight()
		}
		if s.running++; s.running == 1 {
			s.since = time.Now()
		}
		return task{build: b}
	}
	return s.takeRead()
}

// nextBuild returns a build that can begin now, as its list and its place in it, or nil.
func (s *schedule) nextBuild() (from *[]*pending, i int) {
	from = &s.others
	switch {
	case s.late && s.left > 0, s.undone == 0 && !s.reached:
		return nil, 0
	case s.undone == 0:
		from = &s.foreign
	}
	for i, b := range (*from)[:min(len(*from), lookAhead)] {
		if s.canBegin(b) {
			return from, i
		}
	}
	return nil, 0
}

// buildTime returns how long at least one build has run until now.
func (s *schedule) buildTime() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running > 0 {
		return s.built + time.Since(s.since)
	}
	return s.built
}

func (s *schedule) canBegin(p *pending) bool {
	if p.after != nil && !p.after.done {
		return false
	}
	for _, table := range p.tables() {
		if s.unloaded[table] > 0 || s.locks[table]+p.weight() > alone {
			return false
		}
	}
	return true
}

// tables returns the tables that the build locks. A foreign key of or to a partitioned table locks all partitions,
// for which their root stands. A check of rows allows others of the other table.
func (p *pending) tables() []sqltext.Name {
	locked := []sqltext.Name{p.Table}
	if p.Kind != inspect.BuildForeignKey || p.added {
		return locked
	}
	for _, table := range []sqltext.Name{p.Refers, p.Root, p.RefersRoot} {
		if table != (sqltext.Name{}) && !slices.Contains(locked, table) {
			locked = append(locked, table)
		}
	}
	return locked
}

// weight says how much of a table's lock the build takes.
func (p *pending) weight() int {
	if p.Kind == inspect.BuildIndex {
		return 1
	}
	return alone
}

// statement returns what a worker does of the build.
func (p *pending) statement() string {
	if p.added {
		return p.Check()
	}
	return p.SQL
}

// done notes that a task is done.
func (s *schedule) done(t task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := t.rows; b != nil {
		b.loaded = true
		s.unloaded[b.Table]--
		s.left--
		s.open--
	}
	if b := t.build; b != nil {
		b.done = true
		if s.running--; s.running == 0 {
			s.built += time.Since(s.since)
		}
		for _, table := range b.tables() {
			s.locks[table] -= b.weight()
		}
		if b.Kind != inspect.BuildForeignKey {
			s.undone--
			s.unbuilt[b.Table]--
		}
	}
	if t.read != nil {
		t.read.begun = false
	}
	s.changed.Broadcast()
}
