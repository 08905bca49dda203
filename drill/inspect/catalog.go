package inspect

import (
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// The memory for names is bounded, whatever the file claims.
const (
	maxMemory = 256 << 20 // bytes
	perName   = 64        // bytes that a name takes beside its text
)

// catalog gathers what one pass over a dump finds out, in the order of the dump.
type catalog struct {
	c       gathered
	objects map[objectKey]int    // index into c.Objects
	tables  map[sqltext.Name]int // index into c.Tables

	roles, createdRoles, tablespaces map[string]bool

	partitioned map[sqltext.Name]bool
	partitionOf map[sqltext.Name]sqltext.Name

	announced *announcement   // the statement that a comment of pg_dump has announced
	filled    map[string]bool // the comments that announced a table's rows

	searchPath string // the schema of names without one
	memory     int    // bytes
	full       bool   // maxMemory is reached
}

// gathered is Contents in the making. A catalog reads one dump of one database.
type gathered struct {
	Source
	Needs
	Promise
}

type objectKey struct {
	kind  Kind
	of    sqltext.Name
	table string
}

func newCatalog() *catalog {
	return &catalog{
		objects: map[objectKey]int{}, tables: map[sqltext.Name]int{},
		roles: map[string]bool{}, createdRoles: map[string]bool{}, tablespaces: map[string]bool{},
		partitioned: map[sqltext.Name]bool{}, partitionOf: map[sqltext.Name]sqltext.Name{}, filled: map[string]bool{},
	}
}

// holds makes room for names, and reports whether there was any.
func (k *catalog) holds(names ...string) bool {
	for _, n := range names {
		k.memory += perName + len(n)
	}
	k.full = k.full || k.memory > maxMemory
	return !k.full
}

// object adds an object. One that is created twice (a view with a placeholder, a
// shell type) is added once, but functions of one name differ in arguments.
func (k *catalog) object(kind Kind, n sqltext.Name, table string) {
	k.clearAnnounced(kind, n, table)
	key := objectKey{kind, n, table}
	if _, ok := k.objects[key]; ok && kind != KindFunction {
		return
	}
	if !k.holds(string(kind), n.Schema, n.Name, table) {
		return
	}
	k.objects[key] = len(k.c.Objects)
	k.c.Objects = append(k.c.Objects, Object{Kind: kind, Schema: n.Schema, Name: n.Name, Table: table})
}

// setOwner sets the owner of the object that was added last under this name.
func (k *catalog) setOwner(kinds []Kind, n sqltext.Name, owner string) {
	for _, kind := range kinds {
		if i, ok := k.objects[objectKey{kind: kind, of: n}]; ok {
			k.c.Objects[i].Owner = owner
			return
		}
	}
}

// table returns the entry of a table, a new one where there is none. Where the
// memory is full the entry is not part of the catalog.
func (k *catalog) table(n sqltext.Name) *Table {
	i, ok := k.tables[n]
	if !ok {
		if !k.holds(n.Schema, n.Name) {
			return &Table{}
		}
		i = len(k.c.Tables)
		k.tables[n] = i
		k.c.Tables = append(k.c.Tables, Table{Schema: n.Schema, Name: n.Name, Columns: []string{}})
	}
	return &k.c.Tables[i]
}

// columns adds the columns that a COPY fills.
func (k *catalog) columns(n sqltext.Name, names []string) {
	if t := k.table(n); len(t.Columns) == 0 && k.holds(names...) {
		t.Columns = names
	}
}

// data adds a block of data with its rows and its size in bytes; rows is
// negative where their number is not known.
func (t *Table) data(rows, size int64) {
	t.Data = true
	t.Bytes += size
	if rows < 0 || t.Rows < 0 {
		t.Rows = -1
		return
	}
	t.Rows += rows
}

// role adds a role that the dump needs. Predefined roles always exist.
func (k *catalog) role(name string) {
	if !strings.HasPrefix(name, "pg_") {
		k.addName(k.roles, name)
	}
}

// tablespace adds a tablespace that the dump names. Postgres' own always exist.
func (k *catalog) tablespace(name string) {
	if !strings.HasPrefix(name, "pg_") {
		k.addName(k.tablespaces, name)
	}
}

func (k *catalog) addName(set map[string]bool, name string) {
	if name != "" && !set[name] && k.holds(name) {
		set[name] = true
	}
}

// partition adds a table as a partition of another.
func (k *catalog) partition(part, of sqltext.Name) {
	if k.holds(part.Schema, part.Name, of.Schema, of.Name) {
		k.partitionOf[part] = of
	}
}

// check returns a Failure if the dump has more names than the memory holds.
func (k *catalog) check() error {
	if !k.full {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the names of what the dump holds need more than %d MiB", maxMemory>>20).
		WithHint("dump the database in parts: this version does not read one with so many objects")
}

// contents returns what was gathered. Lists are never nil.
func (k *catalog) contents() Contents {
	c := k.c
	c.Roles = sorted(k.roles)
	c.CreatedRoles = sorted(k.createdRoles)
	c.Tablespaces = sorted(k.tablespaces)
	c.Extensions = append([]Extension{}, c.Extensions...)
	c.Objects = append([]Object{}, c.Objects...)
	c.Sequences = append([]Sequence{}, c.Sequences...)
	c.Tables = []Table{}
	for _, t := range k.c.Tables {
		if t.Data || !k.rowless(sqltext.Name{Schema: t.Schema, Name: t.Name}) {
			c.Tables = append(c.Tables, t)
		}
	}
	c.convertToUTF8()
	c.ProductionVersion = c.ServerVersion
	c.ObjectsByOwner = countOwners(c.Objects)
	c.DatabaseName = c.Database.Name
	return Contents{Source: c.Source, Needs: c.Needs, Promises: []Promise{c.Promise}}
}

func countOwners(objects []Object) map[string]int {
	counts := map[string]int{}
	for _, o := range objects {
		counts[o.Owner]++
	}
	return counts
}

// maxNesting bounds the walk up from a partition: a hostile dump may describe a ring.
const maxNesting = 100

// rowless reports whether a table cannot have a block of data: a partitioned
// table, or a partition in a dump that loads its rows through the root.
func (k *catalog) rowless(n sqltext.Name) bool {
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
