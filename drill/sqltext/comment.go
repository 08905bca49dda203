package sqltext

import "bytes"

// comment reads a comment. It reports whether one begins here.
func (l *Lexer) comment() (Token, bool) {
	switch string(l.w.Peek(2)) {
	case "--":
		return l.lineComment(), true
	case "/*":
		return l.blockComment(), true
	}
	return Token{}, false
}

// lineComment reads a comment to the end of its line.
func (l *Lexer) lineComment() Token {
	if !l.Comments {
		for b := l.w.Bytes(); len(b) > 0; b = l.w.Bytes() {
			n := endOfLine(b)
			l.w.Skip(n)
			if n < len(b) {
				break
			}
		}
		return Token{Kind: skipped}
	}
	l.scratch = l.scratch[:0]
	for b := l.w.Bytes(); len(b) > 0; b = l.w.Bytes() {
		n := endOfLine(b)
		l.keep(b[:n])
		l.w.Skip(n)
		if n < len(b) {
			break
		}
	}
	return Token{Comment, l.depth, string(l.scratch)}
}

// endOfLine returns the index of the first line feed or carriage return, or the
// length of b.
func endOfLine(b []byte) int {
	n := indexOrEnd(b, bytes.IndexByte(b, '\n'))
	return indexOrEnd(b[:n], bytes.IndexByte(b[:n], '\r'))
}

// blockComment reads a comment, which may be nested.
func (l *Lexer) blockComment() Token {
	l.escaped = false
	l.w.Skip(2)
	l.noteLine()
	for depth := 1; depth > 0; {
		b := l.w.Bytes()
		if len(b) == 0 {
			return l.open("a comment")
		}
		n := 0
		for n < len(b) && b[n] != '*' && b[n] != '/' {
			l.Ambiguous = l.Ambiguous || b[n] >= 0x80
			n++
		}
		l.w.Skip(n)
		if n == len(b) {
			continue
		}
		switch string(l.w.Peek(2)) {
		case "*/":
			depth--
			l.w.Skip(2)
		case "/*":
			depth++
			l.w.Skip(2)
		default:
			l.w.Skip(1)
		}
	}
	return Token{Kind: skipped}
}

// noteLine notes the line in which a token starts that may not end.
func (l *Lexer) noteLine() {
	if l.w.whole == "" {
		l.line = l.w.Line()
	}
}
