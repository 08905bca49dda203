package inspect

import (
	"cmp"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Splice is a part of a plain dump that restore does not pass to psql. Restore omits
// the dump's own \restrict and \unrestrict, runs \connect and \encoding with its own
// arguments, and replaces any other part by SQL.
type Splice struct {
	Offset int64 // in the decoded dump
	Length int64 // in bytes; 0: SQL is inserted
	Line   int64 // of a command of psql

	Database string // of \connect; empty: another part
	Encoding string // of \encoding; empty: another part
	SQL      string
}

// IsCommand reports whether the splice is a command of psql that restore runs.
func (s Splice) IsCommand() bool { return s.Database != "" || s.Encoding != "" }

// addCommand adds the psql command that ends at the current position.
func (s *script) addCommand(c Splice, line int64) {
	c.Offset, c.Line = s.lexer.Start(), line
	c.Length = s.commandEnd - c.Offset
	s.addSplice(c)
}

// addSplice adds a splice. [catalog.contents] sorts them.
func (s *script) addSplice(c Splice) {
	if !s.fragment && s.k.reserve(c.Database, c.Encoding, c.SQL) {
		s.k.c.Splices = append(s.k.c.Splices, c)
	}
}

// replaceStatement replaces the statement that ends at the current position.
func (s *script) replaceStatement(sql string) {
	s.addSplice(Splice{Offset: s.st.begins, Length: s.lexer.End() - s.st.begins, SQL: sql})
}

// omit returns the splices in their order, with those that omit whole statements, and
// without any others in these statements.
func omit(splices, statements []Splice) []Splice {
	within := func(s Splice) bool {
		return slices.ContainsFunc(statements, func(o Splice) bool { return s.Offset >= o.Offset && s.Offset < o.Offset+o.Length })
	}
	all := append(slices.DeleteFunc(slices.Clone(splices), within), statements...)
	slices.SortStableFunc(all, func(a, b Splice) int { return cmp.Compare(a.Offset, b.Offset) }) // a later statement may add an earlier one
	return all
}

// insertIfExists inserts IF EXISTS after the first words of the statement.
func (s *script) insertIfExists(words int) {
	s.k.c.DropsWithoutIfExists = true
	s.addSplice(Splice{Offset: s.st.ends[words-1], SQL: " IF EXISTS"})
}

// section is the state of the part of a script that restores one database.
type section struct {
	filled      bool // something was created: pg_dump --clean writes all DROPs before that
	dropsPublic bool // the schema public is dropped
	hasPublic   bool // the schema public is created

	placeholders map[sqltext.Name]Splice // of the views that it replaces before it drops them
}

// dropsFirst reports whether the script may still be in the part in which pg_dump
// --clean drops objects.
func (s *script) dropsFirst() bool { return !s.section.filled && !s.fragment }

// noteBeginning records that the part in which pg_dump --clean drops objects ends. Such
// a part may replace a view by a placeholder, to break a circle of dependencies.
func (s *script) noteBeginning(p sqltext.Phrase) {
	if !p.Has("or replace view") {
		s.section.filled = true
	}
	if n := s.k.newName(&p); s.dropsFirst() && s.k.reserve(n.Schema, n.Name) {
		if s.section.placeholders == nil {
			s.section.placeholders = map[sqltext.Name]Splice{}
		}
		s.section.placeholders[n] = Splice{Offset: s.st.begins, Length: s.lexer.End() - s.st.begins}
	}
}

// dropPlaceholders removes the placeholders of views that a DROP VIEW names. A new
// database has neither the views nor the schemas in which they would be created. Only
// the DROP shows that a view is a placeholder: other tools may begin with a real one.
func (s *script) dropPlaceholders(p sqltext.Phrase) {
	if !p.Has("view") || !s.dropsFirst() {
		return
	}
	p.Drop("if exists")
	for _, n := range p.Names() {
		if n.Schema == "" {
			n.Schema = s.k.schemaForNew()
		}
		if placeholder, ok := s.section.placeholders[n]; ok {
			delete(s.section.placeholders, n)
			s.addSplice(placeholder)
		}
	}
}

// dropKinds holds the kinds of DROP that have several words.
var dropKinds = []string{
	"access method", "event trigger", "foreign data wrapper", "foreign table", "materialized view", "operator class",
	"operator family", "procedural language", "text search configuration", "text search dictionary",
	"text search parser", "text search template", "user mapping",
}

// readDrop reads a DROP. Without IF EXISTS, those of pg_dump --clean fail in a new
// database, and so restore adds it: they are before everything that the dump creates.
// A later DROP of an object that does not exist is an error of the dump.
func (s *script) readDrop(p *sqltext.Phrase) {
	words := 2
	for _, kind := range dropKinds {
		if p.Begins(kind) {
			words = 2 + strings.Count(kind, " ")
		}
	}
	if schemas := *p; schemas.Has("schema") {
		schemas.Drop("if exists")
		for _, n := range schemas.Names() {
			s.section.dropsPublic = s.section.dropsPublic || n.Name == "public"
		}
	}
	s.dropPlaceholders(*p)
	if s.dropsFirst() && !p.Contains("if exists") && len(s.st.tokens) > words {
		s.insertIfExists(words)
	}
}

// readDropPart reads an ALTER with which pg_dump --clean drops a part of an object.
func (s *script) readDropPart(p sqltext.Phrase) {
	if !s.dropsFirst() {
		return
	}
	domain, table := p.Begins("domain"), p.Begins("table") && !p.Begins("table if exists")
	foreign := p.Begins("foreign table") && !p.Begins("foreign table if exists")
	for _, action := range []string{"drop", "detach partition", "disable row level security"} {
		if rest := p; !rest.Until(action) {
			continue
		}
		switch {
		case table:
			s.insertIfExists(2)
		case foreign:
			s.insertIfExists(3)
		case domain: // cannot have IF EXISTS
			s.k.c.DropsWithoutIfExists = true
			s.replaceStatement("")
		}
		return
	}
}

// unlinkLargeObject reads the call with which pg_dump --clean drops a large object,
// which a new database does not have.
func (s *script) unlinkLargeObject(p *sqltext.Phrase) {
	if s.dropsFirst() && p.Has("(") && p.Take().Kind == sqltext.String && p.Has(")") && p.Done() {
		s.k.c.DropsWithoutIfExists = true
		s.replaceStatement("")
	}
}

// PublicSchema is how a dump creates the schema public.
type PublicSchema struct {
	Entry int64  // the number of its entry in an archive; 0: a statement of a plain dump
	Owner string // of the entry; empty: not stated, or stated by other statements
}

// createsPublic reads CREATE SCHEMA public. Every new database has this schema, with
// the privileges on which the dump's own grants are based. Restore therefore adds IF NOT
// EXISTS to the first such statement, and keeps the others about the schema.
func (s *script) createsPublic(p sqltext.Phrase) {
	if !p.Has("schema") || p.Name("").Name != "public" || s.fragment || s.section.dropsPublic || s.section.hasPublic {
		return
	}
	owner := ""
	if p.Has("authorization") {
		owner = p.Name("").Name
	}
	if !p.Done() { // it creates more than the schema
		return
	}
	s.section.hasPublic = true
	s.k.c.Public = &PublicSchema{}
	s.addSplice(Splice{Offset: s.st.ends[1], SQL: " IF NOT EXISTS"})
	if owner != "" {
		s.addSplice(Splice{Offset: s.lexer.End(), SQL: " ALTER SCHEMA public OWNER TO " + sqltext.Identifier(owner) + ";"})
	}
}

// View is a materialized view.
type View struct {
	Entry  int64 // the number of the entry in an archive that fills it; 0: a statement of a plain dump
	Schema string
	Name   string
	// Database is the one of a cluster in which it is; empty: the only one.
	Database string
}

// noteWayOut records that a query may need another server: a foreign table, or dblink.
func (k *catalog) noteWayOut(kind Kind, name string) {
	k.waysOut = k.waysOut || kind == KindServer || kind == KindExtension && name == "dblink"
}

// readRefresh reads the REFRESH that fills a materialized view. If it may need a server
// that a sandbox cannot reach, restore omits the statement and fills the view itself.
func (s *script) readRefresh(p *sqltext.Phrase, entry int64) {
	if !s.k.waysOut || !p.Has("materialized view") {
		return
	}
	n := s.k.existingName(p, []Kind{KindMaterializedView})
	if n.Schema == "" || !p.Done() || !s.k.reserve(n.Schema, n.Name) {
		return
	}
	s.k.c.Refreshes = append(s.k.c.Refreshes, View{entry, n.Schema, n.Name, s.k.c.DatabaseName})
	s.replaceStatement("")
}
