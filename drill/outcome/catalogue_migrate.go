package outcome

// migrateCodes can be found while the migrations of a release are rehearsed on
// the restored database.
var migrateCodes = []Entry{
	{
		Code: MigrationFailed, Class: ClassApp, Stages: []Stage{Migrate},
		Cause: "A migration of the release failed on production's data. The server refused a statement, or the tool exited with a code other than 0. The SQLSTATE and " +
			"the statement come from the server's log.",
		Remedy: "correct the migration, or correct production's data before it runs",
		Example: Example{
			Case:    "The migration creates a unique index on a column that has duplicates in production, but not in any test.",
			Message: `the migration ended with exit code 1: could not create unique index "users_email_key"`,
		},
		Messages: []string{"could not create unique index", "column contains null values", "is violated by some row", "must be owner of table", "canceling statement due to lock timeout"},
		Neighbours: []Neighbour{
			{MigrationTimeout, "the migrations did not end within migrate.timeout"},
			{ImageUnavailable, "the candidate's image is not available"},
			{CandidateUnhealthy, "the migrations succeeded, but the release does not run on the new schema"},
		},
	},
	{
		Code: MigrationTimeout, Class: ClassApp, Stages: []Stage{Migrate},
		Cause:  "The migrations did not end in time. They were ended after migrate.timeout; the message shows the statement that was running.",
		Remedy: "split the statement that the message names, or raise migrate.timeout",
		Example: Example{
			Case:    "A single statement updates every row of a large table.",
			Message: "the migration did not end within 30m0s (migrate.timeout); running: update public.orders set total = total * …",
		},
		Neighbours: []Neighbour{
			{MigrationOverBudget, "the migrations ended, but took longer than migrate.budget allows"},
			{MigrationFailed, "the migrations ended on their own with an error"},
		},
	},
	{
		Code: MigrationOverBudget, Class: ClassBudget, Stages: []Stage{Migrate},
		Cause: "The migrations succeeded, but took longer than migrate.budget allows. total limits all of them, statement the longest one, and lock the longest time " +
			"for which reads or writes of an existing table would have been blocked.",
		Remedy: "follow the hints of the findings on that table, or raise migrate.budget",
		Example: Example{
			Case:    "An index is built without CONCURRENTLY, and writes would have waited for it.",
			Message: "writes of public.orders would have been blocked for 41.2s, and migrate.budget.lock allows 2s: create index on public.orders (status)",
		},
		Neighbours: []Neighbour{
			{OverBudget, "the restore or the whole drill took too long"},
			{MigrationTimeout, "the migrations did not end"},
		},
	},
	{
		Code: MigrationDropsData, Class: ClassApp, Stages: []Stage{Migrate},
		Cause: "The migrations drop values that exist in production. A table with rows, or a column with values other than null, was dropped or emptied, and " +
			"migrate.allow does not name it. A rollback of the code does not restore them.",
		Remedy: "release the code that no longer needs them first, then allow the drop by name with migrate.allow",
		Example: Example{
			Case:    "A migration drops a column that everyone believed to be empty.",
			Message: "the migration drops values that production holds: column public.customers.phone (of 1204 rows)",
		},
		Neighbours: []Neighbour{
			{CurrentBreaks, "nothing is lost, but today's release does not run without it"},
			{ContentDrifted, "the backup itself has lost rows"},
		},
	},
	{
		Code: MigrationNotRepeatable, Class: ClassApp, Stages: []Stage{Migrate},
		Cause:  "A second run of the migrations is not a no-op. With migrate.again they are run twice; the second run failed, or changed the schema or rows again.",
		Remedy: "let the migration tool record what it has done, or write the statements with if not exists",
		Example: Example{
			Case:    "The migrations are SQL files, and nothing records which of them have run.",
			Message: `the second run of the migrations ended with exit code 3: relation "carts" already exists`,
		},
		Neighbours: []Neighbour{
			{MigrationFailed, "the first run failed"},
		},
	},
	{
		Code: CandidateUnhealthy, Class: ClassApp, Stages: []Stage{Migrate},
		Cause: "The candidate does not run on the migrated database. It was started as the app stage starts today's release, and exited, was not ready in time, or " +
			"failed a smoke test.",
		Remedy: "read the last log lines in the message, and compare the expected and the actual values in the report's checks",
		Example: Example{
			Case:    "The release reads a column that its migrations do not create.",
			Message: `the candidate on the migrated database: smoke test "newest orders are served": expected status == 200, saw status 500`,
		},
		Neighbours: []Neighbour{
			{CurrentBreaks, "today's release does not run on the new schema"},
			{SmokeFailed, "today's release does not even run on the restored data"},
			{MigrationFailed, "the migrations did not finish"},
		},
	},
	{
		Code: CurrentBreaks, Class: ClassApp, Stages: []Stage{Migrate},
		Cause: "Today's release does not run on the migrated database. It passed its tests before the migrations. In a rolling deployment both releases run side by " +
			"side, and after a rollback of the code only today's release runs.",
		Remedy: "split the migration (add first, release, remove later), or set migrate.current to warn if no release runs during the migrations",
		Example: Example{
			Case:    "A migration renames a column that today's release selects.",
			Message: `today's release on the migrated database: smoke test "newest orders are served": expected status == 200, saw status 500`,
		},
		Neighbours: []Neighbour{
			{CandidateUnhealthy, "the candidate does not run"},
			{RollbackBreaks, "today's release stops working after the down migration"},
			{SmokeFailed, "today's release did not run before the migrations either"},
		},
	},
	{
		Code: RollbackBreaks, Class: ClassApp, Stages: []Stage{Migrate},
		Cause:  "The rollback does not work. After migrate.down, today's release does not run, or the down migration itself failed.",
		Remedy: "correct the down migration, or remove migrate.down and plan to roll forward only",
		Example: Example{
			Case:    "The down migration adds a dropped column again, without its values.",
			Message: `today's release after the down migration: smoke test "newest orders are served": expected status == 200, saw status 500`,
		},
		Neighbours: []Neighbour{
			{CurrentBreaks, "today's release does not run even before the rollback"},
			{MigrationFailed, "the up migration failed"},
		},
	},
}
