package inspect

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// wholeCluster holds what only SQL of a cluster has: several databases, and roles with
// their memberships.
type wholeCluster struct {
	promises []Promise // of the databases before the current one
	whole    bool      // an earlier part is a cluster with its databases

	roles      map[string][]Splice // the statements that create or drop a role
	attributes map[string][]Splice // those that set what a role may do, or its settings
	superusers map[string]bool
	grantors   []string // of memberships, in order
	granted    map[string]bool
	connected  map[string]bool // databases to which the script connects
}

// beginDatabase begins the part of a cluster's dump about another database. pg_dump
// --create connects twice to the same one.
func (k *catalog) beginDatabase(name string) {
	if k.reserve(name) {
		k.cluster.connected[name] = true
	}
	if k.c.Format != Cluster || k.c.DatabaseName == name || !k.reserve(name) {
		return
	}
	k.nextDatabase(name)
}

// hasDatabases reports whether the SQL of a cluster connects to databases.
func (k *catalog) hasDatabases() bool { return k.c.DatabaseName != "" || len(k.cluster.promises) > 0 }

// nextDatabase ends the current database and begins the next one.
func (k *catalog) nextDatabase(name string) {
	k.endDatabase()
	k.c.Promise = Promise{DatabaseName: name}
	clear(k.objects)
	clear(k.tables)
	clear(k.partitioned)
	clear(k.partitionOf)
	clear(k.enums)
	clear(k.refers)
	if k.newest != nil {
		clear(k.newest.columns)
	}
	k.c.namesEncoding, k.newPath = "", serverPath
	k.waysOut, k.listensToDDL = false, false
}

// unconnected returns a database that the SQL of a cluster creates and never fills. Without
// its \connect, what was in it lands in the database before it.
func (k *catalog) unconnected() (name string, found bool) {
	for _, d := range k.c.Databases {
		if !k.cluster.connected[d.Name] {
			return d.Name, true
		}
	}
	return "", false
}

// endDatabase ends the part about the current database.
func (k *catalog) endDatabase() {
	if k.c.DatabaseName == "" {
		return
	}
	g := gathered{Promise: k.promise(), namesEncoding: k.c.namesEncoding}
	g.convertToUTF8()
	k.cluster.promises = append(k.cluster.promises, g.Promise)
}

// noteRole notes a statement that creates or drops a role, or sets what one may do. It returns
// false for any other.
func (s *script) noteRole(verb string, p sqltext.Phrase) bool {
	if verb != "create" && verb != "alter" && verb != "drop" || s.fragment || !p.Has("role") && !p.Has("user") && !p.Has("group") || p.Begins("mapping") {
		return false
	}
	p.Drop("if exists")
	name := p.Name("").Name
	c := &s.k.cluster
	switch {
	case name == "" || verb == "alter" && p.Contains("in database") || !s.k.reserve(name):
		return false
	case verb == "alter":
		c.superusers[name] = c.superusers[name] || p.Has("with superuser")
		c.attributes[name] = append(c.attributes[name], s.wholeStatement())
	case p.Done():
		c.roles[name] = append(c.roles[name], s.wholeStatement())
	default:
		return false
	}
	return true
}

// wholeStatement returns the splice that omits the statement that ends at the current position.
func (s *script) wholeStatement() Splice {
	return Splice{Offset: s.st.begins, Length: s.lexer.End() - s.st.begins}
}

// roleStatements returns the statements that create roles and set what they may do, by role.
func (k *catalog) roleStatements() map[string][]Splice {
	all := maps.Clone(k.cluster.roles)
	for name, statements := range k.cluster.attributes {
		all[name] = slices.Concat(all[name], statements)
	}
	return all
}

// Without returns the Source without the statements that create these roles, or that set their
// password and what they may do, and without those that change more than the database and have
// one of these reaches.
func (s Source) Without(names []string, reaches ...Reach) Source {
	var statements []Splice
	for _, b := range s.Beyond {
		if slices.Contains(reaches, b.Reach) && b.Splice.Length > 0 {
			statements = append(statements, b.Splice)
		}
	}
	for _, name := range names {
		statements = append(statements, s.RoleStatements[name]...)
	}
	return s.Replacing(statements)
}

// Replacing returns the Source with whole statements replaced or, without SQL, omitted.
func (s Source) Replacing(statements []Splice) Source {
	s.Splices = omit(s.Splices, statements)
	return s
}

// noteGrantor notes the role that granted a membership.
func (k *catalog) noteGrantor(name string) {
	if !k.cluster.granted[name] && k.reserve(name) {
		k.cluster.granted[name] = true
		k.cluster.grantors = append(k.cluster.grantors, name)
	}
}

// usualBootstrap is the superuser with which nearly every cluster was initialized.
const usualBootstrap = "postgres"

// bootstrap returns the superuser with which production's cluster was initialized, if the
// dump creates roles. Only that one can have granted memberships without being a member
// (from Postgres 16 on), and a server has it before any dump is restored.
func (k *catalog) bootstrap() string {
	can := func(name string) bool { return k.createdRoles[name] && k.cluster.superusers[name] }
	if i := slices.IndexFunc(k.cluster.grantors, can); i >= 0 {
		return k.cluster.grantors[i]
	}
	if can(usualBootstrap) {
		return usualBootstrap
	}
	for _, name := range sortedNames(k.createdRoles) {
		if can(name) {
			return name
		}
	}
	return ""
}

// templates are the databases that every server has.
var templates = []string{"template0", "template1"}

// ForDatabase returns the contents of a backup of which one database is verified by name.
// name is that of the config; empty: the only database besides postgres. It returns
// database_missing, or config_invalid if the config must name one of several.
func (c Contents) ForDatabase(name string) (Contents, error) {
	if !c.Needs.Cluster || len(c.Promises) == 0 {
		return c, nil
	}
	var all, others []string
	for _, p := range c.Promises {
		if all = append(all, p.DatabaseName); p.DatabaseName != usualBootstrap && !slices.Contains(templates, p.DatabaseName) {
			others = append(others, p.DatabaseName)
		}
	}
	switch {
	case name != "" && !slices.Contains(all, name):
		return c, outcome.Fail(outcome.DatabaseMissing, "the backup of the cluster has no database %s: it has %s", clean(name), listNames(all)).
			WithHint("find out why production's database is not in the backup, or correct backup.database")
	case name == "" && len(others) > 1:
		return c, outcome.Fail(outcome.ConfigInvalid, "the backup of the cluster has several databases: %s", listNames(others)).
			WithHint("set backup.database to the one that is to be verified and gets the application")
	case name == "" && len(others) == 1:
		name = others[0]
	case name == "":
		name = usualBootstrap
	}
	c.Needs.Database = Database{Name: name}
	for _, d := range c.Needs.Databases {
		if d.Name == name {
			c.Needs.Database = d
		}
	}
	return c, nil
}

func listNames(names []string) string {
	shown := make([]string, 0, len(names))
	for _, n := range names {
		shown = append(shown, clean(n))
	}
	slices.SortFunc(shown, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	const most = 20
	return words.List(shown, most)
}

// OtherPromises returns the promises of all databases except one. Databases in which nothing
// is promised are left out.
func (c Contents) OtherPromises(database string) (others []Promise) {
	if len(c.Promises) < 2 {
		return nil
	}
	for _, p := range c.Promises {
		if p.DatabaseName != database && !p.IsEmpty() {
			others = append(others, p)
		}
	}
	return others
}
