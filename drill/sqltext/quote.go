package sqltext

import "bytes"

// quote reads a string. The window is at its opening quote.
func (l *Lexer) quote(escapes bool) Token {
	bare := l.w.Offset() == l.start // without a prefix: standard_conforming_strings decides
	l.escaped, l.lineFeed, l.line = escapes, false, 0
	if !escapes {
		if text, ok := l.plain('\''); ok {
			return Token{String, l.depth, text}
		}
	}
	l.w.Skip(1)
	l.scratch = l.scratch[:0]
	stops := "'"
	if escapes {
		stops = `'\`
	}
	last := byte(0)
	for b := l.w.Bytes(); len(b) > 0; b = l.w.Bytes() {
		i := bytes.IndexAny(b, stops) // not beyond it: a long string may be all backslashes
		l.keepText(b[:indexOrEnd(b, i)])
		if n := indexOrEnd(b, i); n > 0 {
			last = b[n-1]
			l.w.Skip(n)
		}
		if i >= 0 {
			l.noteQuote(l.w.pos)
			l.Ambiguous = l.Ambiguous || !escapes && last == '\\'
		}
		switch {
		case i >= 0 && b[i] == '\\':
			next := l.w.Peek(2)
			l.Ambiguous = l.Ambiguous || bare && l.NonStandard && len(next) == 2 && (next[1] == '\'' || next[1] == '\\')
			l.escape()
		case i >= 0 && !l.doubled('\''):
			return Token{String, l.depth, l.kept()}
		}
	}
	return l.open("a quoted string")
}

// plain reads a text in quotes if all of it is in the window and it contains no
// doubled quote.
func (l *Lexer) plain(q byte) (text string, ok bool) {
	w := l.w
	b := w.buf[w.pos+1 : w.end]
	i := bytes.IndexByte(b, q)
	if i < 0 || i+1 < len(b) && b[i+1] == q || i+1 == len(b) && w.err == nil {
		return "", false
	}
	l.noteQuote(w.pos + 1 + i)
	if q == '\'' && i > 0 && b[i-1] == '\\' {
		l.Ambiguous = true
	}
	if q == '"' || !l.omitsText() {
		if w.whole != "" {
			text = w.whole[w.pos+1 : w.pos+1+i]
		} else {
			text = l.recent.intern(b[:min(i, l.maxText())])
		}
	}
	w.pos += i + 2
	return text, true
}

// noteQuote notes whether in another encoding of the client the character at a position of
// the window, which ends a string or escapes in it, is a part of a character that begins
// before it. Characters have two bytes then, three after the byte 8F (JOHAB), and four if
// the second is a digit (GB18030) (PostgreSQL, src/common/wchar.c).
func (l *Lexer) noteQuote(at int) {
	b := l.w.lastThree(at)
	fourBytes := func(first, second byte) bool { return first >= 0x80 && classes[second]&isDigit != 0 }
	if b[2] >= 0x80 || b[1] == 0x8f || fourBytes(b[1], b[2]) || fourBytes(b[0], b[1]) {
		l.Ambiguous = true
	}
}

// indexOrEnd returns i, or the length of b if i is negative.
func indexOrEnd(b []byte, i int) int {
	if i < 0 {
		return len(b)
	}
	return i
}

// escape reads a backslash and the character that it escapes.
func (l *Lexer) escape() {
	two := l.w.Peek(2)
	if len(two) == 2 {
		c := two[1]
		if i := bytes.IndexByte([]byte("bfnrt"), c); i >= 0 {
			c = "\b\f\n\r\t"[i]
		}
		l.keepText([]byte{c})
	}
	l.w.Skip(len(two))
}

// doubled reads a quote, and reports whether it is doubled, which stands for one.
func (l *Lexer) doubled(q byte) bool {
	two := l.w.Peek(2)
	l.w.Skip(1)
	if len(two) < 2 || two[1] != q {
		return false
	}
	l.keep(two[1:])
	l.w.Skip(1)
	return true
}

func (l *Lexer) keepText(b []byte) {
	if !l.omitsText() {
		l.keep(b)
	}
}

// kept returns the text of the current token.
func (l *Lexer) kept() string {
	if l.omitsText() {
		return ""
	}
	return string(l.scratch)
}

// ident reads a quoted name. The window is at its opening quote.
func (l *Lexer) ident() Token {
	l.line = 0
	if text, ok := l.plain('"'); ok {
		return Token{Quoted, l.depth, text}
	}
	l.w.Skip(1)
	l.scratch = l.scratch[:0]
	for b := l.w.Bytes(); len(b) > 0; b = l.w.Bytes() {
		i := bytes.IndexByte(b, '"')
		l.keep(b[:indexOrEnd(b, i)])
		l.w.Skip(indexOrEnd(b, i))
		if i < 0 {
			continue
		}
		l.noteQuote(l.w.pos)
		if !l.doubled('"') {
			return Token{Quoted, l.depth, string(l.scratch)}
		}
	}
	return l.open("a quoted name")
}

// maxTag is the maximum length of the delimiter of a dollar-quoted string, in
// bytes.
const maxTag = 1 << 10

// dollar reads a dollar-quoted string, a parameter or a lone dollar sign.
func (l *Lexer) dollar() Token {
	head := l.w.Peek(min(maxTag, len(l.w.buf)))
	length := tagLength(head)
	if length == 0 {
		return l.parameter(head)
	}
	l.tag = append(l.tag[:0], head[:length]...)
	l.Ambiguous = l.Ambiguous || bytes.ContainsFunc(l.tag, func(r rune) bool { return r >= 0x80 })
	l.noteLine()
	l.w.Skip(length)
	l.scratch = l.scratch[:0]
	for {
		b := l.w.buf[l.w.pos:l.w.end]
		if i := bytes.Index(b, l.tag); i >= 0 {
			l.noteQuote(l.w.pos + i)
			t := Token{String, l.depth, l.textOf(b[:i])}
			l.w.Skip(i + length)
			return t
		}
		n := max(0, len(b)-length+1) // the delimiter may be cut by the end of the window
		l.keepText(b[:n])
		l.w.Skip(n)
		if !l.w.Fill() {
			return l.open("a dollar-quoted string")
		}
	}
}

// textOf returns the text of a string whose last bytes are b.
func (l *Lexer) textOf(b []byte) string {
	if l.w.whole != "" {
		return l.w.whole[l.w.pos : l.w.pos+len(b)]
	}
	l.keepText(b)
	return l.kept()
}

// tagLength returns the length of the $tag$ at the start of b, or 0 if there is
// none.
func tagLength(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch c := classes[b[i]]; {
		case b[i] == '$':
			return i + 1
		case c&nameStart != 0, i > 1 && c&isDigit != 0:
		default:
			return 0
		}
	}
	return 0
}

// parameter reads a parameter such as $1, or a lone dollar sign.
func (l *Lexer) parameter(head []byte) Token {
	n := 1
	for n < len(head) && classes[head[n]]&isDigit != 0 {
		n++
	}
	t := Token{Symbol, l.depth, l.piece(head[:n], l.w.pos)}
	l.w.Skip(n)
	return t
}

// open returns the token of a construct that does not end, and skips the rest of
// the text.
func (l *Lexer) open(what string) Token {
	l.w.Skip(len(l.w.buf[l.w.pos:l.w.end]))
	return Token{Open, l.depth, what}
}
