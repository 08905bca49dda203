package inspect

import "github.com/drillgres/drillgres/drill/sqltext"

// createsTablespace reads CREATE TABLESPACE as pg_dumpall writes it. Its location is a
// directory of production's machine. Restore creates the tablespace in the server's own
// data directory instead, for which the location is empty, so that no path of the backup
// is used.
func (s *script) createsTablespace(p sqltext.Phrase) {
	if !p.Has("tablespace") {
		return
	}
	name, owner := p.Name("").Name, ""
	s.k.addTablespace(name)
	if p.Has("owner") {
		owner = p.Name("").Name
	}
	if !p.Has("location") || p.Take().Kind != sqltext.String || !p.Done() || name == "" || s.fragment {
		return
	}
	s.k.addName(s.k.createdTablespaces, name)
	sql := "CREATE TABLESPACE " + sqltext.Identifier(name)
	if owner != "" {
		sql += " OWNER " + sqltext.Identifier(owner)
	}
	s.replaceStatement(sql + " LOCATION '';")
}
