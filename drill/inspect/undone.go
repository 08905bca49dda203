package inspect

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// undone records which parts of the promise later statements of the dump take back: a
// job may append SQL that empties or drops tables. An object is taken back if the dump
// created it before the statement. A later one of the same name counts again.
type undone struct {
	objects map[objectKey]int    // number of objects at the DROP, by the dropped one
	tables  map[sqltext.Name]int // the same, by the dropped relation
	filled  map[sqltext.Name]int // number of tables at the DROP
	all     struct{ objects, tables int }

	scans   int                           // searches of all tables or objects
	ownedBy map[sqltext.Name]sqltext.Name // the table of a sequence
	spreads map[string]bool               // verbs whose effect may spread from one table to others
}

// maxScans bounds the searches of all tables or objects, because the file is untrusted.
// Behind so many statements nothing is certain.
const maxScans = 10_000

func newUndone() undone {
	return undone{
		objects: map[objectKey]int{}, tables: map[sqltext.Name]int{}, filled: map[sqltext.Name]int{},
		ownedBy: map[sqltext.Name]sqltext.Name{}, spreads: map[string]bool{},
	}
}

// noteSpreading notes a foreign key, trigger, rule or inheritance by which a DELETE or
// TRUNCATE may change other tables than the one that it names. A statement that only has
// such a word elsewhere makes later counts unknown, never wrong.
func (k *catalog) noteSpreading(p sqltext.Phrase) {
	for _, verb := range []string{"delete", "truncate"} {
		k.undone.spreads[verb] = k.undone.spreads[verb] || p.Contains(verb) || p.Contains("inherits") || p.Contains("inherit")
	}
}

// readRemoval reads DELETE and TRUNCATE, and a WITH or MERGE that deletes. How many
// rows the tables then have is unknown.
func (k *catalog) readRemoval(verb string, p sqltext.Phrase) {
	queries := verb == "with" || verb == "merge"
	if queries && !p.Contains("delete") {
		return
	}
	if k.undone.scans++; k.undone.scans > maxScans {
		return
	}
	switch {
	case queries:
		k.forgetAllRows()
		return
	case k.undone.spreads[verb], verb == "truncate" && p.Contains("cascade"):
		k.forgetAllRows()
		return
	}
	p.Drop("from", "table")
	for _, n := range p.Names() {
		k.forgetRows(k.find(n, tableKinds))
	}
}

// forgetRows makes the number of rows of a table and of its partitions unknown. Without
// a schema it may be any table of the name.
func (k *catalog) forgetRows(n sqltext.Name) {
	for i := range k.c.Tables {
		t := &k.c.Tables[i]
		of := sqltext.Name{Schema: t.Schema, Name: t.Name}
		if k.isWithin(of, func(up sqltext.Name) bool { return up == n || up.Name == n.Name && (up.Schema == "" || n.Schema == "") }) {
			t.forgetRows()
		}
	}
}

func (k *catalog) forgetAllRows() {
	for i := range k.c.Tables {
		k.c.Tables[i].forgetRows()
	}
}

// forgetRows makes the number of rows unknown. A table of which nothing was filled
// stays empty.
func (t *Table) forgetRows() {
	if t.Rows > 0 {
		t.Rows = -1
	}
}

// isWithin reports whether found accepts a table or one of which it is a partition.
func (k *catalog) isWithin(n sqltext.Name, found func(sqltext.Name) bool) bool {
	for range maxNesting {
		if found(n) {
			return true
		}
		up, ok := k.partitionOf[n]
		if !ok {
			return false
		}
		n = up
	}
	return false
}

// readDropped reads a DROP of what the dump has created. It must not follow from a name
// that the dump has not created: many tools write DROP … IF EXISTS before each CREATE.
func (k *catalog) readDropped(p sqltext.Phrase) {
	if p.Has("owned") {
		k.forgetAll()
		return
	}
	cascades := p.Contains("cascade")
	if p.Begins("trigger") || p.Begins("policy") {
		k.dropOnTable(&p)
		return
	}
	for _, a := range alterable {
		if a.kinds != nil && p.Has(a.words) {
			k.dropAll(&p, a.kinds, cascades)
			return
		}
	}
	switch {
	case p.Has("routine"):
		k.dropAll(&p, []Kind{KindFunction}, cascades)
	case p.Has("index"):
		k.dropAll(&p, []Kind{KindIndex}, cascades)
	case p.Has("extension"):
		k.dropAll(&p, []Kind{KindExtension}, cascades)
	case cascades: // an object that is not recorded, on which any other may depend
		k.forgetAll()
	}
}

// dropOnTable reads DROP TRIGGER and DROP POLICY: name ON table.
func (k *catalog) dropOnTable(p *sqltext.Phrase) {
	kind := KindPolicy
	if p.Take().Is("trigger") {
		kind = KindTrigger
	}
	p.Drop("if exists")
	n := p.Name("")
	if !p.Has("on") {
		return
	}
	table := k.existingName(p, relationKinds)
	k.drop(objectKey{kind, sqltext.Name{Schema: table.Schema, Name: n.Name}, table.Name})
}

// dropAll reads the names of a DROP. With CASCADE, any object may depend on a dropped
// one, and also the tables of a schema, an extension or a type.
func (k *catalog) dropAll(p *sqltext.Phrase, kinds []Kind, cascades bool) {
	p.Drop("concurrently", "if exists")
	for {
		n := k.droppedName(p, kinds)
		if n.Name == "" {
			return
		}
		if k.dropOne(n, kinds) && cascades {
			k.forgetAll()
			return
		}
		p.Group() // the arguments of a function
		if !p.Has(",") {
			return
		}
	}
}

func (k *catalog) droppedName(p *sqltext.Phrase, kinds []Kind) sqltext.Name {
	if hasNoSchema(kinds) || kinds[0] == KindExtension {
		return p.Name("")
	}
	return k.existingName(p, kinds)
}

// dropOne takes back the objects of a name, and reports whether there are any.
func (k *catalog) dropOne(n sqltext.Name, kinds []Kind) (found bool) {
	for _, key := range k.keysOf(n, kinds) {
		found = true
		k.drop(key)
		if slices.Contains(relationKinds, key.kind) {
			k.undone.tables[key.of] = len(k.c.Objects)
			k.undone.filled[key.of] = len(k.c.Tables)
			delete(k.tables, key.of)
			delete(k.refers, key.of)
			delete(k.refers, sqltext.Name{Name: key.of.Name})
		}
	}
	return found
}

// keysOf returns the keys of the objects of a name. An index is recorded with its table,
// which DROP does not name, and a name without a schema may be in any.
func (k *catalog) keysOf(n sqltext.Name, kinds []Kind) (keys []objectKey) {
	for _, kind := range kinds {
		if key := (objectKey{kind: kind, of: n}); k.has(key) {
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 || n.Schema != "" && kinds[0] != KindIndex || hasNoSchema(kinds) {
		return keys
	}
	if k.undone.scans++; k.undone.scans > maxScans {
		return nil
	}
	for key := range k.objects {
		if slices.Contains(kinds, key.kind) && key.of.Name == n.Name && (n.Schema == "" || key.of.Schema == "" || n.Schema == key.of.Schema) {
			keys = append(keys, key)
		}
	}
	return keys
}

func (k *catalog) has(key objectKey) bool {
	_, ok := k.objects[key]
	return ok
}

func (k *catalog) drop(key objectKey) {
	if k.reserve(key.of.Schema, key.of.Name) {
		k.undone.objects[key] = len(k.c.Objects)
		delete(k.objects, key)
	}
}

// forgetAll takes back everything so far, and leaves open what else exists.
func (k *catalog) forgetAll() {
	u := &k.undone.all
	u.objects, u.tables = len(k.c.Objects), len(k.c.Tables)
	clear(k.objects)
	clear(k.tables)
	k.c.Opaque = true
}

// addOwner records the table of a sequence: DROP TABLE drops both.
func (k *catalog) addOwner(sequence, table sqltext.Name) {
	if k.reserve(sequence.Schema, sequence.Name, table.Schema, table.Name) {
		k.undone.ownedBy[sequence] = table
	}
}

// ownedBy reads the column of ALTER SEQUENCE … OWNED BY schema.table.column.
func (k *catalog) ownedBy(p sqltext.Phrase, sequence sqltext.Name) {
	if !p.Until("owned by") {
		return
	}
	var parts []string
	for more := true; more && p.Peek().CanName(); more = p.Has(".") {
		parts = append(parts, p.Take().Text)
	}
	switch n := len(parts); {
	case n >= 3:
		k.addOwner(sequence, sqltext.Name{Schema: parts[n-3], Name: parts[n-2]})
	case n == 2:
		k.addOwner(sequence, k.find(sqltext.Name{Name: parts[0]}, tableKinds))
	}
}

// isGone reports whether a later statement has dropped the object with this index.
func (k *catalog) isGone(i int, o Object) bool {
	u := &k.undone
	n := sqltext.Name{Schema: o.Schema, Name: o.Name}
	if u.scans > maxScans || i < u.all.objects || i < u.objects[objectKey{o.Kind, n, o.Table}] {
		return true
	}
	dropped := func(n sqltext.Name) bool { return i < u.tables[n] }
	switch {
	case o.Table != "":
		return k.isWithin(sqltext.Name{Schema: o.Schema, Name: o.Table}, dropped)
	case o.Kind == KindSequence:
		of, owned := u.ownedBy[n]
		return owned && k.isWithin(of, dropped)
	}
	return slices.Contains(tableKinds, o.Kind) && k.isWithin(n, dropped)
}

// isEmptied reports whether a later statement has dropped the table with this index.
func (k *catalog) isEmptied(i int, n sqltext.Name) bool {
	u := &k.undone
	return u.scans > maxScans || i < u.all.tables || k.isWithin(n, func(n sqltext.Name) bool { return i < u.filled[n] })
}

// remaining returns the objects that no later statement has dropped.
func (k *catalog) remaining() []Object {
	list := make([]Object, 0, len(k.c.Objects))
	for i, o := range k.c.Objects {
		if !k.isGone(i, o) {
			list = append(list, o)
		}
	}
	return list
}
