package verify

import "testing"

// TestSequenceEnds checks that the values looked for stay within the sequence.
func TestSequenceEnds(t *testing.T) {
	const most = 1<<63 - 1
	cases := []struct {
		name        string
		s           sequence
		more        bool
		next, until int64
	}{
		{"not called yet", sequence{last: 1, Increment: 1, Min: 1, Max: most}, true, 1, 1001},
		{"called", sequence{last: 1, Increment: 1, Min: 1, Max: most, called: true}, true, 2, 1002},
		{"near its end", sequence{last: 8, Increment: 2, Min: 1, Max: 11, called: true}, true, 10, 11},
		{"at its end", sequence{last: 10, Increment: 2, Min: 1, Max: 11, called: true}, false, 0, 0},
		{"largest step", sequence{last: 5, Increment: most - 5, Min: 1, Max: most, called: true}, true, most, most},
		{"down to its end", sequence{last: -most, Increment: -2, Min: -most - 1, Max: -1, called: true}, false, 0, 0},
		{"down", sequence{last: -1, Increment: -1, Min: -most, Max: -1, called: true}, true, -2, -1002},
	}
	for _, c := range cases {
		more := c.s.advance()
		if more != c.more || more && (c.s.next != c.next || c.s.until != c.until) {
			t.Errorf("%s: %v, from %d to %d", c.name, more, c.s.next, c.s.until)
		}
	}
}
