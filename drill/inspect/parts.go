package inspect

import (
	"fmt"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// noteFilled notes the tables that the parts so far fill and do not create.
func (k *catalog) noteFilled() {
	for _, t := range k.c.Tables {
		n := sqltext.Name{Schema: t.Schema, Name: t.Name}
		if t.Data && !k.creates(n, relationKinds...) && k.reserve(n.Schema, n.Name) {
			k.filledEarly = append(k.filledEarly, n)
		}
	}
}

// misordered returns a table that a part fills before another creates it.
func (k *catalog) misordered() string {
	for _, n := range k.filledEarly {
		if k.creates(n, tableKinds...) {
			return n.String()
		}
	}
	return ""
}

// checkParts checks the parts of a backup of several files together.
func checkParts(c Contents, p Policy) error {
	if len(c.Earlier) == 0 {
		return nil
	}
	for i, s := range c.Earlier {
		for _, judge := range []func(Contents, Policy) error{checkArchiveReadable, checkArchiveKnown} {
			if err := judge(Contents{Source: s}, p); err != nil {
				f := outcome.AsFailure(err)
				f.Err = fmt.Errorf("part %d: %w", i+1, f.Err)
				return f
			}
		}
	}
	if err := checkClusterAlone(c); err != nil {
		return err
	}
	if c.Misordered != "" {
		return outcome.Fail(outcome.ConfigInvalid, "the parts are in the wrong order: one fills the table %s, and a later one creates it", c.Misordered).
			WithHint("name the parts in restore order, such as roles, schema, data")
	}
	return nil
}

// checkClusterAlone fails for the dump of a whole cluster beside another dump: the cluster has
// its own roles and databases, and which database the other is for is unknown.
func checkClusterAlone(c Contents) error {
	clusters, dumps := 0, 0
	for _, s := range c.parts() {
		switch {
		case s.isWholeCluster():
			clusters++
		case s.Fills:
			dumps++
		}
	}
	if clusters == 0 || clusters+dumps == 1 {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "one part is the dump of a whole cluster, and another has contents of a database too").
		WithHint("drill the dump of the cluster (pg_dumpall) alone, and the other one as a database of its own")
}

// checkCluster fails for SQL of a cluster without a database.
func checkCluster(s Source) error {
	if s.DumpCount > 0 {
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the file has the roles and settings of a cluster (pg_dumpall --globals-only), and no database").
		WithHint("drill the dump of a database: set backup.match to its name")
}

// checkPartOfSet fails for SQL without rows that may be a part of a backup of several
// files, such as the roles.sql and schema.sql of Supabase's command. The comments that
// would show how it was dumped are removed, so it proves nothing.
func checkPartOfSet(c Contents) error {
	if c.Source.ProvesEnd() || c.Source.Format != Plain {
		return nil
	}
	tables := 0
	for t := range c.tables() {
		if t.Data {
			return nil
		}
		tables++
	}
	what := "has a schema without rows"
	if tables == 0 {
		what = "creates no tables"
	}
	return outcome.Fail(outcome.FormatUnsupported, "the SQL %s and none of the comments of pg_dump: it may be a part of a backup of several files", what).
		WithHint("name all of them, in restore order, with backup.parts")
}
