package inspect

import (
	"github.com/drillgres/drillgres/drill/outcome"
)

// statement reads a whole statement. The target is that of a COPY whose rows follow.
func (s *script) statement() (*copyTarget, error) {
	s.statements++
	p := &phrase{tokens: s.st.tokens}
	switch verb := p.take(); verb.text {
	case "copy":
		s.makes = true
		return s.copyStatement(p)
	case "insert":
		s.makes = true
		s.insert(p)
	case "set":
		s.set(p)
	case "create":
		s.makes = true
		s.k.create(p)
	case "alter":
		s.makes = true
		s.k.alter(p)
	case "select":
		s.selects(p)
	case "drop":
		if len(s.k.c.Objects) == 0 && !p.until("if exists") {
			s.k.c.DropsWithoutIfExists = true
		}
	case "grant", "revoke":
		s.k.grant(p, verb.text)
	}
	return nil, nil
}

// copyStatement reads COPY. Only rows within the dump are allowed: a file or a
// program would be one of the server that restores it.
func (s *script) copyStatement(p *phrase) (*copyTarget, error) {
	table := p.name(s.k.searchPath)
	switch {
	case p.until("from stdin"):
		p.drop("with")
		rest := p.peek()
		s.k.columns(table, copyColumns(s.st.tokens))
		return &copyTarget{table: table, counted: rest.text == ""}, nil
	case p.until("to stdout"), p.until("from stdout"):
		return nil, nil
	case p.until("from"), p.until("to"):
		return nil, s.fail(s.st.line, outcome.DumpHostile, "a COPY with a file or a program of the server")
	}
	return nil, s.fail(s.st.line, outcome.DumpCorrupt, "a COPY that does not say from where")
}

// insert counts the rows of INSERT … VALUES.
func (s *script) insert(p *phrase) {
	if !p.has("into") {
		return
	}
	table := p.name(s.k.searchPath)
	rows := s.st.rows
	if !s.st.values {
		rows = -1 // from a query
	}
	s.k.table(table).data(rows, 0)
}

// set follows the settings that change how the rest is read, and those that
// name something.
func (s *script) set(p *phrase) {
	p.drop("session", "local")
	switch {
	case p.has("authorization"), p.has("role"):
		if t := p.peek(); t.kind != word || !keywordRole(t.text) {
			s.k.role(p.value())
		}
	case p.has("standard_conforming_strings"):
		v := p.value()
		s.standard = v != "off" && v != "false"
	case p.has("client_encoding"), p.has("names"):
		if v := p.value(); s.k.c.Database.Encoding == "" && v != "default" {
			s.k.c.Database.Encoding = v
		}
	case p.has("default_tablespace"):
		if v := p.value(); v != "default" {
			s.k.tablespace(v)
		}
	case p.has("search_path"):
		s.k.searchPath = p.value()
	}
}

// selects reads the functions that pg_dump calls: large objects, the state of
// sequences, and the search path of dumps since 2018.
func (s *script) selects(p *phrase) {
	switch f := p.name(""); f.name {
	case "lo_create", "lo_from_bytea":
		s.makes = true
		s.k.c.LargeObjects++
	case "setval":
		s.k.setval(p)
	case "set_config":
		if p.symbol("(") && p.take().text == "search_path" && p.symbol(",") {
			s.k.searchPath = p.take().text
		}
	}
}
