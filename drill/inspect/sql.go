package inspect

import (
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// readStatement reads a complete statement. It returns the target of a COPY that
// rows follow, and nil for any other statement.
func (s *script) readStatement() (*copyTarget, error) {
	s.statements++
	p := &sqltext.Phrase{Tokens: s.st.tokens}
	verb := p.Take()
	s.noteForeign(verb.Text)
	switch verb.Text {
	case "copy":
		s.makesObjects, s.section.filled = true, true
		return s.copyStatement(p)
	case "insert":
		s.makesObjects, s.section.filled = true, true
		s.readInsert(p)
	case "set":
		s.readSet(p)
	case "create":
		s.makesObjects = true
		s.noteBeginning(*p)
		s.createsPublic(*p)
		s.k.readCreate(p)
	case "alter":
		s.makesObjects = true
		s.readDropPart(*p)
		s.k.readAlter(p)
	case "select":
		s.readSelect(p)
	case "drop":
		s.readDrop(p)
	case "refresh":
		s.readRefresh(p, s.entry)
	case "grant", "revoke":
		s.k.readGrant(p, verb.Text)
	}
	return nil, nil
}

// copyStatement reads COPY. It allows only rows in the dump: a file or a program
// would be one of the server that restores the dump.
func (s *script) copyStatement(p *sqltext.Phrase) (*copyTarget, error) {
	table := p.Name(s.k.searchPath)
	switch {
	case p.Until("from stdin"):
		p.Drop("with")
		rest := p.Peek()
		s.k.setColumns(table, copyColumns(s.st.tokens))
		return &copyTarget{table: table, counted: rest.Text == ""}, nil
	case p.Until("to stdout"), p.Until("from stdout"):
		return nil, nil
	case p.Until("from"), p.Until("to"):
		return nil, s.fail(s.st.line, outcome.DumpHostile, "a COPY from or to a file or a program of the server")
	}
	return nil, s.fail(s.st.line, outcome.DumpCorrupt, "a COPY without a source or a target")
}

// readInsert counts the rows of INSERT … VALUES.
func (s *script) readInsert(p *sqltext.Phrase) {
	if !p.Has("into") {
		return
	}
	table := p.Name(s.k.searchPath)
	rows := s.st.rows
	if !s.st.values {
		rows = -1 // from a query
	}
	s.k.table(table).addData(rows, 0)
}

// readSet reads the settings that change how the remaining SQL is read, and those
// that name a role or a tablespace.
func (s *script) readSet(p *sqltext.Phrase) {
	p.Drop("session", "local")
	switch {
	case p.Has("authorization"), p.Has("role"):
		if t := p.Peek(); t.Kind != sqltext.Word || !isRoleKeyword(t.Text) {
			s.k.addRole(p.Value())
		}
	case p.Has("standard_conforming_strings"):
		if !p.Has("=") {
			p.Has("to")
		}
		s.lexer.NonStandard = isFalse(p.Take().Text) // a number is a value too
	case p.Has("client_encoding"), p.Has("names"):
		v := p.Value()
		if !hasSafeBackslash(v) {
			s.foreign("client_encoding " + v)
		}
		if s.k.c.Database.Encoding == "" && v != "default" {
			s.k.c.Database.Encoding = v
		}
	case p.Has("default_tablespace"):
		if v := p.Value(); v != "default" {
			s.k.addTablespace(v)
		}
	case p.Has("search_path"):
		s.k.searchPath = p.Value()
	}
}

// isFalse reports whether the server reads a setting as off (parse_bool): 0, or
// the beginning of false, no or off that no other value shares.
func isFalse(v string) bool {
	v = strings.ToLower(v)
	for _, word := range []string{"false", "no", "off"} {
		if v != "" && v != "o" && strings.HasPrefix(word, v) {
			return true
		}
	}
	return v == "0"
}

// readSelect reads the function calls of pg_dump: large objects, the state of
// sequences, and the search path in dumps since 2018.
func (s *script) readSelect(p *sqltext.Phrase) {
	switch f := p.Name(""); f.Name {
	case "lo_unlink":
		s.unlinkLargeObject(p)
	case "lo_create", "lo_from_bytea":
		s.makesObjects, s.section.filled = true, true
		s.k.c.LargeObjects++
	case "setval":
		s.k.addSequence(p)
	case "set_config":
		if p.Has("(") && p.Take().Text == "search_path" && p.Has(",") {
			s.k.searchPath = p.Take().Text
		}
	}
}
