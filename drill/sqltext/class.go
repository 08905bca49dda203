package sqltext

// Classes of bytes in the lexers of psql and the server (psqlscan.l, scan.l).
// Both treat every byte from 0x80 on as a letter, whatever the encoding.
const (
	isSpace   uint8 = 1 << iota
	nameStart       // can start a name
	nameRest        // can continue a name
	isDigit
	isUpper
	isDot
	isHigh // outside ASCII
)

var classes = func() (t [256]uint8) {
	for i := range t {
		t[i] = classOf(byte(i))
	}
	return t
}()

func classOf(b byte) uint8 {
	switch {
	case b == ' ' || b >= '\t' && b <= '\r':
		return isSpace
	case b >= 'A' && b <= 'Z':
		return nameStart | nameRest | isUpper
	case b >= 0x80:
		return nameStart | nameRest | isHigh
	case b >= 'a' && b <= 'z' || b == '_':
		return nameStart | nameRest
	case b >= '0' && b <= '9':
		return nameRest | isDigit
	case b == '$':
		return nameRest
	case b == '.':
		return isDot
	}
	return 0
}

// IsSpace reports whether b is white space in SQL.
func IsSpace(b byte) bool { return classes[b]&isSpace != 0 }

// run reads the bytes of a class. It returns the first of them, up to the limit
// of a token's text, and the union of the classes of all. The bytes are valid
// until the window moves.
func (l *Lexer) run(class uint8) (text []byte, seen uint8) {
	w := l.w
	b := w.buf[w.pos:w.end]
	n := 0
	for n < len(b) && classes[b[n]]&class != 0 {
		seen |= classes[b[n]]
		n++
	}
	if n < len(b) || w.err != nil {
		w.pos += n
		return b[:n], seen
	}
	return l.longRun(class)
}

// longRun is run for bytes that may continue beyond the window.
func (l *Lexer) longRun(class uint8) (text []byte, seen uint8) {
	l.scratch = l.scratch[:0]
	for b := l.w.Bytes(); len(b) > 0; b = l.w.Bytes() {
		n := 0
		for n < len(b) && classes[b[n]]&class != 0 {
			seen |= classes[b[n]]
			n++
		}
		l.keep(b[:n])
		l.w.Skip(n)
		if n < len(b) {
			break
		}
	}
	return l.scratch, seen
}

// MaxText is the maximum length of a token's text in a stream, in bytes. The
// rest of a longer token is read and discarded: names have at most 63.
const MaxText = 1 << 10

// keep appends to the text of the current token, up to its maximum length.
func (l *Lexer) keep(b []byte) {
	if room := l.maxText() - len(l.scratch); room > 0 {
		l.scratch = append(l.scratch, b[:min(len(b), room)]...)
	}
}

// maxText returns the maximum length of a token's text. A text that is in memory
// as a whole needs no limit.
func (l *Lexer) maxText() int {
	if l.w.whole != "" {
		return len(l.w.whole)
	}
	return MaxText
}
