package sqltext

import "bytes"

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
		return Token{Kind: passedOver}
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

func endOfLine(b []byte) int {
	n := stop(b, bytes.IndexByte(b, '\n'))
	return stop(b[:n], bytes.IndexByte(b[:n], '\r'))
}

// blockComment passes a comment that may hold others.
func (l *Lexer) blockComment() Token {
	l.escaped = false
	l.w.Skip(2)
	l.begins()
	for depth := 1; depth > 0; {
		b := l.w.Bytes()
		if len(b) == 0 {
			return l.open("a comment")
		}
		n := 0
		for n < len(b) && b[n] != '*' && b[n] != '/' {
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
	return Token{Kind: passedOver}
}

// begins notes the line of what may turn out not to end.
func (l *Lexer) begins() {
	if l.w.whole == "" {
		l.line = l.w.Line()
	}
}
