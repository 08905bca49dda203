package inspect

import (
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Outline is where a plain dump has its rows, and what builds its indexes and constraints. A
// restore over several sessions needs it. Offsets are in the decoded dump.
type Outline struct {
	Rows   []Rows  // in order
	Builds []Build // in order
	// InOrder means that rows may depend on the rows before them: a CHECK constraint, a domain,
	// a generated column or a cast calls a function that can read them.
	InOrder bool
}

// Rows is a COPY … FROM stdin and its rows.
type Rows struct {
	Statement Span
	Table     sqltext.Name
	Data      Span // without the end marker
	End       int64
	// Fresh means that the table is an ordinary one that the dump creates, and that nothing
	// before fills it.
	Fresh bool
	// Made means that the dump does not create the table, such as that of an extension. It may have
	// foreign keys already, and triggers: its rows need those of other such tables before them.
	Made bool
	// Spreads means that the rows go into other tables: the partitions of this one.
	Spreads bool
	// Root is the uppermost table of which this one is a partition, or the zero Name.
	Root sqltext.Name
}

// BuildKind says what a Build may run beside.
type BuildKind uint8

// The kinds of builds.
const (
	BuildIndex      BuildKind = iota // CREATE INDEX: beside others of its table
	BuildConstraint                  // a key or an exclusion: alone on its table
	BuildForeignKey                  // once all others of both tables have ended
)

// Build is a statement after the rows that reads a table and builds something for it. It
// depends on nothing else after the rows, except that a foreign key depends on keys. An index
// that calls a function of another schema than pg_catalog is none: the function may read
// other tables, or come after the rows itself.
type Build struct {
	Statement  Span
	Kind       BuildKind
	Table      sqltext.Name
	Refers     sqltext.Name // the other table of a foreign key
	Root       sqltext.Name // the uppermost table of which Table is a partition, or the zero Name
	RefersRoot sqltext.Name // the same of Refers
	SQL        string
	Tablespace string // default_tablespace

	// Turn names the foreign keys that are added in the order of the dump, each after those before it are checked;
	// the zero Name: in any order. They are all of one table, or of a partitioned table and its partitions.
	Turn sqltext.Name

	// Later is the name of a foreign key that can be added without a check of the rows, and checked later;
	// otherwise empty. The server does not allow that for partitioned tables.
	Later string
}

// Unchecked returns the statement that adds a foreign key without a check of the rows.
func (b Build) Unchecked() string { return strings.TrimSuffix(b.SQL, ";") + " NOT VALID;" }

// Check returns the statement that checks the rows of a foreign key.
func (b Build) Check() string {
	return "ALTER TABLE ONLY " + b.Table.SQL() + " VALIDATE CONSTRAINT " + sqltext.Identifier(b.Later) + ";"
}

// maxBuilds is how many bytes of statements an Outline has at most.
const maxBuilds = 32 << 20

// outline collects an Outline while a plain dump is read.
type outline struct {
	Outline
	refused    string // why there is none; empty: there may be one
	size       int    // bytes of the statements
	tablespace string // default_tablespace

	casts bool // the dump has casts that call a function, and a cast is written without its schema

	fresh   map[sqltext.Name]int // the Fresh Rows of a table
	foreign bool                 // there is a foreign key
	changed bool                 // a statement after the rows may change a table
	since   bool                 // one after the first foreign key may
}

// ofServer holds the beginnings of statements after which the database alone cannot be created
// again: they change the server, or keep the database from being dropped.
var ofServer = []string{
	"create subscription", "create role", "create user", "create group", "create tablespace", "create database",
	"alter role", "alter user", "alter group", "alter database", "alter system", "drop role", "drop user", "drop group", "drop database", "drop tablespace",
}

func changesServer(p *sqltext.Phrase) bool {
	ofDatabase := p.Begins("create user mapping") || p.Begins("alter user mapping") || p.Begins("drop user mapping")
	return !ofDatabase && slices.ContainsFunc(ofServer, p.Begins)
}

func (o *outline) refuse(why string) {
	if o.refused == "" {
		o.refused = why
		o.Outline = Outline{}
	}
}

// noteRows adds the rows that end at the current position.
func (s *script) noteRows(t *copyTarget, data Span) {
	o := &s.outline
	switch {
	case o.refused != "" || s.fragment || s.seek != nil || !s.k.reserve(t.table.Schema, t.table.Name):
		return
	case !t.counted:
		o.refuse("a COPY has another format than that of pg_dump")
		return
	case len(o.Builds) > 0 || o.changed:
		o.refuse("rows come after statements that need all rows")
		return
	}
	if first, again := o.fresh[t.table]; again {
		o.Rows[first].Fresh = false // both may be loaded at the same time
	}
	if t.fresh {
		if o.fresh == nil {
			o.fresh = map[sqltext.Name]int{}
		}
		o.fresh[t.table] = len(o.Rows)
	}
	o.Rows = append(o.Rows, s.rowsOf(t, data, s.f.offset()))
	s.k.arriving.endRows(o.Rows[len(o.Rows)-1])
}

func (s *script) rowsOf(t *copyTarget, data Span, end int64) Rows {
	return Rows{
		Statement: t.statement, Table: t.table, Data: data, End: end, Fresh: t.fresh,
		Made: !s.k.creates(t.table, KindTable), Spreads: s.k.partitioned[t.table], Root: s.k.rootOf(t.table),
	}
}

// isFresh reports whether a table is an ordinary one that the dump creates, and that nothing
// has filled.
func (k *catalog) isFresh(table sqltext.Name) bool {
	return k.createsOrdinary(table) && table.Schema != tempSchema && !k.table(table).Data
}

// createsOrdinary reports whether the dump has created a table that is not partitioned.
func (k *catalog) createsOrdinary(table sqltext.Name) bool {
	_, created := k.objects[objectKey{kind: KindTable, of: table}]
	return created && !k.partitioned[table]
}

// noteForOutline notes a complete statement other than COPY.
func (s *script) noteForOutline(verb string) {
	o, p := &s.outline, &sqltext.Phrase{Tokens: s.st.tokens}
	switch {
	case o.refused != "" || s.fragment || verb == "copy":
		return
	case verb == "begin" && len(o.Rows) == 0:
		o.refuse("it begins a transaction")
	case changesServer(p):
		o.refuse("it changes more than its database")
	case len(s.st.tokens) == maxTokens:
		o.InOrder, o.changed, o.since = true, true, true // the rest of it is unknown
	case s.lexer.NonStandard:
		o.refuse("standard_conforming_strings is off")
	case p.Has("set"):
		o.noteSet(p)
	case len(o.Rows) == 0:
		o.casts = o.casts || p.Begins("create cast") && p.Contains("with function")
		o.InOrder = o.InOrder || o.casts || s.k.mayReadOthers(p)
	case verb == "select" && p.Contains("set_config"):
		o.refuse("it changes the settings of its session after the first rows")
	case !s.noteBuild(*p):
		o.noteChange(*p)
	}
}

// noteChange notes what a statement after the rows may do that a build behind it needs.
func (o *outline) noteChange(p sqltext.Phrase) {
	changes := mayChangeTable(p)
	o.changed = o.changed || changes
	o.since = o.since || o.foreign && (changes || makesKey(p))
}

// mayChangeTable reports whether a statement after the rows may change what a later index or
// constraint builds on. It knows those of pg_dump that do not.
func mayChangeTable(p sqltext.Phrase) bool {
	for _, harmless := range []string{
		"comment", "select", "begin", "commit", "insert", "alter index", "alter statistics", "alter view", "alter materialized view", "alter function",
		"create statistics", "create view", "create or replace view", "create materialized view", "create function", "create index", "create unique index",
	} {
		if p.Begins(harmless) {
			return false
		}
	}
	if !p.Has("alter table") {
		return true
	}
	p.Drop("only")
	p.Name("")
	if hasSeveral(p) {
		return true
	}
	for _, harmless := range []string{"add constraint", "cluster on", "replica identity", "owner to"} {
		if p.Begins(harmless) {
			return false
		}
	}
	column := p.Has("alter column")
	p.Take()
	return !column || !p.Begins("set statistics")
}

// makesKey reports whether a statement may create what foreign keys refer to. pg_dump writes those in front of all
// foreign keys, which do not wait for one behind the first of them unless it is a build.
func makesKey(p sqltext.Phrase) bool {
	return p.Begins("create unique index") || p.Begins("alter index") || p.Begins("alter table") && (p.Contains("primary key") || p.Contains("unique"))
}

func (o *outline) noteSet(p *sqltext.Phrase) {
	p.Drop("session", "local")
	switch {
	case p.Has("authorization"), p.Has("role"):
		o.refuse("it changes the role of its session")
	case p.Has("search_path"):
		o.refuse("an old pg_dump made it, which writes names without their schemas")
	case p.Has("default_tablespace"):
		o.tablespace = setting(p)
	case len(o.Rows) > 0 && !p.Begins("default_table_access_method"):
		o.refuse("it changes the settings of its session after the first rows")
	}
}

// mayReadOthers reports whether the statement creates a table or a domain with an expression
// that is computed for each row and calls a function of a schema other than pg_catalog.
func (k *catalog) mayReadOthers(p *sqltext.Phrase) bool {
	var depth int32 = 1 // of a CHECK; the modifier of a type looks like a call, but is outside
	if p.Has("create") {
		if p.Drop("unlogged", "foreign"); p.Begins("table") {
			depth = 2
		}
	} else {
		p.Drop("alter", "foreign")
	}
	if !p.Begins("table") && !p.Begins("domain") {
		return false
	}
	if key := *p; key.Until("partition by") && len(k.calls(key.Tokens)) > 0 {
		return true
	}
	return slices.ContainsFunc(k.calls(p.Tokens), func(t sqltext.Token) bool { return t.Depth >= depth })
}

// calls returns the names of what may call a function of a schema other than pg_catalog: a
// name before a parenthesis, an operator, or the type of a cast, unless it is an enum of
// the dump.
func (k *catalog) calls(tokens []sqltext.Token) (found []sqltext.Token) {
	for i := 1; i+1 < len(tokens); i++ {
		name := tokens[i+1]
		if !tokens[i].Is(".") || tokens[i-1].Text == "pg_catalog" {
			continue
		}
		called := i+2 < len(tokens) && tokens[i+2].Is("(") && name.CanName()
		operator := i > 2 && tokens[i-2].Is("(") && tokens[i-3].Is("operator")
		cast := i > 2 && tokens[i-2].Is(":") && tokens[i-3].Is(":") && !k.enums[sqltext.Name{Schema: tokens[i-1].Text, Name: name.Text}]
		if called || operator || cast {
			found = append(found, name)
		}
	}
	return found
}

// noteBuild adds the statement if it is a build, and reports whether it is one.
func (s *script) noteBuild(p sqltext.Phrase) bool {
	if len(s.k.calls(p.Tokens)) > 0 && !p.Contains("foreign key") { // which has the columns after the other table
		return false
	}
	if s.outline.casts && p.Contains(": :") {
		return false
	}
	var b Build
	index := p.Has("create index") || p.Has("create unique index")
	switch {
	case index:
		p.Drop("if not exists")
		if p.Name(""); !p.Has("on") {
			return false
		}
	case !p.Has("alter table"):
		return false
	default:
		p.Drop("only")
	}
	b.Table = s.k.existingName(&p, tableKinds)
	if !index && (hasSeveral(p) || !s.readConstraint(&p, &b)) {
		return false
	}
	if b.Kind != BuildForeignKey && !s.k.createsOrdinary(b.Table) || !s.k.creates(b.Table, KindTable) || !s.outline.mayOvertake(b.Kind) {
		return false
	}
	b.Statement = Span{At: s.st.begins, Size: s.lexer.End() - s.st.begins}
	return s.addBuild(b)
}

// hasSeveral reports whether an ALTER TABLE does more than one thing, which pg_dump never writes: a build is of one
// constraint, and locks only its tables.
func hasSeveral(p sqltext.Phrase) bool {
	return slices.ContainsFunc(p.Tokens, func(t sqltext.Token) bool { return t.Depth == 0 && t.Is(",") })
}

// mayOvertake reports whether a build may begin before the statements in front of it. Foreign
// keys begin once those before the first of them have run.
func (o *outline) mayOvertake(kind BuildKind) bool {
	if kind != BuildForeignKey {
		return !o.changed
	}
	if !o.foreign {
		o.foreign, o.since = true, false
	}
	return !o.since
}

// readConstraint reads what follows ALTER TABLE t, and reports whether it is a build.
func (s *script) readConstraint(p *sqltext.Phrase, b *Build) bool {
	if !p.Has("add constraint") {
		return false
	}
	written, name := p.Peek().Text, p.Name("").Name
	switch {
	case p.Has("primary key"), p.Has("unique"), p.Has("exclude"):
		b.Kind = BuildConstraint
		return true
	case p.Has("foreign key") && p.Until("references"):
		b.Kind = BuildForeignKey
		b.Refers = s.k.existingName(p, tableKinds)
		cut := name != written // the server may not cut it: in another encoding it is shorter
		if !cut && s.k.createsOrdinary(b.Table) && s.k.createsOrdinary(b.Refers) && !p.Contains("not valid") && !p.Contains("not enforced") {
			b.Later = name
		}
		return s.k.creates(b.Refers, KindTable)
	}
	return false
}

func (s *script) addBuild(b Build) bool {
	o := &s.outline
	b.Tablespace = o.tablespace
	b.SQL = string(s.f.Between(b.Statement.At, b.Statement.At+b.Statement.Size))
	if b.SQL == "" { // it is longer than the buffer
		return false
	}
	if o.size += len(b.SQL); o.size > maxBuilds {
		o.refuse("its indexes and constraints are too many")
		return false
	}
	o.Builds = append(o.Builds, b)
	return true
}

// finishOutline sets the outline of the dump, or why it has none.
func (s *script) finishOutline() {
	o, c := &s.outline, &s.k.c.Source
	switch {
	case c.Format != Plain || s.heads != 1:
		o.refuse("it is not one dump of pg_dump")
	case c.Reencoded:
		o.refuse("its line ends were changed")
	case slices.ContainsFunc(c.Splices, Splice.IsCommand):
		o.refuse(`it connects to another database (\connect)`)
	case len(o.Rows) == 0:
		o.refuse("it has no COPY")
	}
	if c.NoOutline = o.refused; o.refused != "" {
		return
	}
	spreads := slices.ContainsFunc(o.Rows, func(r Rows) bool { return r.Spreads })
	for i, r := range o.Rows {
		_, part := s.k.partitionOf[r.Table]
		o.Rows[i].Fresh = r.Fresh && (!spreads || !part)
	}
	o.takeTurns(s.k)
	c.Outline = &o.Outline
}
