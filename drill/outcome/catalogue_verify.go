package outcome

// verifyCodes can be found when the restored database is checked.
var verifyCodes = []Entry{
	{
		Code: TableMissing, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "A table that the config expects does not exist. The dump does not promise it either; a promised table that is missing is content_incomplete.",
		Remedy: "check which database and schemas the backup job dumps, or correct verify.tables",
		Example: Example{
			Case:    "The job dumps the schema of another service, and verify.tables names public.orders.",
			Message: "table public.orders does not exist",
		},
		Neighbours: []Neighbour{
			{ContentIncomplete, "the dump promises the table, but it was not restored"},
			{ContentDrifted, "the last passed drill had the table, and the config does not name it"},
			{RowsMissing, "the table exists, but has too few rows"},
		},
	},
	{
		Code: RowsMissing, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "A table has fewer rows than the config expects. They were counted in the restored table, and the dump did not promise more.",
		Remedy: "check whether the backup job excludes the table's data, or correct min_rows in verify.tables",
		Example: Example{
			Case:    "The job runs pg_dump --exclude-table-data=public.items.",
			Message: "public.items has 0 rows, expected at least 5,001",
		},
		Neighbours: []Neighbour{
			{ContentIncomplete, "the dump contains more rows than were restored"},
			{ContentDrifted, "the last passed drill had more rows"},
			{DumpNoData, "no table has any rows"},
		},
	},
	{
		Code: DataStale, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "The newest row is too old, because of a lagging replica or a stopped writer. Its age is measured at the time when the backup was taken, and compared " +
			"with newest.within of verify.tables.",
		Remedy: "check which server the backup job dumps and whether its replication is up to date",
		Example: Example{
			Case:    "The job dumps a replica that stopped three days ago.",
			Message: "the newest public.orders.created_at is from 2026-11-20T17:39:04Z, 3d 1h before the backup; at most 26h is allowed",
		},
		Neighbours: []Neighbour{
			{BackupStale, "the backup itself is old"},
			{RowsMissing, "there are too few rows, whatever their age"},
		},
	},
	{
		Code: IndexCorrupt, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "An index is invalid or damaged. The catalog marks it as invalid, or amcheck's bt_index_check finds an error in its structure. Every restore builds " +
			"its indexes again, so the cause is a statement in the dump, a comparison that is not consistent, or this machine.",
		Remedy: "run bt_index_check on the index in production, and REINDEX it there if that fails too",
		Example: Example{
			Case:    "The dump marks an index as invalid in the catalog.",
			Message: "index public.items_name on public.items is invalid",
		},
		Neighbours: []Neighbour{
			{ConstraintViolated, "the index cannot even be built, because the rows contradict it"},
			{ContentIncomplete, "the index does not exist, or a table cannot be read"},
		},
	},
	{
		Code: SequenceBehind, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "A sequence's next value already exists in its column. Because a unique index forbids duplicates, the next insert would fail. A value " +
			"further ahead, set by hand, is only a finding (sequence_collides).",
		Remedy: "set the sequence in production with setval, and dump tables and sequences together",
		Example: Example{
			Case:    "Rows were copied into production with their ids, and the sequence was not set.",
			Message: "sequence public.t_id_seq continues at 4, but public.t.id already has that value",
		},
		Messages: []string{"duplicate key value violates unique constraint"},
		Neighbours: []Neighbour{
			{ConstraintViolated, "rows in the dump already have the same key"},
			{QueryFailed, "a query in the config found it"},
		},
	},
	{
		Code: QueryFailed, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "A query in the config failed. Its result does not satisfy expect, it ended in an error or exceeded its time, or verify.tables names an unsuitable " +
			"column.",
		Remedy: "run the query on production to see whether the backup or the expectation is wrong",
		Example: Example{
			Case:    "A query of verify.queries counts rows that must not exist, and expects value == 0.",
			Message: `query "all are cheap": expected value == 0, saw 2450`,
		},
		Neighbours: []Neighbour{
			{RowsMissing, "a table has fewer rows than min_rows"},
			{SmokeFailed, "a query of app.smoke failed, which is run as the application's role"},
		},
	},
	{
		Code: ContentDrifted, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "The content differs too much from the last verified drills. A table is gone or has far fewer rows than in any of the last ten verified backups, or all tables together " +
			"have far fewer rows or bytes than in the last one. verify.drift sets how much is allowed. A backup that restores completely can still be one of an emptied database, or of the wrong one.",
		Remedy: "check which database the backup job dumps and that nothing deleted the rows, or run drillgres accept RUN if the change is intended",
		Example: Example{
			Case:    "A clean-up job deleted most orders.",
			Message: "public.orders: 90,000 rows, were 900,000 (90% fewer; verify.drift.rows allows 20%)",
		},
		Neighbours: []Neighbour{
			{RowsMissing, "the config sets how many rows the table must have"},
			{ContentIncomplete, "the dump itself promised more"},
			{TableMissing, "the config says that the table must exist"},
		},
	},
}
