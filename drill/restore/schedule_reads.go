package restore

import (
	"cmp"
	"slices"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// read is a table that is to be read.
type read struct {
	table sqltext.Name
	begun bool // a worker reads it
	ended bool
}

// worthReading is how many bytes of rows take longer to read than to find out what there is to read.
const worthReading = 16 << 20

// addReads adds the tables that are worth reading.
func (s *schedule) addReads(o *inspect.Outline) {
	known := map[sqltext.Name]bool{}
	for _, r := range s.unread {
		known[r.table] = true
	}
	for _, r := range o.Rows {
		if !known[r.Table] && !r.Spreads && s.sizes[r.Table] >= worthReading {
			known[r.Table] = true
			s.unread = append(s.unread, &read{table: r.Table})
		}
	}
	slices.SortStableFunc(s.unread, func(a, b *read) int { return cmp.Compare(s.sizes[b.table], s.sizes[a.table]) })
}

// takeRead returns a complete table to read, or the zero task. After the load, nothing is read.
func (s *schedule) takeRead() task {
	if s.closed || s.late && s.left > 0 {
		return task{}
	}
	for _, r := range s.unread {
		if !r.begun && !r.ended && s.unloaded[r.table] == 0 && s.unbuilt[r.table] == 0 {
			r.begun = true
			return task{read: r}
		}
	}
	return task{}
}

// mustPause reports whether there is something else to do than to read.
func (s *schedule) mustPause() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, _ := s.nextBuild()
	return s.closed || len(s.queue) > 0 || from != nil
}
