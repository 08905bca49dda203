package source

import (
	"bytes"
	"io"
)

// Armor reads lines up to the one that ends the armor. A decoder of armor that reads ahead
// then takes nothing of what follows.
type Armor struct {
	In  *Reader
	End string // the last line

	Ended bool   // the last line was read
	line  []byte // unread part of the current line; valid until the next read of In
}

// Read copies as many lines as fit, because those of armor are short.
func (a *Armor) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if len(a.line) == 0 {
			if a.Ended {
				break
			}
			a.line, err = a.In.ReadSlice('\n') // a line that is longer than the buffer comes in parts
			if len(a.line) == 0 {
				break
			}
			a.Ended = string(bytes.TrimRight(a.line, " \t\r\n")) == a.End
		}
		m := copy(p[n:], a.line)
		n, a.line = n+m, a.line[m:]
	}
	switch {
	case n > 0:
		return n, nil
	case a.Ended, err == nil:
		return 0, io.EOF
	}
	return 0, err
}
