package sqltext

// What bytes are to psql's lexer and the server's (psqlscan.l, scan.l). Every
// byte from 0x80 on is a letter to them, whatever character it is a part of.
const (
	isSpace   uint8 = 1 << iota
	nameStart       // begins a name
	nameRest        // goes on with one
	isDigit
	isUpper
	isDot
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
	case b >= 'a' && b <= 'z' || b == '_' || b >= 0x80:
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

// IsSpace reports whether SQL takes a byte for white space.
func IsSpace(b byte) bool { return classes[b]&isSpace != 0 }

// run passes bytes of a class and returns them, or as many as are kept, and
// the classes of all of them. The bytes are valid until the window moves.
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

// longRun is a run that may go on behind the window.
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

// MaxText is how much of a token of a stream is kept, in bytes. What is beyond
// is lexed and forgotten: names have at most 63.
const MaxText = 1 << 10

// keep adds to the text of the token that is read, up to what is kept of one.
func (l *Lexer) keep(b []byte) {
	if room := l.most() - len(l.scratch); room > 0 {
		l.scratch = append(l.scratch, b[:min(len(b), room)]...)
	}
}

// most is how much of a token's text is kept. A whole text is there already.
func (l *Lexer) most() int {
	if l.w.whole != "" {
		return len(l.w.whole)
	}
	return MaxText
}
