package inspect

import (
	"strings"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// Beyond is a statement that changes more than the database that is restored.
type Beyond struct {
	What   string // its first words: "ALTER SYSTEM"
	Reach  Reach
	Splice Splice // omits it; in an archive, whose statements cannot be omitted, of length 0
}

// Reach is what a statement changes.
type Reach uint8

// The reaches. What creates a role, drops one, or sets what it may do has none of these, but is
// one of Source.RoleStatements, unless it is about several roles.
const (
	OfServer      Reach = iota // databases as a whole, the settings of the server, what roles own elsewhere
	OfRoles                    // roles and their memberships
	OfTablespaces              // tablespaces
)

// noteBeyond notes a complete statement that changes more than its database.
func (s *script) noteBeyond() {
	what, reach := beyond(&sqltext.Phrase{Tokens: s.st.tokens})
	if what == "" || !s.k.reserve(what) {
		return
	}
	b := Beyond{What: strings.ToUpper(what), Reach: reach}
	if !s.fragment {
		b.Splice = s.wholeStatement()
	}
	s.k.c.Beyond = append(s.k.c.Beyond, b)
}

// beyond returns the first words of a statement that changes more than its database, or an
// empty string.
func beyond(p *sqltext.Phrase) (what string, reach Reach) {
	if changesServer(p) && !p.Begins("create subscription") {
		verb, kind := p.Take().Text, p.Take().Text
		switch {
		case kind == "tablespace":
			reach = OfTablespaces
		case kind != "system" && kind != "database" && verb != "drop": // what is dropped may be needed elsewhere
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
}{{"database", OfServer}, {"tablespace", OfTablespaces}, {"role", OfRoles}, {"parameter", OfRoles}}

// beyondBy is beyond for a comment, a label or privileges.
func beyondBy(words string, p *sqltext.Phrase) (what string, reach Reach) {
	if !p.Until("on") {
		if words == "grant" || words == "revoke" {
			return words, OfRoles // a membership
		}
		return "", 0
	}
	for _, shared := range sharedKinds {
		if p.Begins(shared.kind) {
			return words + " on " + shared.kind, shared.reach
		}
	}
	return "", 0
}
