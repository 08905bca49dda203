package inspect

import (
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Bounds on the memory for names, because the file is untrusted.
const (
	maxMemory = 256 << 20 // bytes
	perName   = 64        // bytes that a name needs in addition to its text
)

// catalog collects what one pass over a dump finds, in the order of the dump.
type catalog struct {
	c       gathered
	objects map[objectKey]int    // index into c.Objects
	tables  map[sqltext.Name]int // index into c.Tables

	roles, createdRoles, tablespaces, createdTablespaces map[string]bool

	createdBefore string // the database that an earlier part creates

	filledEarly []sqltext.Name // tables that an earlier part fills, and that no part had created then

	partitioned map[sqltext.Name]bool
	partitionOf map[sqltext.Name]sqltext.Name
	enums       map[sqltext.Name]bool

	announced announcements
	cluster   wholeCluster

	path      searchPath      // of unqualified names
	newPath   searchPath      // of a new session
	role      string          // the current role; empty: the superuser of the sandbox
	temporary map[string]bool // tables that only the session has
	refers    map[sqltext.Name]bool

	arriving *Arriving // for those who follow the scan; nil: nobody

	newest       *newestValues
	waysOut      bool // the dump has objects that need another server
	listensToDDL bool // an event trigger exists
	dropsIndex   bool // a third-party script drops an index, whose name may be that of any other
	memory       int  // bytes
	full         bool // maxMemory is reached
}

// gathered holds the parts of Contents for the one database of a dump.
type gathered struct {
	Source
	Needs
	Promise

	namesEncoding string // of the bytes of the dump: its first client_encoding
}

type objectKey struct {
	kind  Kind
	of    sqltext.Name
	table string
}

func newCatalog() *catalog {
	return &catalog{
		objects: map[objectKey]int{}, tables: map[sqltext.Name]int{},
		roles: map[string]bool{}, createdRoles: map[string]bool{}, tablespaces: map[string]bool{}, createdTablespaces: map[string]bool{},
		partitioned: map[sqltext.Name]bool{}, partitionOf: map[sqltext.Name]sqltext.Name{}, enums: map[sqltext.Name]bool{}, announced: newAnnouncements(),
		cluster: wholeCluster{roles: map[string][]Splice{}, attributes: map[string][]Splice{}, superusers: map[string]bool{}, granted: map[string]bool{}, connected: map[string]bool{}},
		path:    serverPath, newPath: serverPath, temporary: map[string]bool{}, refers: map[sqltext.Name]bool{},
	}
}

// beginPart begins another part of the backup, which a session of its own restores.
func (k *catalog) beginPart() {
	if k.c.Creates != "" {
		k.createdBefore = k.c.Creates
	}
	k.noteFilled()
	if k.c.isWholeCluster() && k.hasDatabases() {
		k.cluster.whole = true
		k.nextDatabase("")
	}
	k.c.Source = Source{}
	k.announced = newAnnouncements()
	k.path, k.newPath, k.role = serverPath, serverPath, ""
	clear(k.temporary)
	clear(k.cluster.roles)
	clear(k.cluster.attributes)
}

// reserve accounts for the memory of names. It reports whether they fit.
func (k *catalog) reserve(names ...string) bool {
	for _, n := range names {
		k.memory += perName + len(n)
	}
	k.full = k.full || k.memory > maxMemory
	return !k.full
}

// addObject adds an object. It adds an object that is created twice (a view with a
// placeholder, a shell type) once. Functions are always added, because those of
// the same name differ in their arguments.
func (k *catalog) addObject(kind Kind, n sqltext.Name, table string) {
	k.noteCreated(kind, n, table)
	if n.Schema == tempSchema {
		return
	}
	k.noteWayOut(kind, n.Name)
	key := objectKey{kind, n, table}
	if _, ok := k.objects[key]; ok && kind != KindFunction {
		return
	}
	if !k.reserve(string(kind), n.Schema, n.Name, table) {
		return
	}
	k.objects[key] = len(k.c.Objects)
	k.c.Objects = append(k.c.Objects, Object{Kind: kind, Schema: n.Schema, Name: n.Name, Table: table})
}

// setOwner sets the owner of the last added object with this name.
func (k *catalog) setOwner(kinds []Kind, n sqltext.Name, owner string) {
	for _, kind := range kinds {
		if i, ok := k.objects[objectKey{kind: kind, of: n}]; ok {
			k.c.Objects[i].Owner = owner
			return
		}
	}
}

// table returns the entry of a table, and adds it if necessary. The entry of a
// temporary table, or of any table if the memory is full, is not part of the catalog.
func (k *catalog) table(n sqltext.Name) *Table {
	if n.Schema == tempSchema {
		return &Table{}
	}
	i, ok := k.tables[n]
	if !ok {
		if !k.reserve(n.Schema, n.Name) {
			return &Table{}
		}
		i = len(k.c.Tables)
		k.tables[n] = i
		k.c.Tables = append(k.c.Tables, Table{Schema: n.Schema, Name: n.Name, Columns: []string{}})
	}
	return &k.c.Tables[i]
}

// setColumns sets the columns that a COPY fills.
func (k *catalog) setColumns(n sqltext.Name, names []string) {
	if t := k.table(n); len(t.Columns) == 0 && k.reserve(names...) {
		t.Columns = names
	}
}

// addData adds a block of data with its number of rows and its size in bytes. rows
// is negative if the number is unknown.
func (t *Table) addData(rows, size int64) {
	t.Data = true
	t.Bytes += size
	if rows < 0 || t.Rows < 0 {
		t.Rows = -1
		return
	}
	t.Rows += rows
}

// addRole adds a role that the dump requires, except predefined roles.
func (k *catalog) addRole(name string) {
	if !strings.HasPrefix(name, "pg_") {
		k.addName(k.roles, name)
	}
}

// addTablespace adds a tablespace that the dump names, except the predefined ones.
func (k *catalog) addTablespace(name string) {
	if !strings.HasPrefix(name, "pg_") {
		k.addName(k.tablespaces, name)
	}
}

func (k *catalog) addName(set map[string]bool, name string) {
	if name != "" && !set[name] && k.reserve(name) {
		set[name] = true
	}
}

// addPartition records that a table is a partition of another.
func (k *catalog) addPartition(part, of sqltext.Name) {
	if k.reserve(part.Schema, part.Name, of.Schema, of.Name) {
		k.partitionOf[part] = of
	}
}

// checkMemory returns a Failure if the names of the dump exceed the memory.
func (k *catalog) checkMemory() error {
	if !k.full {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the names in the dump need more than %d MiB", maxMemory>>20).
		WithHint("dump the database in parts: this version cannot read a dump with so many objects")
}

// contents returns the collected Contents. Its lists are never nil. It may be called again when
// more is collected, and so it converts only copies of the names.
func (k *catalog) contents() Contents {
	c := k.c
	c.Roles = sortedNames(k.roles)
	c.CreatedRoles = sortedNames(k.createdRoles)
	c.Tablespaces = sortedNames(k.tablespaces)
	c.CreatedTablespaces = sortedNames(k.createdTablespaces)
	c.Extensions = append([]Extension{}, c.Extensions...)
	c.Refreshes = slices.Clone(c.Refreshes)
	if c.Public != nil {
		public := *c.Public
		c.Public = &public
	}
	c.Bootstrap = k.bootstrap()
	c.CreatesDatabase = c.CreatesDatabase || k.createdBefore != "" && k.createdBefore == c.Database.Name
	if c.isWholeCluster() && !k.hasDatabases() {
		c.Format = Plain // roles of pg_dumpall and the dump of one database, in one file
	}
	c.Cluster = c.isWholeCluster() || k.cluster.whole
	c.Splices = omit(c.Splices, k.cluster.roles[c.Bootstrap])
	c.RoleStatements = k.roleStatements()
	promises, several := k.cluster.promises, c.Format == Cluster || k.cluster.whole
	if several {
		last := *k
		last.cluster.promises = slices.Clip(promises)
		last.endDatabase()
		if promises = last.cluster.promises; len(promises) == 0 { // it connects to no database
			promises = []Promise{k.promise()}
		}
		c.Promise = Promise{}
	} else {
		c.Promise = k.promise()
	}
	c.convertToUTF8()
	c.ProductionVersion = c.ServerVersion
	if !several {
		c.ObjectsByOwner = countOwners(c.Objects)
		c.DatabaseName = c.Database.Name
		promises = []Promise{c.Promise}
	}
	return Contents{Source: c.Source, Needs: c.Needs, Promises: promises}
}

// promise returns the promise of the current database. Its lists are never nil.
func (k *catalog) promise() Promise {
	p := k.c.Promise
	p.Objects = slices.DeleteFunc(append([]Object{}, p.Objects...), func(o Object) bool { return k.dropsIndex && o.Kind == KindIndex })
	p.Sequences = append([]Sequence{}, p.Sequences...)
	p.Tables = []Table{}
	for _, t := range k.c.Tables {
		if n := (sqltext.Name{Schema: t.Schema, Name: t.Name}); t.Data || !k.isRowless(n) {
			t.PartOf, t.Columns = k.rootOf(n), slices.Clone(t.Columns)
			p.Tables = append(p.Tables, t)
		}
	}
	k.judgeTables(&p)
	return p
}

func countOwners(objects []Object) map[string]int {
	counts := map[string]int{}
	for _, o := range objects {
		counts[o.Owner]++
	}
	return counts
}

// maxNesting bounds the walk up from a partition: a hostile dump may contain a cycle.
const maxNesting = 100

// isRowless reports whether a table cannot have a block of data: a partitioned
// table, or a partition in a dump that loads its rows through the root.
func (k *catalog) isRowless(n sqltext.Name) bool {
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

// rootOf returns the uppermost table of which a table is a partition, or the zero Name.
func (k *catalog) rootOf(n sqltext.Name) (root sqltext.Name) {
	for range maxNesting {
		up, ok := k.partitionOf[n]
		if !ok {
			return root
		}
		root, n = up, up
	}
	return sqltext.Name{}
}

func sortedNames(set map[string]bool) []string {
	names := slices.AppendSeq(make([]string, 0, len(set)), maps.Keys(set))
	slices.Sort(names)
	return names
}
