package inspect

import (
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// script reads SQL as psql reads it: the same rules say where a string, a
// statement and the rows of a COPY end, and what is a command of psql itself.
type script struct {
	f  *feed
	k  *catalog
	st statement

	standard bool // strings without backslash escapes (standard_conforming_strings)
	scratch  []byte

	fragment     bool // SQL within an archive, not a file of its own
	statements   int  // that are whole
	makes        bool // a statement makes or fills something
	heads, tails int  // of pg_dump's first and last comments
	clusterHeads int
	clusterTails int
	remarked     string // the last comment that says something
	key          string // of the \restrict that is open
	swallowed    *swallowed
	broken       *outcome.Failure // by what the comments of pg_dump show

	seek *seek // a statement that is looked for, if one is
}

func newScript(f *feed, k *catalog) *script {
	return &script{f: f, k: k, standard: true}
}

// run reads to the end of the feed.
func (s *script) run() error {
	for {
		w := s.f.window()
		if len(w) == 0 {
			return s.unfinished()
		}
		if err := s.lex(w[0]); err != nil {
			return err
		}
		if s.broken != nil {
			return s.broken
		}
		if s.k.full {
			return s.k.check()
		}
	}
}

// lex takes what begins with b.
func (s *script) lex(b byte) error {
	switch classes[b] {
	case space:
		s.while(isSpace, false)
		return nil
	case letter:
		return s.word()
	case digit:
		return s.number()
	}
	switch b {
	case '\'':
		return s.quote(!s.standard)
	case '"':
		return s.ident()
	case '$':
		return s.dollar()
	case '\\':
		return s.command()
	case ';':
		return s.semicolon()
	case '-', '/':
		return s.slashOrDash(b)
	}
	s.f.skip(1)
	s.parenthesis(b)
	err := s.symbol(b)
	if b == '(' {
		s.st.depth++
	}
	return err
}

// symbol adds one character.
func (s *script) symbol(b byte) error {
	if s.st.values {
		return nil
	}
	return s.token(symbol, string([]byte{b}))
}

func (s *script) number() error {
	text := s.while(inName, s.st.keeps())
	if s.st.values {
		return nil
	}
	return s.token(symbol, string(text))
}

// parenthesis keeps the depth; a group behind VALUES is a row.
func (s *script) parenthesis(b byte) {
	switch {
	case b == ')' && s.st.depth > 0:
		s.st.depth--
	case b == '(' && s.st.depth == 0 && s.st.values && s.st.rows >= 0:
		s.st.rows++
	}
}

func (s *script) slashOrDash(b byte) error {
	switch string(s.f.peek(2)) {
	case "--":
		s.lineComment()
		return nil
	case "/*":
		return s.blockComment()
	}
	s.f.skip(1)
	return s.symbol(b)
}

// token adds to the statement; the first one must begin a statement of SQL.
func (s *script) token(kind tokenKind, text string) error {
	if s.st.empty() {
		s.st.line = s.f.line()
		if !begins(kind, text) && len(s.f.window()) > 0 { // at the end it is a verb that was cut
			return s.notSQL(text)
		}
	}
	s.st.add(kind, text)
	return nil
}

func (s *script) notSQL(text string) error {
	if strings.HasPrefix(text, "pg_dump") {
		return s.fail(s.st.line, outcome.DumpCorrupt, "messages of %s are mixed into the dump", text).
			WithHint("keep pg_dump's messages out of the file: do not redirect 2>&1")
	}
	return s.fail(s.st.line, outcome.DumpCorrupt, "neither SQL nor a row of a COPY")
}

// verbs begin a statement (PostgreSQL, Part VI, SQL Commands).
var verbs = strings.Fields(`abort alter analyze begin call checkpoint close cluster comment commit copy
	create deallocate declare delete discard do drop end execute explain fetch grant import insert listen load
	lock merge move notify prepare reassign refresh reindex release repack reset revoke rollback savepoint security select
	set show start table truncate unlisten update vacuum values with`)

func begins(kind tokenKind, text string) bool {
	if kind == symbol {
		return text == "("
	}
	return kind == word && slices.Contains(verbs, text)
}

// semicolon ends the statement, unless it is within a body.
func (s *script) semicolon() error {
	s.f.skip(1)
	if s.st.empty() {
		return nil
	}
	if !s.st.ends() {
		s.st.add(symbol, ";")
		return nil
	}
	begins := s.st.line
	data, err := s.statement()
	s.st.reset()
	if err == nil && data != nil {
		err = s.copyRows(data)
	}
	if err != nil || s.seek == nil {
		return err
	}
	return s.seek.passed(begins, s.f.lastLine())
}

// unfinished is the failure for a statement without its end.
func (s *script) unfinished() error {
	if s.st.empty() {
		return nil
	}
	return s.openSince("a statement", s.st.line)
}

// isBlank tells that there was nothing to read.
func (s *script) isBlank() bool {
	return s.statements == 0 && s.remarked == ""
}

// isDump tells whether anything that was read is of a dump.
func (s *script) isDump() bool {
	return s.heads+s.tails+s.clusterHeads+s.clusterTails > 0 || s.makes
}

// isStump tells a dump that was cut within its first lines.
func (s *script) isStump() bool {
	return s.statements == 0 && s.st.empty() && s.remarked != "" &&
		(strings.HasPrefix(dumpHead, s.remarked) || strings.HasPrefix(clusterHead, s.remarked))
}

// end judges whether the dump has its end. One that is not of pg_dump has none
// to be recognised by.
func (s *script) end() error {
	last := s.f.lastLine()
	switch {
	case s.clusterHeads > s.clusterTails:
		return s.fail(last, outcome.DumpTruncated, "pg_dumpall's last line is missing (%s)", clusterTail)
	case s.heads > s.tails:
		return s.fail(last, outcome.DumpTruncated, "pg_dump's last line is missing (%s)", dumpTail)
	case s.tails > s.heads, s.clusterTails > s.clusterHeads:
		return outcome.Fail(outcome.DumpTruncated, "the dump has an end but no beginning (%s)", dumpHead)
	case s.key != "":
		return s.fail(last, outcome.DumpTruncated, `a \restrict has no \unrestrict`)
	case !s.isDump():
		return s.fail(last, outcome.DumpTruncated, "the dump ends within its first lines")
	}
	return nil
}
