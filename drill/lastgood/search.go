// Package lastgood searches for the newest backup that restores: the answer to how far back
// one must go when the newest backup is broken.
package lastgood

// State is what is known about a backup.
type State string

// The states of a backup.
const (
	Untested State = "untested" // no drill says anything about it
	Good     State = "good"     // it restores
	Bad      State = "bad"      // it does not restore
	Unknown  State = "unknown"  // it could not be drilled, and is not tried again
)

// Search chooses which backups to drill. It assumes that once a backup is broken, all newer
// ones are broken too, as after a job that began to fail: it drills the newest, goes back in
// doubling steps until one restores, and bisects between the two.
//
// The assumption saves drills, and never makes a broken backup the answer: the answer is the
// newest backup that a drill restored.
type Search struct {
	states []State // newest first
	step   int     // of going back
	drills int     // that this search made
	limit  int     // on drills
}

// NewSearch returns a search among backups, the newest first, that makes at most limit drills.
func NewSearch(known []State, limit int) *Search {
	return &Search{states: known, step: 1, limit: limit}
}

// Next returns the index of the backup to drill next, or false if the search has ended.
func (s *Search) Next() (index int, more bool) {
	open := s.Open()
	switch {
	case len(open) == 0 || s.drills >= s.limit:
		return 0, false
	case s.border() < 0:
		return open[0], true
	case s.Answer() >= 0:
		return open[(len(open)-1)/2], true
	default:
		return open[min(s.step, len(open))-1], true
	}
}

// Set sets what the drill of a backup showed.
func (s *Search) Set(index int, state State) {
	if state == Bad && s.border() >= 0 && s.Answer() < 0 {
		s.step *= 2
	}
	s.states[index] = state
	s.drills++
}

// Answer returns the index of the newest backup that restores, as far as is known, or -1.
func (s *Search) Answer() int {
	for i, state := range s.states {
		if state == Good {
			return i
		}
	}
	return -1
}

// border returns the index of the oldest broken backup that is newer than the answer, or -1.
// There is none as long as the newest backup may restore: an older one that is broken then
// shows nothing about it.
func (s *Search) border() int {
	border := -1
	for i, state := range s.states {
		switch {
		case state == Good, state == Untested && border < 0:
			return border
		case state == Bad:
			border = i
		}
	}
	return border
}

// Open returns the indexes of the backups that may be the answer and that can still be
// drilled: those older than every broken one, and newer than the answer.
func (s *Search) Open() []int { return s.between(Untested) }

// Skipped returns the indexes of the backups that may be the answer and that could not be
// drilled.
func (s *Search) Skipped() []int { return s.between(Unknown) }

func (s *Search) between(wanted State) (indexes []int) {
	end := s.Answer()
	if end < 0 {
		end = len(s.states)
	}
	for i := s.border() + 1; i < end; i++ {
		if s.states[i] == wanted {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// Assumed returns the indexes of the backups that count as broken only because an older one
// is.
func (s *Search) Assumed() (indexes []int) {
	for i := range s.border() {
		if s.states[i] == Untested || s.states[i] == Unknown {
			indexes = append(indexes, i)
		}
	}
	return indexes
}

// Contradicted reports whether a backup that is older than one that restores does not
// restore. Then newer backups may restore although older ones are broken.
func (s *Search) Contradicted() bool {
	answer := s.Answer()
	if answer < 0 {
		return false
	}
	for _, state := range s.states[answer:] {
		if state == Bad {
			return true
		}
	}
	return false
}
