package outcome

// verifyCodes can be found when the restored database is looked at.
var verifyCodes = []Entry{
	{
		Code: TableMissing, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "A table that the config expects is not there. Neither does the dump promise it, or that would have been found first.",
		Remedy: "check which database and schemas the backup job dumps, or correct verify.tables",
		Example: Example{
			Case:    "The job dumps the schema of another service, and verify.tables names public.orders.",
			Message: "table public.orders does not exist",
		},
		Neighbours: []Neighbour{
			{ContentIncomplete, "the dump promises the table, and it was not restored"},
			{ContentDrifted, "it is the last passed drill that had the table, and not the config that names it"},
			{RowsMissing, "the table is there, and holds too few rows"},
		},
	},
	{
		Code: RowsMissing, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "Fewer rows than the config expects. They were counted in the restored table, and the dump did not promise more.",
		Remedy: "check whether the backup job leaves the table's data out, or correct min_rows in verify.tables",
		Example: Example{
			Case:    "The job runs pg_dump --exclude-table-data=public.items.",
			Message: "public.items has 0 rows, expected at least 5,001",
		},
		Neighbours: []Neighbour{
			{ContentIncomplete, "the dump has more rows than were restored"},
			{ContentDrifted, "it is the last passed drill that had more rows"},
			{DumpNoData, "no table at all has a row"},
		},
	},
	{
		Code: DataStale, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "The newest row is older than it may be: a lagging replica or a stopped writer. Its age is counted back from when the backup was taken, " +
			"and held against newest.within of verify.tables.",
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
		Cause: "An index is invalid or damaged. The catalog holds it for invalid, or amcheck's bt_index_check finds a fault in its structure. " +
			"Indexes are built anew by every restore: the cause is in the dump's own statements, in a comparison that changes its mind, or in this machine.",
		Remedy: "run bt_index_check on the index in production, and REINDEX it there if that fails too",
		Example: Example{
			Case:    "The dump marks an index as invalid in the catalog.",
			Message: "index public.items_name on public.items is invalid",
		},
		Neighbours: []Neighbour{
			{ConstraintViolated, "the index cannot even be built, because the rows contradict it"},
			{ContentIncomplete, "the index is not there at all, or it is a table that does not read"},
		},
	},
	{
		Code: SequenceBehind, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "A sequence's next value already exists in its column. The thousand values that the sequence gives next are looked for; where a unique index forbids them twice, " +
			"the application's next insert would fail.",
		Remedy: "set the sequence in production with setval, and dump tables and sequences together",
		Example: Example{
			Case:    "Rows were copied into production with their ids, and nobody set the sequence.",
			Message: "sequence public.t_id_seq continues at 4, but public.t.id already has values from there on",
		},
		Messages: []string{"duplicate key value violates unique constraint"},
		Neighbours: []Neighbour{
			{ConstraintViolated, "rows of the dump have the same key already"},
			{QueryFailed, "it is a query of the config that found it"},
		},
	},
	{
		Code: QueryFailed, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "A query of the config did not hold. Its result does not satisfy expect, it ended in an error or not in time, or verify.tables names a column that does not serve.",
		Remedy: "run the query on production to tell a bad backup from a wrong expectation",
		Example: Example{
			Case:    "A query of verify.queries counts what must not be, and expects value == 0.",
			Message: `query "all are cheap": expected value == 0, saw 2450`,
		},
		Neighbours: []Neighbour{
			{RowsMissing, "it is min_rows that does not hold"},
			{SmokeFailed, "it is a query of app.smoke, run as the application's role"},
		},
	},
	{
		Code: ContentDrifted, Class: ClassBackup, Stages: []Stage{Verify},
		Cause: "The content is far from that of the last passed drill: a table is gone, or rows or bytes are. How far it may be is said by verify.drift; " +
			"a backup that lost nothing of its dump can still be one of an emptied or a wrong database.",
		Remedy: "check which database the backup job dumps and that nothing deleted the rows; if the change is intended, run drillgres accept RUN",
		Example: Example{
			Case:    "A clean-up job has deleted most orders.",
			Message: "public.orders: 90,000 rows, were 900,000 (90% fewer; verify.drift.rows allows 20%)",
		},
		Neighbours: []Neighbour{
			{RowsMissing, "the config says how many rows there must be"},
			{ContentIncomplete, "it is the dump itself that promised more"},
			{TableMissing, "the config says that the table must be there"},
		},
	},
}
