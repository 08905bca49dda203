package inspect

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// longestProperties bounds what is kept of a database's properties.
const longestProperties = 64 << 10

// learn takes from an entry what it promises.
func (a *archive) learn(e *entry) {
	switch {
	case e.state != offsetNone:
		a.expect(e)
	case e.desc == "DATABASE":
		a.learnDatabase(e)
	case strings.HasPrefix(e.desc, "BLOB"):
		a.own(e, len(a.k.c.Objects))
	case e.desc == "DATABASE PROPERTIES":
		a.k.c.Properties = string(e.definition[:min(len(e.definition), longestProperties)])
	case strings.HasPrefix(e.tag, "DATABASE ") && auxiliary(e.desc):
		// of the database as a whole: restored only by pg_restore --create
	default:
		a.k.searchPath = e.schema
		first := len(a.k.c.Objects)
		a.define(e)
		a.own(e, first)
		a.k.tablespace(e.space)
	}
}

func auxiliary(desc string) bool {
	return desc == "ACL" || desc == "COMMENT" || desc == "SECURITY LABEL"
}

// define reads the SQL of an entry. What is wrong with it the server will say,
// unless it reaches for files.
func (a *archive) define(e *entry) {
	if len(e.definition) == 0 {
		return
	}
	a.sql.f.reset(bytes.NewReader(e.definition))
	a.sql.restart()
	var f *outcome.Failure
	if err := a.sql.run(); errors.As(err, &f) && f.Code == outcome.DumpHostile {
		f.Object = plainly(sqltext.Name{Schema: e.schema, Name: e.tag})
		a.err = f
	}
}

// learnDatabase learns how production's database was made. Its roles and tablespace
// are not needed to restore into another one.
func (a *archive) learnDatabase(e *entry) {
	apart := newCatalog()
	a.sql.f.reset(bytes.NewReader(e.definition))
	s := newScript(a.sql.f, apart)
	s.fragment = true
	if err := s.run(); err != nil {
		a.corrupt("the definition of its database does not read")
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

// owned are the kinds for which pg_restore writes ALTER … OWNER TO.
var owned = strings.Split("AGGREGATE,BLOB,BLOB METADATA,BLOBS,COLLATION,CONVERSION,DOMAIN,EVENT TRIGGER,"+
	"FOREIGN DATA WRAPPER,FOREIGN TABLE,FUNCTION,LANGUAGE,MATERIALIZED VIEW,OPERATOR,OPERATOR CLASS,OPERATOR FAMILY,"+
	"PROCEDURAL LANGUAGE,PROCEDURE,PUBLICATION,SCHEMA,SEQUENCE,SERVER,SHELL TYPE,STATISTICS,SUBSCRIPTION,TABLE,"+
	"TEXT SEARCH CONFIGURATION,TEXT SEARCH DICTIONARY,TYPE,VIEW", ",")

// own sets the owner of what the entry makes: the objects from first on.
func (a *archive) own(e *entry, first int) {
	if !e.dropped || e.owner == "" || !slices.Contains(owned, e.desc) {
		return
	}
	a.k.role(e.owner)
	for i := range a.k.c.Objects[first:] {
		a.k.c.Objects[first+i].Owner = e.owner
	}
}

// expect learns from an entry whose data must follow.
func (a *archive) expect(e *entry) {
	if e.data == nil || !e.data.rows {
		return
	}
	if e.file != "" { // large objects are in files of other names
		a.files = append(a.files, e.file)
	}
	a.target(e.data, e.copyStmt)
}

// target finds the table that the rows go to, which is not the entry's own one
// with --load-via-partition-root. Without a COPY the data is INSERTs.
func (a *archive) target(b *block, copyStmt string) {
	defer func() {
		if a.format != archiveCustom {
			a.k.table(b.table).data(-1, 0)
		}
	}()
	if copyStmt == "" {
		return
	}
	b.copied = true
	tokens := a.tokens(copyStmt)
	p := &sqltext.Phrase{Tokens: tokens}
	if p.Has("copy") {
		b.table = p.Name(b.table.Schema)
		a.k.columns(b.table, copyColumns(tokens))
	}
}

// tokens lexes one statement without reading it.
func (a *archive) tokens(sql string) []sqltext.Token {
	a.sql.f.reset(strings.NewReader(strings.TrimRight(sql, "; \n")))
	a.sql.restart()
	_ = a.sql.run() // ends within the statement, whose semicolon is gone
	return a.sql.st.tokens
}
