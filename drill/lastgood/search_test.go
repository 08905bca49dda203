package lastgood

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// parse returns states, one for each character: g good, b bad, u unknown, anything else
// untested.
func parse(text string) (states []State) {
	for _, c := range text {
		state, ok := map[rune]State{'g': Good, 'b': Bad, 'u': Unknown}[c]
		if !ok {
			state = Untested
		}
		states = append(states, state)
	}
	return states
}

// search runs a search. A drill of a backup shows its true state. It returns the backups that
// were drilled, in order.
func search(truth, known []State, limit int) (s *Search, drilled []int) {
	s = NewSearch(slices.Clone(known), limit)
	for {
		i, more := s.Next()
		if !more {
			return s, drilled
		}
		drilled = append(drilled, i)
		s.Set(i, truth[i])
	}
}

func TestSearch(t *testing.T) {
	const cut7 = "bbbbbbbggggggggggggggggggggggg" // thirty, of which the last seven are broken
	const none = "                              "
	for name, tt := range map[string]struct {
		truth, known  string
		limit, answer int
		drilled       []int
		open, skipped []int
		assumed       []int
		contradicted  bool
	}{
		"the newest restores":         {truth: "ggg", known: "   ", limit: 9, answer: 0, drilled: []int{0}},
		"it is known to restore":      {truth: "ggg", known: "g  ", limit: 9, answer: 0},
		"seven of thirty are broken":  {truth: cut7, known: none, limit: 10, answer: 7, drilled: []int{0, 1, 3, 7, 5, 6}, assumed: []int{2, 4}},
		"the newest is known":         {truth: cut7, known: "b" + none[1:], limit: 10, answer: 7, drilled: []int{1, 3, 7, 5, 6}, assumed: []int{2, 4}},
		"both ends are known":         {truth: cut7, known: "b       g" + none[9:], limit: 10, answer: 7, drilled: []int{4, 6, 7}, assumed: []int{1, 2, 3, 5}},
		"every night was drilled":     {truth: cut7, known: cut7, limit: 10, answer: 7},
		"no history of broken ones":   {truth: cut7, known: "        g" + none[9:], limit: 10, answer: 7, drilled: []int{0, 4, 6, 7}, assumed: []int{1, 2, 3, 5}},
		"nothing restores":            {truth: "bbbbb", known: "     ", limit: 9, answer: -1, drilled: []int{0, 1, 3, 4}, assumed: []int{2}},
		"there is none":               {limit: 9, answer: -1},
		"only the oldest restores":    {truth: "bbbbg", known: "     ", limit: 9, answer: 4, drilled: []int{0, 1, 3, 4}, assumed: []int{2}},
		"a neighbour is skipped":      {truth: "bbbug", known: "     ", limit: 9, answer: 4, drilled: []int{0, 1, 3, 4, 2}, skipped: []int{3}},
		"none can be drilled":         {truth: "uuu", known: "   ", limit: 9, answer: -1, drilled: []int{0, 1, 2}, skipped: []int{0, 1, 2}},
		"the limit ends it":           {truth: cut7, known: none, limit: 5, answer: 7, drilled: []int{0, 1, 3, 7, 5}, open: []int{6}, assumed: []int{2, 4}},
		"the limit ends it before":    {truth: "bbbbbb", known: "      ", limit: 2, answer: -1, drilled: []int{0, 1}, open: []int{2, 3, 4, 5}},
		"an old one is broken":        {truth: "bggbg", known: "   b ", limit: 9, answer: 4, drilled: []int{0, 4}, assumed: []int{1, 2}},
		"only an old one is broken":   {truth: "gggbg", known: "   b ", limit: 9, answer: 0, drilled: []int{0}, contradicted: true},
		"contradicted by the history": {truth: "bbgbg", known: "  gb ", limit: 9, answer: 2, drilled: []int{0, 1}, contradicted: true},
		"a good one between is missed": {
			truth: "bgbbggg", known: "       ", limit: 9, answer: 1, drilled: []int{0, 1},
		},
		"a good one is not looked at": {
			truth: "bbgbggg", known: "       ", limit: 9, answer: 4, drilled: []int{0, 1, 3, 6, 4}, assumed: []int{2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, drilled := search(parse(tt.truth), parse(tt.known), tt.limit)
			if diff := cmp.Diff(tt.drilled, drilled); diff != "" || s.Answer() != tt.answer || s.Contradicted() != tt.contradicted {
				t.Errorf("answer %d, contradicted %t, drilled (-want +got):\n%s", s.Answer(), s.Contradicted(), diff)
			}
			for _, list := range []struct {
				what      string
				want, got []int
			}{{"open", tt.open, s.Open()}, {"skipped", tt.skipped, s.Skipped()}, {"assumed", tt.assumed, s.Assumed()}} {
				if !slices.Equal(list.want, list.got) {
					t.Errorf("%s: got %v, want %v", list.what, list.got, list.want)
				}
			}
		})
	}
}

// TestSearchAgainstBruteForce compares searches with the truth, for every number of broken
// backups and with points that are known before.
func TestSearchAgainstBruteForce(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 7))
	for n := range 70 {
		for broken := range n + 1 {
			truth := make([]State, n)
			for i := range truth {
				if truth[i] = Good; i < broken {
					truth[i] = Bad
				}
			}
			want, most := broken, 2*bits.Len(uint(n))+2
			if broken == n {
				want = -1
			}
			for range 4 {
				known := someOf(random, truth, 0.3*random.Float64())
				s, drilled := search(truth, known, n)
				if s.Answer() != want || len(drilled) > most || s.Contradicted() || len(s.Open()) > 0 {
					t.Fatalf("%d of %d broken, known %q: answer %d after drills of %v", broken, n, known, s.Answer(), drilled)
				}
			}
		}
	}
}

// TestSearchNeverAnswersABrokenBackup searches among backups that are broken, restore and
// cannot be drilled in any order.
func TestSearchNeverAnswersABrokenBackup(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 8))
	for range 20_000 {
		truth := make([]State, random.IntN(40))
		for i := range truth {
			truth[i] = []State{Good, Bad, Bad, Unknown}[random.IntN(4)]
		}
		known := someOf(random, truth, random.Float64())
		limit := random.IntN(len(truth) + 1)
		s, drilled := search(truth, known, limit)
		checkSearch(t, s, truth, known, drilled, limit)
		if t.Failed() {
			t.Fatalf("truth %q\nknown %q\ndrilled %v\nanswer %d", truth, known, drilled, s.Answer())
		}
	}
}

func checkSearch(t *testing.T, s *Search, truth, known []State, drilled []int, limit int) {
	t.Helper()
	again := slices.ContainsFunc(drilled, func(i int) bool { return known[i] != Untested })
	distinct := slices.Compact(slices.Sorted(slices.Values(drilled)))
	if again || len(distinct) != len(drilled) || len(drilled) > limit {
		t.Error("it drilled a backup that was known, one twice, or more than the limit")
	}
	answer := s.Answer()
	if answer >= 0 && truth[answer] != Good {
		t.Error("the answer is not a backup that restores")
	}
	if len(drilled) < limit && len(s.Open()) > 0 {
		t.Error("it ended although a backup could be drilled")
	}
	accounted := slices.Concat(s.Open(), s.Skipped(), s.Assumed())
	for i := range truth {
		newer := answer < 0 || i < answer
		isBad := (known[i] == Bad || slices.Contains(drilled, i)) && truth[i] == Bad
		if newer && !isBad && !slices.Contains(accounted, i) {
			t.Errorf("backup %d is newer than the answer and not accounted for", i)
		}
	}
}

// someOf returns the states that are known before a search, each with this probability.
func someOf(random *rand.Rand, truth []State, share float64) []State {
	known := make([]State, len(truth))
	for i, state := range truth {
		if known[i] = Untested; random.Float64() < share && state != Unknown {
			known[i] = state
		}
	}
	return known
}
