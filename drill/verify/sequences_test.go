package verify

import (
	"testing"

	"github.com/drillgres/drillgres/drill/sequence"
)

// TestSequenceEnds checks that the values looked for stay within the sequence.
func TestSequenceEnds(t *testing.T) {
	const most = 1<<63 - 1
	cases := []struct {
		name        string
		s           state
		more        bool
		next, until int64
	}{
		{"not called yet", state{Filler: sequence.Filler{Increment: 1, Min: 1, Max: most}, last: 1}, true, 1, 1001},
		{"called", state{Filler: sequence.Filler{Increment: 1, Min: 1, Max: most}, last: 1, called: true}, true, 2, 1002},
		{"near its end", state{Filler: sequence.Filler{Increment: 2, Min: 1, Max: 11}, last: 8, called: true}, true, 10, 11},
		{"at its end", state{Filler: sequence.Filler{Increment: 2, Min: 1, Max: 11}, last: 10, called: true}, false, 0, 0},
		{"largest step", state{Filler: sequence.Filler{Increment: most - 5, Min: 1, Max: most}, last: 5, called: true}, true, most, most},
		{"down to its end", state{Filler: sequence.Filler{Increment: -2, Min: -most - 1, Max: -1}, last: -most, called: true}, false, 0, 0},
		{"down", state{Filler: sequence.Filler{Increment: -1, Min: -most, Max: -1}, last: -1, called: true}, true, -2, -1002},
	}
	for _, c := range cases {
		more := c.s.advance()
		if more != c.more || more && (c.s.next != c.next || c.s.until != c.until) {
			t.Errorf("%s: %v, from %d to %d", c.name, more, c.s.next, c.s.until)
		}
	}
}
