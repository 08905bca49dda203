package inspect

import (
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// relationKinds holds the kinds that can be filled or altered like a table.
var relationKinds = []Kind{KindTable, KindView, KindMaterializedView, KindSequence, KindForeignTable}

// tableKinds holds the kinds that a partition or a foreign key can refer to.
var tableKinds = []Kind{KindTable, KindForeignTable}

// tableless holds the extensions that certainly have no tables. Any other one may
// create a table that the dump fills.
var tableless = strings.Fields(`adminpack amcheck autoinc bloom btree_gin btree_gist citext cube dblink dict_int dict_xsyn earthdistance
	file_fdw fuzzystrmatch hstore insert_username intagg intarray isn lo ltree moddatetime pageinspect pg_buffercache pg_freespacemap pg_prewarm
	pg_stat_statements pg_trgm pg_visibility pg_walinspect pgcrypto pgrowlocks pgstattuple plpgsql postgres_fdw refint seg sslinfo tablefunc tcn
	tsm_system_rows tsm_system_time unaccent uuid-ossp vector xml2`)

// addReference records that a statement needs an existing table.
func (k *catalog) addReference(n sqltext.Name) {
	if n.Name != "" && n.Schema != tempSchema && !k.refers[n] && k.reserve(n.Schema, n.Name) {
		k.refers[n] = true
	}
}

// noteLost notes that a statement is missing, perhaps on purpose: something else then
// creates the extension.
func (k *catalog) noteLost(a *announcement) {
	if k.c.LostStatements++; k.c.LostStatements == 1 {
		k.c.LostExample = strings.ToLower(a.word) + " " + a.tag
	}
	k.c.Opaque = k.c.Opaque || a.word == "EXTENSION"
}

// noteStatement notes what a statement may do that is not read.
func (k *catalog) noteStatement(verb string, tokens []sqltext.Token) {
	k.announced.noteStatement(verb, tokens)
	k.notePathSetting(verb, tokens)
	switch verb {
	case "call", "do", "execute", "explain", "import", "load", "merge", "with":
		k.c.Opaque = true
	case "select":
		k.c.Opaque = k.c.Opaque || !callsOnlyGenerated(tokens) && slices.ContainsFunc(tokens, func(t sqltext.Token) bool {
			return t.Is("(") || t.Is("from") || t.Is("into")
		})
	}
}

// judgeTables determines which tables the dump creates, and which it only fills or
// refers to.
func (k *catalog) judgeTables(p *Promise) {
	created := map[string]bool{} // by name alone
	for _, o := range p.Objects {
		if slices.Contains(relationKinds, o.Kind) {
			created[o.Name] = true
		}
	}
	isCreated := func(n sqltext.Name) bool {
		unclear := n.Schema == "" || k.creates(sqltext.Name{Name: n.Name}, relationKinds...)
		return k.creates(n, relationKinds...) || unclear && created[n.Name]
	}
	anyCreated := false
	for i := range p.Tables {
		t := &p.Tables[i]
		n := sqltext.Name{Schema: t.Schema, Name: t.Name}
		if t.FillsOnly = !isCreated(n); t.FillsOnly {
			k.addReference(n)
		}
		anyCreated = anyCreated || !t.FillsOnly
	}
	p.Lacks = k.lacking(isCreated, anyCreated)
}

// lacking returns the tables that the dump needs and that nothing in it can create.
func (k *catalog) lacking(isCreated func(sqltext.Name) bool, anyCreated bool) (lacks []sqltext.Name) {
	if k.c.Opaque || slices.ContainsFunc(k.c.Extensions, func(e Extension) bool { return !slices.Contains(tableless, e.Name) }) {
		return nil
	}
	for n := range k.refers {
		filled := false
		if i, ok := k.tables[n]; ok {
			filled = k.c.Tables[i].Data
		}
		if (filled || anyCreated) && !isCreated(n) && !isOfSystem(n.Schema) {
			lacks = append(lacks, n)
		}
	}
	slices.SortFunc(lacks, func(a, b sqltext.Name) int { return strings.Compare(a.String(), b.String()) })
	return lacks
}

// isOfSystem reports whether every database has the schema.
func isOfSystem(schema string) bool {
	return strings.HasPrefix(schema, "pg_") || schema == "information_schema"
}

// checkTables fails for a dump that needs tables which it does not create.
func checkTables(c Contents, _ Policy) error {
	var names []string
	for _, p := range c.Promises {
		for _, n := range p.Lacks {
			names = append(names, plainName(n))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return outcome.Fail(outcome.DumpPartial, "the dump is only a part of a database: it needs %s that it does not create: %s",
		words.Count(len(names), "table"), words.List(names, maxListed))
}

// checkRows fails for a backup that certainly has no rows of its own tables. A backup
// without promises may contain any number of rows.
func checkRows(c Contents, p Policy) error {
	promises := c.Promises
	if c.Needs.Cluster && c.Needs.Database.Name != "" {
		promises = []Promise{c.PromiseFor(c.Needs.Database.Name)}
	}
	if p.AllowEmpty || len(promises) == 0 || slices.ContainsFunc(promises, Promise.MayHoldData) {
		return nil
	}
	c.Promises = promises
	if err := checkPartOfSet(c); err != nil {
		return err
	}
	tables, others := 0, 0
	for t := range c.tables() {
		switch {
		case !t.FillsOnly:
			tables++
		case t.Rows != 0:
			others++
		}
	}
	switch {
	case others > 0:
		return outcome.Fail(outcome.DumpNoData, "the dump is complete but contains no rows, except in %s of extensions", words.Count(others, "table"))
	case tables == 0:
		return outcome.Fail(outcome.DumpNoData, "the dump is complete but contains no tables")
	}
	return outcome.Fail(outcome.DumpNoData, "the dump is complete but contains no rows in any of its %s", words.Count(tables, "table"))
}
