package inspect

import (
	"cmp"
	"regexp"
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
	s.k.noteStatement(verb.Text, s.st.tokens)
	s.noteForOutline(verb.Text)
	if !s.noteRole(verb.Text, *p) {
		s.noteBeyond()
	}
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
		s.createsTablespace(*p)
		s.k.readCreate(p)
	case "alter":
		s.makesObjects = true
		s.readDropPart(*p)
		s.k.readAlter(p)
	case "select":
		s.readSelect(p)
	case "reset", "discard":
		s.k.reset(p)
	case "drop":
		drop := *p
		s.k.dropTemporary(&drop)
		s.readRemoval(verb.Text, *p)
		s.readDrop(p)
	case "delete", "truncate", "with", "merge":
		s.readRemoval(verb.Text, *p)
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
	table := s.k.existingName(p, relationKinds)
	switch {
	case p.Until("from stdin"), p.Until("from stdout"): // the server reads both alike (gram.y, copy_file_name)
		p.Drop("with")
		rest := p.Peek()
		fresh := s.k.isFresh(table)
		if f := s.checkAnnouncedRows(table, true); f != nil {
			return nil, f
		}
		s.k.setColumns(table, copyColumns(s.st.tokens))
		return &copyTarget{table: table, counted: rest.Text == "", fresh: fresh, statement: Span{At: s.st.begins, Size: s.lexer.End() - s.st.begins}}, nil
	case p.Until("to stdout"):
		return nil, nil
	case s.isUnpackedFile(*p):
		return nil, s.fail(s.st.line, outcome.FormatUnsupported, "the file is the restore.sql of a dump in tar format: its rows are in other files (COPY … FROM '$$PATH$$/…')").
			WithHint("drill the tar archive that it was unpacked from, or a custom pg_dump")
	case p.Until("from"), p.Until("to"):
		return nil, s.fail(s.st.line, outcome.DumpHostile, "a COPY from or to a file or a program of the server")
	}
	return nil, s.fail(s.st.line, outcome.DumpCorrupt, "a COPY without a source or a target")
}

// unpackedFile matches the file of a table's rows that pg_dump's restore.sql names.
var unpackedFile = regexp.MustCompile(`^(.*)/[0-9]+\.dat$`)

// isUnpackedFile reports whether a COPY reads its rows from a file that pg_dump's tar
// format has beside its restore.sql. The user may have replaced the mark in its name.
func (s *script) isUnpackedFile(rest sqltext.Phrase) bool {
	if s.fragment || !rest.Until("from") {
		return false
	}
	source := rest.Peek()
	m := unpackedFile.FindStringSubmatch(source.Text)
	return m != nil && source.Kind == sqltext.String && (m[1] == "$$PATH$$" || s.unpacked)
}

// readInsert counts the rows of INSERT … VALUES.
func (s *script) readInsert(p *sqltext.Phrase) {
	if !p.Has("into") {
		return
	}
	table := s.k.existingName(p, relationKinds)
	if f := s.checkAnnouncedRows(table, false); f != nil {
		s.setBroken(f)
	}
	rows := s.st.rows
	if !s.st.values {
		rows = -1 // from a query
	}
	s.k.table(table).addData(rows, 0)
}

// readSet reads the settings that change how the remaining SQL is read, and those
// that name a role or a tablespace.
func (s *script) readSet(p *sqltext.Phrase) {
	local := p.Begins("local")
	p.Drop("session", "local")
	switch {
	case local && (p.Begins("standard_conforming_strings") || p.Begins("client_encoding") || p.Begins("names")):
		s.foreign("SET LOCAL") // whether it has an effect, and until when, depends on the transaction
	case p.Has("authorization"), p.Has("role"):
		s.k.setRole(p)
	case p.Has("standard_conforming_strings"):
		s.lexer.NonStandard = isFalse(setting(p))
	case p.Has("client_encoding"), p.Has("names"):
		v := p.Value()
		if !hasSafeBackslash(v) {
			s.foreign("client_encoding " + shownEncoding(v))
		}
		if v == "default" {
			return
		}
		s.k.c.namesEncoding = cmp.Or(s.k.c.namesEncoding, v)
		s.k.c.Database.Encoding = cmp.Or(s.k.c.Database.Encoding, v)
	case p.Has("default_tablespace"):
		if v := p.Value(); v != "default" {
			s.k.addTablespace(v)
		}
	case p.Has("search_path"), p.Has("schema"):
		s.k.setSearchPath(p, local)
	case p.Has("row_security"):
		s.k.c.RowSecurity = s.k.c.RowSecurity || isTrue(setting(p))
	}
}

// shownEncoding returns the name of an encoding for a message, and nothing of any other
// value.
func shownEncoding(v string) string {
	const longest = 20
	if len(v) > longest || strings.ContainsFunc(v, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) {
		return "(unknown)"
	}
	return v
}

// setting reads [= | TO] and a value. A number is a value too.
func setting(p *sqltext.Phrase) string {
	if !p.Has("=") {
		p.Has("to")
	}
	return p.Take().Text
}

// setRole reads the value of SET ROLE and SET SESSION AUTHORIZATION.
func (k *catalog) setRole(p *sqltext.Phrase) {
	if t := p.Peek(); t.Kind == sqltext.Word && isRoleKeyword(t.Text) {
		k.role = ""
		return
	}
	k.role = p.Value()
	k.addRole(k.role)
}

// isTrue reports whether the server reads a setting as on (parse_bool).
func isTrue(v string) bool {
	v = strings.ToLower(v)
	for _, word := range []string{"true", "yes", "on"} {
		if v != "" && v != "o" && strings.HasPrefix(word, v) {
			return true
		}
	}
	return v == "1"
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
		if f.Name == "lo_create" {
			s.k.announced.created++
		}
	case "lo_open":
		s.k.announced.opened++
	case "setval":
		s.k.addSequence(p)
	case "set_config":
		s.k.setConfig(p)
	}
}
