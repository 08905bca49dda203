package inspect

import (
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// What is remembered is bounded, whatever the file claims: names, with what
// each of them costs besides its bytes.
const (
	maxMemory = 256 << 20
	perName   = 64
)

// catalog gathers what a dump promises.
type catalog struct {
	c       Contents
	objects map[objectKey]int
	tables  map[qname]int

	roles, made, spaces map[string]bool
	partitioned         map[qname]bool
	partitionOf         map[qname]qname

	announced *announcement   // what a comment of pg_dump says is made next
	filled    map[string]bool // the comments that say whose rows follow

	searchPath string // the schema of names without one
	memory     int
	full       bool // maxMemory is reached
}

// qname is a name with its schema, which is empty for what is in none.
type qname struct{ schema, name string }

// String is the name for a message, on one line.
func (n qname) String() string {
	if n.schema == "" {
		return clean(n.name)
	}
	return clean(n.schema + "." + n.name)
}

type objectKey struct {
	kind  Kind
	of    qname
	table string
}

func newCatalog() *catalog {
	return &catalog{
		objects: map[objectKey]int{}, tables: map[qname]int{},
		roles: map[string]bool{}, made: map[string]bool{}, spaces: map[string]bool{},
		partitioned: map[qname]bool{}, partitionOf: map[qname]qname{}, filled: map[string]bool{},
	}
}

// holds makes room for names, and tells whether there was any.
func (k *catalog) holds(names ...string) bool {
	for _, n := range names {
		k.memory += perName + len(n)
	}
	k.full = k.full || k.memory > maxMemory
	return !k.full
}

// object remembers a promise. What is made twice is promised once (views with
// a placeholder, shell types), but functions of one name differ in arguments.
func (k *catalog) object(kind Kind, n qname, table string) {
	k.keep(kind, n, table)
	key := objectKey{kind, n, table}
	if _, ok := k.objects[key]; ok && kind != KindFunction {
		return
	}
	if !k.holds(string(kind), n.schema, n.name, table) {
		return
	}
	k.objects[key] = len(k.c.Objects)
	k.c.Objects = append(k.c.Objects, Object{Kind: kind, Schema: n.schema, Name: n.name, Table: table})
}

// own sets the owner of the object that was promised last under this name.
func (k *catalog) own(kinds []Kind, n qname, owner string) {
	for _, kind := range kinds {
		if i, ok := k.objects[objectKey{kind: kind, of: n}]; ok {
			k.c.Objects[i].Owner = owner
			return
		}
	}
}

// table finds or begins the record of a table's data.
func (k *catalog) table(n qname) *Table {
	i, ok := k.tables[n]
	if !ok {
		if !k.holds(n.schema, n.name) {
			return &Table{}
		}
		i = len(k.c.Tables)
		k.tables[n] = i
		k.c.Tables = append(k.c.Tables, Table{Schema: n.schema, Name: n.name, Columns: []string{}})
	}
	return &k.c.Tables[i]
}

// columns remembers those that a COPY fills.
func (k *catalog) columns(n qname, names []string) {
	if t := k.table(n); len(t.Columns) == 0 && k.holds(names...) {
		t.Columns = names
	}
}

// data adds a block of rows; rows < 0: not known.
func (t *Table) data(rows, size int64) {
	t.Data = true
	t.Bytes += size
	if rows < 0 || t.Rows < 0 {
		t.Rows = -1
		return
	}
	t.Rows += rows
}

// role notes a role that the dump needs. Predefined roles are always there.
func (k *catalog) role(name string) {
	if !strings.HasPrefix(name, "pg_") {
		k.note(k.roles, name)
	}
}

// tablespace notes a tablespace that the dump names.
func (k *catalog) tablespace(name string) {
	if !strings.HasPrefix(name, "pg_") {
		k.note(k.spaces, name)
	}
}

func (k *catalog) note(set map[string]bool, name string) {
	if name != "" && !set[name] && k.holds(name) {
		set[name] = true
	}
}

// partition notes that a table is part of another.
func (k *catalog) partition(part, of qname) {
	if k.holds(part.schema, part.name, of.schema, of.name) {
		k.partitionOf[part] = of
	}
}

// check tells when the dump names more than can be remembered.
func (k *catalog) check() error {
	if !k.full {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the names of what the dump holds need more than %d MiB", maxMemory>>20).
		WithHint("dump the database in parts: this version does not read one with so many objects")
}

// contents closes the books. Its lists are never nil.
func (k *catalog) contents() Contents {
	c := k.c
	c.Roles = sorted(k.roles)
	c.RolesMade = sorted(k.made)
	c.Tablespaces = sorted(k.spaces)
	c.Extensions = append([]Extension{}, c.Extensions...)
	c.Objects = append([]Object{}, c.Objects...)
	c.Sequences = append([]Sequence{}, c.Sequences...)
	c.Tables = []Table{}
	for _, t := range k.c.Tables {
		if t.Data || !k.rowless(qname{t.Schema, t.Name}) {
			c.Tables = append(c.Tables, t)
		}
	}
	c.inUTF8()
	return c
}

// maxNesting bounds the walk up from a partition; a hostile dump may make a ring.
const maxNesting = 100

// rowless tells tables without a data block that cannot have one: partitioned
// tables, and their partitions where the dump loads through the root.
func (k *catalog) rowless(n qname) bool {
	if k.partitioned[n] {
		return true
	}
	for range maxNesting {
		up, ok := k.partitionOf[n]
		if !ok {
			return false
		}
		if i, known := k.tables[up]; known && k.c.Tables[i].Data {
			return true
		}
		n = up
	}
	return false
}

func sorted(set map[string]bool) []string {
	names := slices.AppendSeq(make([]string, 0, len(set)), maps.Keys(set))
	slices.Sort(names)
	return names
}
