package outcome

// migrateCodes can be found when a release is rehearsed on the restored database.
var migrateCodes = []Entry{
	{
		Code: MigrationFailed, Class: ClassApp, Stages: []Stage{Migrate},
		Cause: "A migration of the release failed on production's data. The server refused a statement, or the tool ended with an exit code other than 0; " +
			"the SQLSTATE and the statement come from the server's log.",
		Remedy: "correct the migration, or production's data before it",
		Example: Example{
			Case:    "A unique index on a column that holds a value twice in production, and never in a test.",
			Message: `the migration ended with exit code 1: could not create unique index "users_email_key"`,
		},
		Messages: []string{"could not create unique index", "column contains null values", "is violated by some row", "must be owner of table", "canceling statement due to lock timeout"},
		Neighbours: []Neighbour{
			{MigrationTimeout, "it did not end within migrate.timeout"},
			{ImageUnavailable, "the candidate's image cannot be had"},
			{CandidateUnhealthy, "the migrations held, and the release does not run on them"},
		},
	},
	{
		Code: MigrationTimeout, Class: ClassApp, Stages: []Stage{Migrate},
		Cause:  "The migrations did not end in time. After migrate.timeout they were ended; the message has the statement that ran then.",
		Remedy: "split the statement that the message names, or raise migrate.timeout",
		Example: Example{
			Case:    "An update of every row of a large table, in one statement.",
			Message: "the migration did not end within 30m0s (migrate.timeout); running: update public.orders set total = total * …",
		},
		Neighbours: []Neighbour{
			{MigrationOverBudget, "it ended, and took longer than migrate.budget allows"},
			{MigrationFailed, "it ended by itself, with an error"},
		},
	},
	{
		Code: MigrationOverBudget, Class: ClassBudget, Stages: []Stage{Migrate},
		Cause: "The migrations held, but took longer than migrate.budget allows. total is held against all of them, statement against the longest one, and lock against the longest time " +
			"for which reads or writes of a table that existed before would have been blocked.",
		Remedy: "follow the hints of the findings on that table, or raise migrate.budget",
		Example: Example{
			Case:    "An index is built without CONCURRENTLY, and writes would have waited for it.",
			Message: "writes of public.orders would have been blocked for 41.2s, and migrate.budget.lock allows 2s: create index on public.orders (status)",
		},
		Neighbours: []Neighbour{
			{OverBudget, "it is the restore or the whole drill that took too long"},
			{MigrationTimeout, "the migrations did not end"},
		},
	},
	{
		Code: MigrationDropsData, Class: ClassApp, Stages: []Stage{Migrate},
		Cause: "The migrations drop values that production holds. A table with rows or a column with values other than null is gone or was emptied, and migrate.allow does not name it; " +
			"no rollback of the code brings them back.",
		Remedy: "release the code that no longer needs them first, then allow the drop by name with migrate.allow",
		Example: Example{
			Case:    "A column is dropped of which everybody believed that it was empty.",
			Message: "the migration drops values that production holds: column public.customers.phone (of 1204 rows)",
		},
		Neighbours: []Neighbour{
			{CurrentBreaks, "nothing is lost, and today's release does not run without it"},
			{ContentDrifted, "the backup itself has lost rows"},
		},
	},
	{
		Code: MigrationNotRepeatable, Class: ClassApp, Stages: []Stage{Migrate},
		Cause:  "A second run of the migrations is no no-op. With migrate.again they are run twice; the second run failed, or changed the schema or rows again.",
		Remedy: "let the migrations remember what they have done, or write them with if not exists",
		Example: Example{
			Case:    "SQL files that nobody keeps a record of.",
			Message: `the second run of the migrations ended with exit code 3: relation "carts" already exists`,
		},
		Neighbours: []Neighbour{
			{MigrationFailed, "the first run failed"},
		},
	},
	{
		Code: CandidateUnhealthy, Class: ClassApp, Stages: []Stage{Migrate},
		Cause:  "The candidate does not run on the migrated database. It was started as the app stage starts today's release, and ended, was not ready in time, or a smoke test did not hold.",
		Remedy: "read its last log lines in the message, and compare what was expected with what was seen in the checks",
		Example: Example{
			Case:    "The release reads a column that its migrations do not make.",
			Message: `the candidate on the migrated database: smoke test "newest orders are served": expected status == 200, saw status 500`,
		},
		Neighbours: []Neighbour{
			{CurrentBreaks, "it is today's release that does not run on the new schema"},
			{SmokeFailed, "today's release does not even run on the restored data"},
			{MigrationFailed, "the migrations did not come that far"},
		},
	},
	{
		Code: CurrentBreaks, Class: ClassApp, Stages: []Stage{Migrate},
		Cause: "Today's release does not run on the migrated database. In a rolling deployment both run side by side, and after a rollback of the code it is all that runs; " +
			"it did hold before the migrations.",
		Remedy: "split the migration: add first, release, remove later; or set migrate.current: warn where the world is stopped for a release",
		Example: Example{
			Case:    "A column is renamed that today's release selects.",
			Message: `today's release on the migrated database: smoke test "newest orders are served": expected status == 200, saw status 500`,
		},
		Neighbours: []Neighbour{
			{CandidateUnhealthy, "it is the candidate that does not run"},
			{RollbackBreaks, "it is after the down migration that today's release does not run"},
			{SmokeFailed, "it did not run before the migrations either"},
		},
	},
	{
		Code: RollbackBreaks, Class: ClassApp, Stages: []Stage{Migrate},
		Cause:  "The way back does not work. After migrate.down today's release does not run, or the down migration itself failed.",
		Remedy: "correct the down migration, or take migrate.down out and plan to go forward only",
		Example: Example{
			Case:    "The down migration makes a dropped column anew, without its values.",
			Message: `today's release after the down migration: smoke test "newest orders are served": expected status == 200, saw status 500`,
		},
		Neighbours: []Neighbour{
			{CurrentBreaks, "it breaks before anything is taken back"},
			{MigrationFailed, "it is the way up that failed"},
		},
	},
}
