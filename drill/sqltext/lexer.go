package sqltext

import "bytes"

// Rules selects the lexer to follow where psql and the server differ.
type Rules uint8

const (
	// Psql reads a script line by line. A backslash starts a command of psql, a
	// string that continues after a line feed is two strings, and BEGIN, CASE and
	// END are counted in CREATE FUNCTION (psqlscan.l).
	Psql Rules = iota
	// Server reads a query string. A backslash is an ordinary character, a string
	// continues after a line feed by the rules of its first part, and a body
	// starts with BEGIN ATOMIC and may use END as a label (scan.l, gram.y).
	Server
)

// Kind is the kind of a token.
type Kind uint8

// The kinds of tokens.
const (
	EOF       Kind = iota // the end of the text; an Open token also ends it
	Word                  // a keyword or a name without quotes, in lower case
	Quoted                // a "name", without its quotes
	String                // 'text' or $$text$$, without its quotes; numeric escapes lose their backslash only
	Number                // an unsigned number
	Symbol                // any other character, or a parameter such as $1
	End                   // the semicolon that ends a statement
	Comment               // to the end of a line; only with Lexer.Comments
	Backslash             // starts a command of psql, which is not read; only with Psql
	Open                  // a string, a quoted name or a comment that does not end; Text names the construct

	skipped // a comment that is not returned
)

// Token is a token of a statement.
type Token struct {
	Kind  Kind
	Depth int32 // number of open parentheses around it
	Text  string
}

// Lexer splits SQL into tokens.
type Lexer struct {
	// NonStandard reads as with standard_conforming_strings = off: a backslash in
	// '…' escapes the next character.
	NonStandard bool
	// Comments returns comments to the end of a line as tokens.
	Comments bool
	// Textless omits the text of strings and numbers.
	Textless bool
	// SkipGroups skips the tokens in parentheses, except Open and Backslash.
	SkipGroups bool
	// Ambiguous reports that psql may read the text in another way. In a '…' string, a
	// backslash came before a quote: standard_conforming_strings determines where it ends.
	// Or a byte outside ASCII came so close before the end of a string or a name that in
	// another client_encoding both are one character. Or a colon came before what can be the
	// name of a variable of psql.
	Ambiguous bool

	w                 *Window
	rules             Rules
	start             int64 // offset of the last token
	line              int64 // in which an Open dollar-quoted string or comment starts; 0: unknown
	depth             int32 // of parentheses
	body              routine
	colons            bool // the last colon is the first of ::
	escaped, lineFeed bool // the last string had escapes, and a line feed follows: the next string continues it
	scratch           []byte
	tag               []byte
	recent            *recent
}

// NewLexer returns a lexer of a stream.
func NewLexer(w *Window, rules Rules) *Lexer {
	return &Lexer{w: w, rules: rules, recent: new(recent)}
}

// LexText returns a lexer of a text. It does not copy the text: tokens are parts
// of it unless they contain escapes or are folded.
func LexText(text string, rules Rules) *Lexer {
	l := new(Lexer)
	l.Read(text, rules)
	return l
}

// Read starts over on a text with the same buffers. It resets all options. The
// zero Lexer is ready for it.
func (l *Lexer) Read(text string, rules Rules) {
	w := l.w
	if w == nil {
		w = new(Window)
	}
	w.setText(text)
	*l = Lexer{w: w, rules: rules, scratch: l.scratch[:0], tag: l.tag[:0], recent: l.recent}
}

// Start returns the offset of the last token, including its prefix and quotes.
func (l *Lexer) Start() int64 { return l.start }

// End returns the offset after the last token.
func (l *Lexer) End() int64 { return l.w.Offset() }

// OpenLine returns the line in which an [Open] dollar-quoted string or block
// comment of a stream starts. It returns 0 for other tokens.
func (l *Lexer) OpenLine() int64 { return l.line }

// Restart makes the next token the first of a statement.
func (l *Lexer) Restart() {
	l.depth, l.body, l.Textless, l.SkipGroups = 0, routine{}, false, false
}

// Next returns the next token.
func (l *Lexer) Next() Token {
	w := l.w
	for {
		l.space()
		if w.pos == w.end {
			if w.Fill() {
				continue
			}
			return Token{Depth: l.depth}
		}
		l.start = w.Offset()
		t := l.token(w.buf[w.pos])
		if t.Kind == skipped {
			continue
		}
		if t.Kind != String {
			l.escaped = false
		}
		if !l.SkipGroups || t.Depth == 0 || t.Kind >= Backslash {
			return t
		}
	}
}

func (l *Lexer) token(b byte) Token {
	switch c := classes[b]; {
	case c&nameStart != 0:
		return l.word()
	case c&isDigit != 0:
		return l.number()
	}
	switch b {
	case ',', '=':
	case '\'':
		return l.quote(l.NonStandard || l.escaped && l.lineFeed)
	case '"':
		return l.ident()
	case '$':
		return l.dollar()
	case '-', '/':
		if t, ok := l.comment(); ok {
			return t
		}
	case '\\':
		if l.rules == Psql {
			l.w.Skip(1)
			return Token{Backslash, l.depth, `\`}
		}
	case ';':
		if l.depth == 0 && l.body.depth == 0 {
			l.w.Skip(1)
			l.Restart()
			return Token{Kind: End, Text: ";"}
		}
	case ':':
		return l.colon()
	case ')':
		l.depth = max(0, l.depth-1)
	case '.':
		l.body.label = true
	}
	l.w.Skip(1)
	t := Token{Symbol, l.depth, singles[b : b+1]}
	if b == '(' {
		l.depth++
	}
	return t
}

// colon reads a colon. Before anything that can begin the name of a variable, psql without
// restrictions replaces both by the variable's value, but not in :: (psqlscan.l).
func (l *Lexer) colon() Token {
	if next := l.w.Peek(2); len(next) == 2 && l.rules == Psql {
		c := next[1]
		names := classes[c]&nameStart != 0 || c == '\'' || c == '"' || c == '{'
		l.Ambiguous = l.Ambiguous || names && !l.colons
		l.colons = c == ':' && !l.colons
	}
	l.w.Skip(1)
	return Token{Symbol, l.depth, ":"}
}

// singles holds the ASCII characters, so that a symbol's text is not allocated.
var singles = func() string {
	var b [0x80]byte
	for i := range b {
		b[i] = byte(i)
	}
	return string(b[:])
}()

// space skips the white space in the window.
func (l *Lexer) space() {
	b, n := l.w.AtHand(), 0
	for n < len(b) && classes[b[n]]&isSpace != 0 {
		n++
	}
	l.w.Skip(n)
	if l.escaped && l.rules == Server && bytes.ContainsAny(b[:n], "\r\n") {
		l.lineFeed = true
	}
}

// word reads a keyword or a name, or a string or quoted name with a prefix.
func (l *Lexer) word() Token {
	at := l.w.pos
	b, seen := l.run(nameRest)
	l.Ambiguous = l.Ambiguous || seen&isHigh != 0
	if len(b) == 1 {
		letter := b[0]
		if t, ok := l.prefixed(letter | 0x20); ok {
			return t
		}
		l.scratch = append(l.scratch[:0], letter) // looking ahead may have moved the window
		b = l.scratch
	}
	if l.inSkippedGroup() {
		return Token{Kind: Word, Depth: l.depth}
	}
	var text string
	if seen&isUpper != 0 {
		text = l.folded(b)
	} else {
		text = l.piece(b, at)
	}
	l.body.follow(text, l.depth, l.rules)
	return Token{Word, l.depth, text}
}

// inSkippedGroup reports whether the current token is in parentheses that
// SkipGroups skips.
func (l *Lexer) inSkippedGroup() bool { return l.SkipGroups && l.depth > 0 }

// omitsText reports whether the text of strings and numbers is omitted.
func (l *Lexer) omitsText() bool { return l.Textless || l.inSkippedGroup() }

// folded returns a name in lower case. It folds ASCII only, because the server
// folds other letters in some encodings only.
func (l *Lexer) folded(b []byte) string {
	if l.recent == nil {
		l.recent = new(recent)
	}
	if len(l.scratch) == 0 || &l.scratch[0] != &b[0] {
		l.scratch = append(l.scratch[:0], b...)
	}
	return l.recent.intern(fold(l.scratch))
}

// prefixed reads a string or a quoted name whose prefix starts with letter: E,
// N, B, X or U&. It reports whether one follows.
func (l *Lexer) prefixed(letter byte) (Token, bool) {
	head := l.w.Peek(2)
	switch {
	case len(head) == 0:
	case head[0] == '\'' && (letter == 'e' || letter == 'n' || letter == 'b' || letter == 'x'):
		return l.quote(letter == 'e' || letter == 'n' && l.NonStandard), true
	case letter == 'u' && string(head) == "&'":
		l.w.Skip(1)
		return l.quote(false), true
	case letter == 'u' && string(head) == `&"`:
		l.w.Skip(1)
		return l.ident(), true
	}
	return Token{}, false
}

func (l *Lexer) number() Token {
	at := l.w.pos
	b, seen := l.run(nameRest | isDot)
	l.Ambiguous = l.Ambiguous || seen&isHigh != 0
	first, last := b[0], l.w.lastThree(l.w.pos)[2] // b lacks the end of a very long number
	exponent := last|0x20 == 'e' && (first != '0' || len(b) < 2 || b[1]|0x20 != 'x')
	var text string
	if !l.omitsText() {
		text = l.piece(b, at)
	}
	if next := l.w.Peek(2); exponent && len(next) == 2 && (next[0] == '-' || next[0] == '+') && classes[next[1]]&isDigit != 0 {
		sign := singles[next[0] : next[0]+1]
		l.w.Skip(1)
		b, _ = l.run(isDigit)
		if !l.omitsText() {
			text += sign + string(b)
		}
	}
	return Token{Number, l.depth, text}
}
