package inspect

import (
	"slices"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// readRemoval reads a statement that removes rows or objects. Another program or a person
// may have intended it, so a dump of theirs does not promise what it may remove. pg_dump writes no such statement behind what it has created: in its dumps the
// promise remains, and the drill fails if something is missing afterwards.
func (s *script) readRemoval(verb string, p sqltext.Phrase) {
	if !s.isThirdParty() {
		return
	}
	s.k.c.Fills = true
	switch verb {
	case "drop":
		s.k.readDropped(p)
	case "delete", "truncate":
		s.k.forgetRows()
	case "with", "merge":
		if p.Contains("delete") {
			s.k.forgetRows()
		}
	}
}

// forgetRows makes the numbers of rows unknown. Any table may have lost rows: by a
// cascade, a trigger or a rule. A table that nothing filled stays empty.
func (k *catalog) forgetRows() {
	for i := range k.c.Tables {
		if t := &k.c.Tables[i]; t.Rows > 0 {
			t.Rows = -1
		}
	}
}

// readDropped takes back everything so far if a DROP names what exists: other objects may
// go with it. Many tools write a DROP before each CREATE, which changes nothing.
func (k *catalog) readDropped(p sqltext.Phrase) {
	if p.Begins("index") { // it does not name the table, by which an index is recorded
		k.dropsIndex = true
		return
	}
	for _, a := range alterable {
		if a.kinds != nil && p.Has(a.words) {
			p.Drop("if exists")
			if k.existsAny(&p, a.kinds) {
				k.forgetAll()
			}
			return
		}
	}
}

// existsAny reports whether one of the names of a DROP is that of a recorded object.
func (k *catalog) existsAny(p *sqltext.Phrase, kinds []Kind) bool {
	for {
		n := p.Name("")
		if !hasNoSchema(kinds) && n.Schema == "" {
			n = k.find(n, kinds)
		}
		if slices.ContainsFunc(kinds, func(kind Kind) bool { _, ok := k.objects[objectKey{kind: kind, of: n}]; return ok }) {
			return true
		}
		if n.Name == "" || !p.Has(",") {
			return false
		}
	}
}

// forgetAll takes back everything so far, and leaves open what else exists.
func (k *catalog) forgetAll() {
	k.c.Opaque = true
	k.c.Objects, k.c.Tables, k.c.Sequences = nil, nil, nil
	clear(k.objects)
	clear(k.tables)
}
