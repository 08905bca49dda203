package inspect

import (
	"github.com/drillgres/drillgres/drill/outcome"
)

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
	return outcome.Fail(outcome.FormatUnsupported, "the SQL %s and none of the comments of pg_dump: it may be a part of a backup of several files, which this version does not restore", what).
		WithHint("drill a pg_dump of the whole database in one file")
}
