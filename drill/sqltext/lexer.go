package sqltext

import "bytes"

// Rules say whose lexer is followed where psql and the server differ.
type Rules uint8

const (
	// Psql reads a script, line by line: a backslash begins a command of psql
	// itself, a string that goes on behind a line feed is two to it, and in a
	// CREATE FUNCTION it counts BEGIN, CASE and END (psqlscan.l).
	Psql Rules = iota
	// Server reads a query string: a backslash is a character like any other,
	// a string goes on behind a line feed by the rules with which it began, and
	// a body begins with BEGIN ATOMIC and may have END as a label (scan.l, gram.y).
	Server
)

// Kind says what a token is.
type Kind uint8

const (
	// EOF is the end of the text. An Open construct is an end, too.
	EOF       Kind = iota
	Word           // a keyword or a name without quotes, in lower case
	Quoted         // a "name", without its quotes
	String         // 'text' or $$text$$, without its quotes; of an escape by number only the backslash is left out
	Number         // an unsigned number
	Symbol         // any other character, or a parameter such as $1
	End            // the semicolon that ends a statement
	Comment        // to the end of a line; only with Lexer.Comments
	Backslash      // begins a command of psql, which is not yet read; only with Psql
	Open           // a string, a quoted name or a comment that does not end; Text says which

	passedOver // a comment that nobody asked for
)

// Token is one of a statement.
type Token struct {
	Kind  Kind
	Depth int32 // of the parentheses around it
	Text  string
}

// Lexer takes SQL apart.
type Lexer struct {
	// NonStandard is standard_conforming_strings = off: a backslash in '…'
	// escapes what follows it.
	NonStandard bool
	// Comments asks for comments to the end of a line as tokens.
	Comments bool
	// Textless leaves out the text of strings and numbers.
	Textless bool
	// SkipGroups passes over what is in parentheses. What opens there and
	// does not end, and a backslash there, are tokens still.
	SkipGroups bool

	w                 *Window
	rules             Rules
	start             int64 // offset of the token that was read last
	line              int64 // in which an Open dollar-quoted string or comment begins; 0: not known
	depth             int32 // of parentheses
	body              routine
	escaped, lineFeed bool // a string goes on behind a line feed, by the rules with which it began
	scratch           []byte
	tag               []byte
	seen              *recent
}

// NewLexer returns a lexer of a stream.
func NewLexer(w *Window, rules Rules) *Lexer {
	return &Lexer{w: w, rules: rules, seen: new(recent)}
}

// LexText returns a lexer of a text. The tokens' texts are parts of it wherever
// they stand in it as they are.
func LexText(text string, rules Rules) *Lexer {
	l := new(Lexer)
	l.Read(text, rules)
	return l
}

// Read starts over on a text, with the same buffers and no options set. The
// zero Lexer can do so.
func (l *Lexer) Read(text string, rules Rules) {
	w := l.w
	if w == nil {
		w = new(Window)
	}
	w.show(text)
	*l = Lexer{w: w, rules: rules, scratch: l.scratch[:0], tag: l.tag[:0], seen: l.seen}
}

// Start returns the offset at which the last token begins, with its prefix and quotes.
func (l *Lexer) Start() int64 { return l.start }

// End returns the offset behind the last token.
func (l *Lexer) End() int64 { return l.w.Offset() }

// OpenLine returns the line in which an [Open] dollar-quoted string or block
// comment of a stream begins, and 0 for all others.
func (l *Lexer) OpenLine() int64 { return l.line }

// Restart forgets the statement that is read.
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
		if t.Kind == passedOver {
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
		switch string(l.w.Peek(2)) {
		case "--":
			return l.lineComment()
		case "/*":
			return l.blockComment()
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

// singles are the ASCII characters as texts.
var singles = func() string {
	var b [0x80]byte
	for i := range b {
		b[i] = byte(i)
	}
	return string(b[:])
}()

// space passes white space that is at hand.
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

// word reads a keyword or a name, or the letter in front of a string.
func (l *Lexer) word() Token {
	at := l.w.pos
	b, seen := l.run(nameRest)
	if len(b) == 1 {
		letter := b[0]
		if t, ok := l.prefixed(letter | 0x20); ok {
			return t
		}
		l.scratch = append(l.scratch[:0], letter) // looking ahead may have moved the window
		b = l.scratch
	}
	if l.silent() {
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

// silent reports whether the token that is read will be passed over.
func (l *Lexer) silent() bool { return l.SkipGroups && l.depth > 0 }

// textless reports whether nobody wants the text of a string or a number.
func (l *Lexer) textless() bool { return l.Textless || l.silent() }

// folded is a name as the server folds it: ASCII only, because it folds other
// letters in some encodings only.
func (l *Lexer) folded(b []byte) string {
	if l.seen == nil {
		l.seen = new(recent)
	}
	if len(l.scratch) == 0 || &l.scratch[0] != &b[0] {
		l.scratch = append(l.scratch[:0], b...)
	}
	return l.seen.of(fold(l.scratch))
}

// prefixed reads what a letter in front of a quote makes of it: E”, N”, B”,
// X”, U&” and U&"".
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
	b, _ := l.run(nameRest | isDot)
	first := b[0]
	exponent := b[len(b)-1]|0x20 == 'e' && (first != '0' || len(b) < 2 || b[1]|0x20 != 'x')
	var text string
	if !l.textless() {
		text = l.piece(b, at)
	}
	if next := l.w.Peek(2); exponent && len(next) == 2 && (next[0] == '-' || next[0] == '+') && classes[next[1]]&isDigit != 0 {
		sign := singles[next[0] : next[0]+1]
		l.w.Skip(1)
		b, _ = l.run(isDigit)
		if !l.textless() {
			text += sign + string(b)
		}
	}
	return Token{Number, l.depth, text}
}
