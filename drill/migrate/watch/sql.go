package watch

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// tokenKind tells what a token is.
type tokenKind uint8

const (
	word   tokenKind = iota // a keyword or a name, folded as the server folds it
	quoted                  // a name in quotes, without them
	text                    // a string, without its quotes
	number
	symbol
)

type token struct {
	kind tokenKind
	text string
}

var (
	openingQuote = regexp.MustCompile(`^(?:[eEnNbBxX]?'|(?:[uU]&)?["'])`)
	wordToken    = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_$]*`)
	numberToken  = regexp.MustCompile(`^[0-9][0-9A-Za-z_.]*`)
	dollarToken  = regexp.MustCompile(`^\$([\p{L}_][\p{L}\p{N}_]*)?\$`)
)

// statements takes a text that was sent in one go apart. What is cut off at
// its end is taken as it is.
func statements(sql string) [][]token {
	var all [][]token
	var current []token
	depth, atomic := 0, 0 // of parentheses, and of BEGIN ATOMIC … END
	for len(sql) > 0 {
		t, length, shown := nextToken(sql)
		sql = sql[length:]
		if !shown {
			continue
		}
		if t.kind == symbol {
			switch {
			case t.text == "(":
				depth++
			case t.text == ")":
				depth--
			case t.text == ";" && depth <= 0 && atomic == 0:
				if len(current) > 0 {
					all = append(all, current)
				}
				current, depth = nil, 0
				continue
			}
		}
		atomic = atomicDepth(atomic, t, current)
		current = append(current, t)
	}
	if len(current) > 0 {
		all = append(all, current)
	}
	return all
}

// atomicDepth follows the body of a function in SQL's own form, whose
// semicolons end no statement.
func atomicDepth(depth int, t token, before []token) int {
	switch {
	case t.kind != word:
	case t.text == "atomic" && len(before) > 0 && before[len(before)-1] == token{word, "begin"}:
		return 1
	case depth > 0 && t.text == "case":
		return depth + 1
	case depth > 0 && t.text == "end":
		return depth - 1
	}
	return depth
}

// nextToken is what a text begins with; space and comments are not shown.
func nextToken(s string) (t token, length int, shown bool) {
	switch c := s[0]; {
	case c == ' ' || c >= '\t' && c <= '\r':
		return t, 1, false
	case strings.HasPrefix(s, "--"):
		return t, through(s, "\n"), false
	case strings.HasPrefix(s, "/*"):
		return t, commentLength(s), false
	}
	if quote := openingQuote.FindString(s); quote != "" {
		kind := text
		if strings.HasSuffix(quote, `"`) {
			kind = quoted
		}
		return quotedToken(s, kind, len(quote)-1, strings.EqualFold(quote, "E'"))
	}
	if tag := dollarToken.FindString(s); tag != "" {
		body := s[len(tag):]
		length := through(body, tag)
		return token{text, strings.TrimSuffix(body[:length], tag)}, len(tag) + length, true
	}
	if w := wordToken.FindString(s); w != "" {
		return token{word, foldASCII(w)}, len(w), true
	}
	if n := numberToken.FindString(s); n != "" {
		return token{number, n}, len(n), true
	}
	_, length = utf8.DecodeRuneInString(s)
	return token{symbol, s[:length]}, length, true
}

// quotedToken reads from an opening quote at s[skip] on. A doubled quote stands for
// one, and with escapes so does one behind a backslash.
func quotedToken(s string, kind tokenKind, skip int, escapes bool) (token, int, bool) {
	var b strings.Builder
	quote := s[skip]
	for i := skip + 1; i < len(s); i++ {
		switch {
		case escapes && s[i] == '\\' && i+1 < len(s):
			i++
		case s[i] == quote && i+1 < len(s) && s[i+1] == quote:
			i++
		case s[i] == quote:
			return token{kind, b.String()}, i + 1, true
		}
		b.WriteByte(s[i])
	}
	return token{kind, b.String()}, len(s), true
}

// commentLength knows that comments nest.
func commentLength(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch {
		case strings.HasPrefix(s[i:], "/*"):
			depth++
			i++
		case strings.HasPrefix(s[i:], "*/"):
			depth--
			i++
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(s)
}

func through(s, end string) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + len(end)
	}
	return len(s)
}

// foldASCII folds as the server does in every encoding; other letters it folds
// only in some, and names with them are rarely written in capitals.
func foldASCII(w string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, w)
}
