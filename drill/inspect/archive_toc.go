package inspect

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// entry is one line of the table of contents, as far as it is used.
type entry struct {
	id                     int64
	desc, tag, schema      string
	owner, space, copyStmt string
	dropped                bool // has a DROP, without which pg_restore sets no owner
	offset                 int64
	file                   string // of a directory or tar
	state                  byte
}

// The state of an entry's offset.
const (
	offsetUnset = 1 // the archive was written to a pipe
	offsetSet   = 2
	offsetNone  = 3 // there is no data
)

func (a *archive) entries() {
	n := a.int()
	a.check(n >= 0, "it has a negative number of entries")
	for i := int64(0); i < n && a.err == nil; i++ {
		a.entry()
		if a.err == nil && a.k.full {
			a.err = a.k.check()
		}
	}
}

// entry reads one entry in the order of the file, and learns from it.
func (a *archive) entry() {
	e := entry{id: a.int()}
	a.check(e.id > 0, "an entry has an impossible number")
	a.int()   // whether it has data: so does the state of its offset
	a.bytes() // table's oid
	a.bytes() // object's oid
	e.tag, e.desc = a.string(), a.string()
	if a.minor >= 11 {
		a.int() // section
	}
	a.bytes()
	definition := bytes.Clone(a.text)
	a.bytes()
	e.dropped = len(a.text) > 0
	e.copyStmt, e.schema, e.space = a.string(), a.string(), a.string()
	if a.minor >= 14 {
		a.bytes() // table access method
	}
	if a.minor >= 16 {
		a.int() // kind of relation
	}
	e.owner = a.string()
	a.bytes()            // with oids
	for a.dependency() { // numbers of other entries
	}
	a.offset(&e)
	if a.err == nil {
		if a.passed != nil {
			a.passed(&e)
		}
		a.learn(&e, definition)
	}
}

// dependency reads one number of a list that ends with a missing string.
func (a *archive) dependency() bool {
	return a.bytes() && a.err == nil
}

// offset reads where the entry's data lies. In a directory or tar it is the
// name of a file instead.
func (a *archive) offset(e *entry) {
	if a.format != archiveCustom {
		e.state = offsetNone
		if a.bytes() && len(a.text) > 0 {
			e.state = offsetUnset
			e.file = string(a.text)
		}
		return
	}
	e.state = a.byte()
	var high byte
	for i := range a.offSize {
		b := a.byte()
		if i < 8 {
			e.offset |= int64(b) << (8 * i)
			continue
		}
		high |= b
	}
	a.check(a.err != nil || e.state >= offsetUnset && e.state <= offsetNone && high == 0 && e.offset >= 0,
		"an entry has an impossible offset")
}

// longestProperties bounds what is kept of a database's properties.
const longestProperties = 64 << 10

// learn takes from an entry what it promises.
func (a *archive) learn(e *entry, definition []byte) {
	switch {
	case e.state != offsetNone:
		a.expect(e)
	case e.desc == "DATABASE":
		a.database(e, definition)
	case strings.HasPrefix(e.desc, "BLOB"):
		a.own(e, len(a.k.c.Objects))
	case e.desc == "DATABASE PROPERTIES":
		a.k.c.Properties = string(definition[:min(len(definition), longestProperties)])
	case strings.HasPrefix(e.tag, "DATABASE ") && auxiliary(e.desc):
		// of the database as a whole: restored only by pg_restore --create
	default:
		a.k.searchPath = e.schema
		first := len(a.k.c.Objects)
		a.define(e, definition)
		a.own(e, first)
		a.k.tablespace(e.space)
	}
}

func auxiliary(desc string) bool {
	return desc == "ACL" || desc == "COMMENT" || desc == "SECURITY LABEL"
}

// define reads the SQL of an entry. What is wrong with it the server will say,
// unless it reaches for files.
func (a *archive) define(e *entry, sql []byte) {
	if len(sql) == 0 {
		return
	}
	a.sql.f.reset(bytes.NewReader(sql))
	a.sql.st.reset()
	var f *outcome.Failure
	if err := a.sql.run(); errors.As(err, &f) && f.Code == outcome.DumpHostile {
		f.Object = qname{e.schema, e.tag}.String()
		a.err = f
	}
}

// database learns how production's database was made. Its roles and tablespace
// are not needed to restore into another one.
func (a *archive) database(e *entry, definition []byte) {
	apart := newCatalog()
	a.sql.f.reset(bytes.NewReader(definition))
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

// expect notes that a block of data must follow.
func (a *archive) expect(e *entry) {
	if a.blocks[e.id] != nil {
		a.corrupt("two entries have the number %d", e.id)
		return
	}
	b := &block{offset: -1, name: clean(e.desc)}
	if e.state == offsetSet {
		b.offset = e.offset
	}
	if e.desc == "TABLE DATA" {
		b.table = qname{e.schema, e.tag}
		b.name, b.object = b.table.String(), b.table.quoted()
		if e.file != "" { // large objects lie in files of other names
			a.files = append(a.files, e.file)
		}
		a.target(b, e.copyStmt)
	}
	if !a.k.holds(b.name, b.table.schema, b.table.name, e.file) {
		return
	}
	a.blocks[e.id] = b
	a.order = append(a.order, e.id)
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
	p := &phrase{tokens: a.tokens(copyStmt)}
	if p.has("copy") {
		b.table = p.name(b.table.schema)
		a.k.columns(b.table, copyColumns(p.tokens))
	}
}

// tokens lexes one statement without reading it.
func (a *archive) tokens(sql string) []token {
	a.sql.f.reset(strings.NewReader(strings.TrimRight(sql, "; \n")))
	a.sql.st.reset()
	_ = a.sql.run() // ends within the statement, whose semicolon is gone
	return a.sql.st.tokens
}
