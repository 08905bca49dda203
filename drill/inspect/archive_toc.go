package inspect

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// maxProperties bounds the stored SQL of a database's properties, in bytes.
const maxProperties = 64 << 10

// addEntry adds what an entry promises to the catalog.
func (a *archive) addEntry(e *entry) {
	switch {
	case e.state != offsetNone:
		a.expectData(e)
	case e.desc == "DATABASE":
		a.addDatabase(e)
	case strings.HasPrefix(e.desc, "BLOB"):
		a.setOwners(e, len(a.k.c.Objects))
	case e.desc == "DATABASE PROPERTIES":
		a.k.c.Properties = string(e.definition[:min(len(e.definition), maxProperties)])
		beyond := a.k.c.Beyond
		a.readDefinition(e) // names roles
		a.k.c.Beyond = beyond
	case strings.HasPrefix(e.tag, "DATABASE ") && isAuxiliary(e.desc):
		a.addOfDatabase(e)
	default:
		a.k.path = newSearchPath([]string{e.schema})
		first := len(a.k.c.Objects)
		a.readDefinition(e)
		a.setOwners(e, first)
		a.k.addTablespace(e.space)
		if e.desc == "SCHEMA" && e.tag == "public" && len(a.k.c.Objects) > first && a.k.c.Public == nil {
			a.k.c.Public = &PublicSchema{Entry: e.id, Owner: a.k.c.Objects[first].Owner}
		}
	}
}

// addOfDatabase notes an entry about the database itself, which only pg_restore --create restores. What
// is cut may mean something else, and is left out.
func (a *archive) addOfDatabase(e *entry) {
	switch {
	case len(e.definition) > maxProperties:
	case e.desc == "COMMENT":
		a.k.c.Comment = string(e.definition)
	case e.desc == "ACL":
		a.k.c.Privileges += string(e.definition)
		if named, ok := a.readApart(e); ok {
			a.k.c.Grantees = sortedNames(named.roles)
		}
	}
}

// readApart reads the SQL of an entry that is not required, and reports whether it can be parsed.
func (a *archive) readApart(e *entry) (*catalog, bool) {
	apart := newCatalog()
	a.sql.f.reset(bytes.NewReader(e.definition))
	s := newScript(a.sql.f, apart)
	s.fragment = true
	return apart, s.run() == nil
}

func isAuxiliary(desc string) bool {
	return desc == "ACL" || desc == "COMMENT" || desc == "SECURITY LABEL"
}

// readDefinition reads the SQL of an entry. It fails only for SQL that accesses
// files or programs: the server reports every other error during the restore.
func (a *archive) readDefinition(e *entry) {
	if len(e.definition) == 0 {
		return
	}
	a.sql.f.reset(bytes.NewReader(e.definition))
	a.sql.restart()
	a.sql.entry = e.id
	var f *outcome.Failure
	if err := a.sql.run(); errors.As(err, &f) && f.Code == outcome.DumpHostile {
		f.Object = plainName(sqltext.Name{Schema: e.schema, Name: e.tag})
		a.err = f
	}
}

// addDatabase reads how production's database was created. Its roles and its
// tablespace are not required, because the restore goes into another database.
func (a *archive) addDatabase(e *entry) {
	apart, ok := a.readApart(e)
	if !ok {
		a.failCorrupt("the definition of its database cannot be parsed")
		return
	}
	d := apart.c.Database
	if d.Name == "" {
		d.Name = a.k.c.Database.Name
	}
	if d.Encoding == "" {
		d.Encoding = a.k.c.Database.Encoding
	}
	d.Owner = e.owner
	a.k.c.Database = d
}

// ownedKinds holds the kinds for which pg_restore writes ALTER … OWNER TO.
var ownedKinds = strings.Split("AGGREGATE,BLOB,BLOB METADATA,BLOBS,COLLATION,CONVERSION,DOMAIN,EVENT TRIGGER,"+
	"FOREIGN DATA WRAPPER,FOREIGN TABLE,FUNCTION,LANGUAGE,MATERIALIZED VIEW,OPERATOR,OPERATOR CLASS,OPERATOR FAMILY,"+
	"PROCEDURAL LANGUAGE,PROCEDURE,PUBLICATION,SCHEMA,SEQUENCE,SERVER,SHELL TYPE,STATISTICS,SUBSCRIPTION,TABLE,"+
	"TEXT SEARCH CONFIGURATION,TEXT SEARCH DICTIONARY,TYPE,VIEW", ",")

// setOwners sets the owner of the objects that the entry created: those from index
// first on.
func (a *archive) setOwners(e *entry, first int) {
	if !e.dropped || e.owner == "" || !slices.Contains(ownedKinds, e.desc) {
		return
	}
	a.k.addRole(e.owner)
	for i := range a.k.c.Objects[first:] {
		a.k.c.Objects[first+i].Owner = e.owner
	}
}

// expectData adds an entry that has data: the file or the block must follow.
func (a *archive) expectData(e *entry) {
	if e.data != nil && e.file != "" && !e.data.rows {
		a.files = append(a.files, e.file) // the list of large objects
	}
	if e.data == nil || !e.data.rows {
		return
	}
	if e.file != "" {
		a.files = append(a.files, e.file)
		e.data.file = dumpfile.Bare(e.file)
		a.byFile[e.data.file] = e.data
	}
	a.findTarget(e.data, e.copyStmt)
}

// findTarget finds the table that receives the rows. With
// --load-via-partition-root it is not the table of the entry. Data without a COPY
// statement consists of INSERTs.
func (a *archive) findTarget(b *block, copyStmt string) {
	if copyStmt == "" {
		return
	}
	b.copied, b.copyStmt = true, copyStmt
	tokens := a.tokens(copyStmt)
	p := &sqltext.Phrase{Tokens: tokens}
	if p.Has("copy") {
		b.table = p.Name(b.table.Schema)
		a.k.setColumns(b.table, copyColumns(tokens))
	}
}

// tokens returns the tokens of one statement.
func (a *archive) tokens(sql string) []sqltext.Token {
	a.sql.f.reset(strings.NewReader(strings.TrimRight(sql, "; \n")))
	a.sql.restart()
	_ = a.sql.run() // always fails: the statement has no semicolon
	return a.sql.st.tokens
}
