package inspect

import (
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Beyond is a statement that changes more than the database that is restored.
type Beyond struct {
	What     string // its first words: "ALTER SYSTEM"
	Reach    Reach
	Database string // the one that it is about, OfDatabase
	SQL      string // its text, OfDatabase; empty: it is too long
	Splice   Splice // omits it; in an archive, whose statements cannot be omitted, of length 0
}

// Reach is what a statement changes.
type Reach uint8

// The reaches. What creates a role, drops one, or sets what it may do has none of these, but is
// one of Source.RoleStatements, unless it is about several roles.
const (
	OfServer      Reach = iota // the settings of the server, several databases or roles, what roles own elsewhere
	OfDatabase                 // one database as a whole: its existence, owner, settings, privileges or comment
	OfRoles                    // roles and their memberships
	OfTablespaces              // tablespaces
)

// noteBeyond notes a complete statement that changes more than its database.
func (s *script) noteBeyond() {
	rest := &sqltext.Phrase{Tokens: s.st.tokens}
	what, reach := beyond(rest)
	if what == "" {
		return
	}
	b := Beyond{What: strings.ToUpper(what), Reach: reach}
	if !s.fragment {
		b.Splice = s.wholeStatement()
	}
	if reach == OfDatabase {
		rest.Drop("if exists")
		b.Database = rest.Name("").Name
		if rest.Begins(",") { // privileges
			b.Database, b.Reach = "", OfServer
		}
		b.SQL = string(s.f.Between(b.Splice.Offset, b.Splice.Offset+b.Splice.Length))
	}
	if !s.k.reserve(b.What, b.Database, b.SQL) {
		return
	}
	s.k.c.Beyond = append(s.k.c.Beyond, b)
}

// beyond returns the first words of a statement that changes more than its database, or an
// empty string. It reads until the name of a database, OfDatabase.
func beyond(p *sqltext.Phrase) (what string, reach Reach) {
	if changesServer(p) && !p.Begins("create subscription") {
		verb, kind := p.Take().Text, p.Take().Text
		switch {
		case kind == "tablespace":
			reach = OfTablespaces
		case kind == "database", verb == "alter" && p.Until("in database"):
			reach = OfDatabase
		case kind != "system" && verb != "drop": // what is dropped may be needed elsewhere
			reach = OfRoles
		}
		return verb + " " + kind, reach
	}
	for _, words := range []string{"drop owned", "reassign owned"} {
		if p.Begins(words) {
			return words, OfServer
		}
	}
	for _, words := range []string{"comment", "security label", "grant", "revoke"} {
		if p.Has(words) {
			return beyondBy(words, p)
		}
	}
	return "", 0
}

// sharedKinds are the kinds of objects outside of any database that have comments, labels and
// privileges.
var sharedKinds = []struct {
	kind  string
	reach Reach
}{{"database", OfDatabase}, {"tablespace", OfTablespaces}, {"role", OfRoles}, {"parameter", OfRoles}}

// beyondBy is beyond for a comment, a label or privileges.
func beyondBy(words string, p *sqltext.Phrase) (what string, reach Reach) {
	if !p.Until("on") {
		if words == "grant" || words == "revoke" {
			return words, OfRoles // a membership
		}
		return "", 0
	}
	for _, shared := range sharedKinds {
		if p.Has(shared.kind) {
			return words + " on " + shared.kind, shared.reach
		}
	}
	return "", 0
}
