package inspect

import (
	"errors"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// script reads SQL by the rules of psql, which determine where a string, a statement
// and the rows of a COPY end, and what is a psql command.
type script struct {
	f  *feed
	k  *catalog
	st statement

	lexer *sqltext.Lexer // of f

	fragment       bool // the SQL is a part of an archive, not a file
	statements     int  // number of complete statements
	makesObjects   bool // a statement creates or fills an object
	heads, tails   int  // number of pg_dump's first and last comments
	clusterHeads   int
	tailStatements int // number of statements before the last comment of pg_dump
	clusterTails   int
	lastRemark     string // the last comment with text
	commandEnd     int64  // offset of the end of the last psql command
	section        section
	entry          int64  // the number of the entry in an archive to which a fragment belongs
	key            string // of the open \restrict; empty: none is open
	swallowed      *swallowedRestrict
	broken         *outcome.Failure // the first one that a comment of pg_dump reveals
	dialect        string           // the other database whose SQL it is; empty: none
	mixed          bool             // messages of a program are in front of the dump
	unpacked       bool             // a comment says that the rows are in other files

	outline outline // of the rows and the indexes

	seek *seek // the search for a statement; nil: none
}

func newScript(f *feed, k *catalog) *script {
	s := &script{f: f, k: k, lexer: sqltext.NewLexer(&f.Window, sqltext.Psql)}
	s.lexer.Comments = true
	return s
}

// run reads to the end of the feed.
func (s *script) run() error {
	for {
		t := s.lexer.Next()
		if t.Kind == sqltext.EOF {
			return s.failUnfinished()
		}
		if err := s.take(t); err != nil {
			return err
		}
		if s.broken != nil {
			return s.broken
		}
		if s.k.full {
			return s.k.checkMemory()
		}
	}
}

// take handles the next token.
func (s *script) take(t sqltext.Token) error {
	switch t.Kind {
	case sqltext.End:
		return s.semicolon()
	case sqltext.Comment:
		s.readComment(t.Text)
		return nil
	case sqltext.Backslash:
		return s.readCommand()
	case sqltext.Open:
		return s.failOpen(t)
	}
	if s.st.values {
		s.st.value(t)
		return nil
	}
	if err := s.token(t); err != nil {
		return err
	}
	if t.Depth == 0 && t.Is("values") {
		s.st.insertValues()
		s.lexer.SkipGroups = s.st.values
	}
	s.lexer.Textless = !s.st.wantsTokens()
	return nil
}

// restart discards the current statement.
func (s *script) restart() {
	s.st.reset()
	s.lexer.Restart()
}

// token adds a token to the statement. The first one must be able to begin a
// statement.
func (s *script) token(t sqltext.Token) error {
	if s.st.isEmpty() {
		s.st.line, s.st.begins = s.f.line(), s.lexer.Start()
		s.f.Hold(s.st.begins)
		if !beginsStatement(t) && len(s.f.window()) > 0 { // at the end of the file it may be an incomplete verb
			return s.notSQL(t)
		}
	}
	s.st.add(t)
	if n := len(s.st.tokens); n <= len(s.st.ends) {
		s.st.ends[n-1] = s.lexer.End()
	}
	return nil
}

// notSQL returns the failure for a token that begins no statement.
func (s *script) notSQL(t sqltext.Token) error {
	by := ""
	if !s.fragment {
		by = messageOf(append([]byte(t.Text), s.f.peek(longestMessage)...))
	}
	switch {
	case by != "" && !s.isThirdParty():
		return mixedIn(s.st.line, by, "")
	case s.isThirdParty() && startsSoon(s.f):
		s.mixed = true
		return mixedIn(s.st.line, by, ", in front of it")
	}
	s.noteForeignVerb(t.Text)
	return s.fail(s.st.line, outcome.DumpCorrupt, "neither SQL nor a row of a COPY")
}

// errForeign stops the reading of SQL of another database.
var errForeign = errors.New("SQL of another database")

// verbs holds the first words of statements (PostgreSQL, Part VI, SQL Commands).
var verbs = strings.Fields(`abort alter analyze begin call checkpoint close cluster comment commit copy
	create deallocate declare delete discard do drop end execute explain fetch grant import insert listen load
	lock merge move notify prepare reassign refresh reindex release repack reset revoke rollback savepoint security select
	set show start table truncate unlisten update vacuum values with`)

func beginsStatement(t sqltext.Token) bool {
	return t.Is("(") || t.Kind == sqltext.Word && slices.Contains(verbs, t.Text)
}

// semicolon ends the statement.
func (s *script) semicolon() error {
	if s.st.isEmpty() {
		return nil
	}
	begins := s.st.line
	data, err := s.readStatement()
	if s.noteDialect() {
		return errForeign
	}
	s.restart()
	if err == nil && data != nil {
		err = s.copyRows(data)
	}
	if err != nil || s.seek == nil {
		return err
	}
	return s.seek.visit(begins, s.f.lastLine())
}

// failUnfinished returns the failure for an incomplete statement, or nil if there is
// none.
func (s *script) failUnfinished() error {
	if s.st.isEmpty() {
		return nil
	}
	return s.truncatedIn("a statement", s.st.line)
}

// failOpen returns the failure for a string or comment that does not end.
func (s *script) failOpen(t sqltext.Token) error {
	line := s.st.line
	if began := s.lexer.OpenLine(); began > 0 {
		line = began
	}
	return s.truncatedIn(t.Text, line)
}

func (s *script) truncatedIn(what string, line int64) error {
	end := s.f.lastLine()
	f := s.fail(end, outcome.DumpTruncated, "the dump ends within %s", what)
	if line < end {
		f = s.fail(end, outcome.DumpTruncated, "the dump ends within %s that begins near line %d", what, line)
	}
	f.Object = s.certainSubject()
	return f
}

// certainSubject returns the object of the current statement if the statement looks like
// one that pg_dump writes. A row that is read as SQL can begin with any verb.
func (s *script) certainSubject() string {
	p := &sqltext.Phrase{Tokens: s.st.tokens}
	switch verb := p.Take(); verb.Text {
	case "insert":
		if !p.Begins("into") {
			return ""
		}
	case "copy":
		if p.Name(""); !p.Begins("(") && !p.Begins("from") {
			return ""
		}
	case "update", "delete", "truncate", "lock":
		return ""
	}
	return subjectOf(s.st.tokens)
}

// isBlank reports whether the file has neither statements nor comments.
func (s *script) isBlank() bool {
	return s.statements == 0 && s.lastRemark == ""
}

// isDump reports whether anything in the file belongs to a dump.
func (s *script) isDump() bool {
	return s.heads+s.tails+s.clusterHeads+s.clusterTails > 0 || s.makesObjects
}

// isStump reports whether the file is a dump that ends within its first lines.
func (s *script) isStump() bool {
	return s.statements == 0 && s.st.isEmpty() && s.lastRemark != "" &&
		(strings.HasPrefix(dumpHead, s.lastRemark) || strings.HasPrefix(clusterHead, s.lastRemark))
}

// end fails if the end of the dump is missing. It cannot detect a missing end of a
// dump that pg_dump did not create.
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
	if name, found := s.k.unconnected(); found && s.clusterHeads > 0 && s.k.c.DumpCount > 0 {
		return outcome.Fail(outcome.DumpTruncated, "the contents of the database %s are missing: nothing connects to it", clean(name))
	}
	return nil
}
