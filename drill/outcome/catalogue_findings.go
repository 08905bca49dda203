package outcome

// FindingEntry is what the catalogue knows of a finding: something that an
// operator should know and that changes no verdict.
type FindingEntry struct {
	Code    string `json:"code"` // may also be a failure's, of which it is then the milder form
	Stage   Stage  `json:"stage"`
	Meaning string `json:"meaning"` // sentences, the first of which stands alone
	Remedy  string `json:"remedy"`  // one imperative sentence, lower case, no full stop
}

// Findings lists every finding that this version can report, by stage.
var Findings = []FindingEntry{
	{
		Code: "clock_skew", Stage: Locate,
		Meaning: "The newest backup was written in the future by the clock of its source. Ages are off by as much.",
		Remedy:  "set the clocks of this machine and of the source by NTP",
	},
	{
		Code: "checksum_unreadable", Stage: Locate,
		Meaning: "The checksum beside the backup could not be read. The bytes were not compared with it.",
		Remedy:  "let this user or these credentials read NAME.sha256 too, or remove it",
	},
	{
		Code: "checksum_malformed", Stage: Locate,
		Meaning: "The checksum beside the backup could not be understood. It is empty, holds something else than sha256 sums, or none for this backup.",
		Remedy:  "write it with sha256sum after the backup is complete, or remove it",
	},
	{
		Code: "checksum_missing", Stage: Fetch,
		Meaning: "Nothing in an uncompressed plain dump shows rows that are lost in its middle. A compression brings a checksum of its own.",
		Remedy:  "compress the dump, or store its checksum beside it as NAME.sha256",
	},
	{
		Code: "third_party_dump", Stage: Inspect,
		Meaning: "The dump does not say that pg_dump made it. Only pg_dump's last line proves that a plain dump is whole.",
		Remedy:  "dump with pg_dump and keep its comments",
	},
	{
		Code: "timezone_unknown", Stage: Inspect,
		Meaning: "The dump states a time without its zone, or in a zone whose abbreviation several share. Its age, the RPO and the age of its rows are reckoned from the latest time that is possible.",
		Remedy:  "set backup.timezone to the zone of the machine that dumps",
	},
	{
		Code: "pg_dump_newer", Stage: Inspect,
		Meaning: "The dump was made by a newer pg_dump than production's major. Such a dump often ends in version_skew.",
		Remedy:  "dump with the pg_dump of production's major",
	},
	{
		Code: "table_without_data", Stage: Inspect,
		Meaning: "Tables are dumped without data, while others have theirs.",
		Remedy:  "dump without --exclude-table-data, if that is not intended",
	},
	{
		Code: "subscription", Stage: Inspect,
		Meaning: "The dump brings subscriptions with their connection strings. The sandbox has no network, they reach nobody.",
		Remedy:  "drop or disable them first in a real recovery outside a sandbox",
	},
	{
		Code: "foreign_server", Stage: Inspect,
		Meaning: "The dump brings foreign servers, with the passwords of their user mappings. The sandbox has no network, they reach nobody.",
		Remedy:  "expect queries on their foreign tables to fail in the drill",
	},
	{
		Code: "event_trigger", Stage: Inspect,
		Meaning: "The dump brings event triggers, which are restored enabled. What they do stays in the sandbox.",
		Remedy:  "make sure that they may run in a recovery",
	},
	{
		Code: "cron_jobs", Stage: Inspect,
		Meaning: "The dump brings jobs of pg_cron. The drill keeps them from running; a real recovery would not.",
		Remedy:  "disable them first in a real recovery beside a running production",
	},
	{
		Code: "major_differs", Stage: Provision,
		Meaning: "The dump was taken from another major than it is restored into.",
		Remedy:  "set postgres.version to production's major, unless the drill is to rehearse an upgrade",
	},
	{
		Code: "minor_unpatched", Stage: Provision,
		Meaning: "The image runs an older minor than the server that was dumped. What the newer minors repaired is missing in the drill.",
		Remedy:  "pull a newer postgres.image",
	},
	{
		Code: "database_owner", Stage: Provision,
		Meaning: "The dump does not tell the database's owner. It is taken to be the role that owns most of the dump's objects.",
		Remedy:  "set postgres.owner to production's owner of the database",
	},
	{
		Code: "role_created", Stage: Provision,
		Meaning: "The dump needs roles that it does not bring. They were made for the drill without login, password and memberships; a recovery from this backup alone would lack them.",
		Remedy:  "back up the roles too: pg_dumpall --globals-only",
	},
	{
		Code: "app_role_unknown", Stage: Provision,
		Meaning: "The application's role owns nothing in the dump and is granted nothing there. It was made all the same, and may be the wrong one.",
		Remedy:  "correct app.role, or grant the role what it needs in production",
	},
	{
		Code: "locale_assumed", Stage: Provision,
		Meaning: "The dump tells an encoding but no locale, and the image's locale has another encoding. The database has locale C, in which text sorts otherwise than in production.",
		Remedy:  "set postgres.locale to production's locale",
	},
	{
		Code: "errors_tolerated", Stage: Restore,
		Meaning: "The dump lets psql go on after errors, and there were some. Whether they lost anything is for verify to say.",
		Remedy:  `take \set ON_ERROR_STOP off out of the dump`,
	},
	{
		Code: "database_settings_lost", Stage: Restore,
		Meaning: "The database's own settings could not be restored. They are what ALTER DATABASE … SET has set, such as a search_path.",
		Remedy:  "check that production's server knows what ALTER DATABASE … SET names",
	},
	{
		Code: "analyze_failed", Stage: Restore,
		Meaning: "ANALYZE ended early, by an error of a function that an index or a statistic calls. The rows are there; autovacuum in production meets the same.",
		Remedy:  "repair the function that the message names, in production",
	},
	{
		Code: "rows_added", Stage: Verify,
		Meaning: "A table has more rows after the restore than the dump holds. Something in the database wrote to it meanwhile.",
		Remedy:  "look for triggers, rules or jobs that write to the table while it is restored",
	},
	{
		Code: "index_incomplete", Stage: Verify,
		Meaning: "A partitioned index lacks its part on some partitions and is not valid. It is so in production too.",
		Remedy:  "create the index on every partition in production and attach it",
	},
	{
		Code: "constraint_not_validated", Stage: Verify,
		Meaning: "Constraints were never held against the rows (NOT VALID). They are so in production too, or a release's migration leaves them so.",
		Remedy:  "run ALTER TABLE … VALIDATE CONSTRAINT in production, in a transaction of its own",
	},
	{
		Code: string(SequenceBehind), Stage: Verify,
		Meaning: "A sequence's next value already exists in its column, which no unique index forbids. The next insert works; whether it is meant so is not known.",
		Remedy:  "set the sequence in production with setval, if it is not meant so",
	},
	{
		Code: "sequence_unused", Stage: Verify,
		Meaning: "A sequence that nothing has ever taken a value from is behind its column. It is so in production too, as where rows get their ids by hand.",
		Remedy:  "set the sequence in production with setval, if rows are ever to take their values from it",
	},
	{
		Code: "amcheck_missing", Stage: Verify,
		Meaning: "Neither the pages of tables nor indexes were checked, because the image has no amcheck.",
		Remedy:  "set postgres.image to an image with Postgres' contrib modules",
	},
	{
		Code: "integrity_unreached", Stage: Verify,
		Meaning: "Relations were not read in the time for integrity. The largest come last, and are named in the result.",
		Remedy:  "raise verify.integrity_within",
	},
	{
		Code: "integrity_unclear", Stage: Verify,
		Meaning: "Relations could not be checked, because the check itself ended in an error. Nothing says that they are damaged.",
		Remedy:  "look up the SQLSTATE in the message",
	},
	{
		Code: "schema_changed", Stage: Verify,
		Meaning: "The schema is not that of the drill that this one is compared with. A migration explains most of it.",
		Remedy:  "hold it against the migrations since then",
	},
	{
		Code: "table_emptied", Stage: Verify,
		Meaning: "A table that had rows in the drill that this one is compared with is empty. It had too few rows for verify.drift.rows to count, or any loss is allowed.",
		Remedy:  "find out who emptied it, or allow it with verify.drift.tables",
	},
	{
		Code: "app_as_superuser", Stage: App,
		Meaning: "The application connected as superuser. Missing grants would not have been noticed.",
		Remedy:  "set app.role to the role that the application has in production",
	},
	{
		Code: "service_ended", Stage: App,
		Meaning: "A service of app.services ended while the application was tested.",
		Remedy:  "look at what the service needs: it runs without a network",
	},
	{
		Code: "migrated_as_superuser", Stage: Migrate,
		Meaning: "The migrations connected as superuser. Missing privileges would not have been noticed.",
		Remedy:  "set migrate.role to the role that migrates production",
	},
	{
		Code: "candidate_not_checked", Stage: Migrate,
		Meaning: "No image of the candidate is known. Whether it runs on the new schema was not looked at.",
		Remedy:  "set app.candidate, or name the image with --candidate",
	},
	{
		Code: "current_breaks", Stage: Migrate,
		Meaning: "Today's release does not run on the new schema. With migrate.current: warn that fails nothing.",
		Remedy:  "stop today's release before the migrations run, or split the migration",
	},
	{
		Code: "rewrites_table", Stage: Migrate,
		Meaning: "A migration writes a table with rows anew, or an index of it. Until that is done nobody reads or writes the table.",
		Remedy:  "add a new column, fill it in batches, and switch over to it",
	},
	{
		Code: "blocks_reads", Stage: Migrate,
		Meaning: "A migration keeps a table with rows locked against reads and writes while it goes through all of them, or for a second and longer.",
		Remedy:  "add constraints with NOT VALID and validate them later, and indexes with CONCURRENTLY",
	},
	{
		Code: "blocks_writes", Stage: Migrate,
		Meaning: "A migration keeps a table with rows locked against writes while it goes through all of them, or for a second and longer.",
		Remedy:  "build indexes with CONCURRENTLY, and add foreign keys with NOT VALID and validate them later",
	},
	{
		Code: "no_lock_timeout", Stage: Migrate,
		Meaning: "A migration asks for a lock that blocks others and would wait for it for ever. Whoever comes after it waits behind it. " +
			"A lock_timeout that the tool gives when it connects, and not by a statement, cannot be seen.",
		Remedy: "run SET lock_timeout before the statement, and try again when it is refused",
	},
	{
		Code: "many_statements_under_lock", Stage: Migrate,
		Meaning: "A transaction goes on with further statements while it holds a lock that blocks others. They wait for all of these too.",
		Remedy:  "end the transaction after the statement that takes the lock",
	},
	{
		Code: "several_alter_tables", Stage: Migrate,
		Meaning: "A transaction alters a table more than once. Each statement may go through all rows again.",
		Remedy:  "write them as one ALTER TABLE with several actions",
	},
	{
		Code: "drops_data", Stage: Migrate,
		Meaning: "A migration drops a table or column that holds values, or takes all rows of a table. No rollback of the code brings them back.",
		Remedy:  "release the code that no longer needs them first, then allow the drop by name with migrate.allow",
	},
	{
		Code: "index_left_invalid", Stage: Migrate,
		Meaning: "A migration leaves an index behind that is not valid, as CREATE INDEX CONCURRENTLY does where it fails. Writes keep it up to date, and no query uses it.",
		Remedy:  "drop the index, remove what its build failed for, and build it again",
	},
	{
		Code: "fk_without_index", Stage: Migrate,
		Meaning: "No index begins with the columns of a new foreign key. Each delete in the table that it refers to goes through the whole referring table.",
		Remedy:  "create the index, with CONCURRENTLY on a table that exists",
	},
	{
		Code: "adds_json_column", Stage: Migrate,
		Meaning: "A migration adds a column of type json, which knows no equality. SELECT DISTINCT over the table fails from then on.",
		Remedy:  "use the type jsonb",
	},
	{
		Code: "creates_enum", Stage: Migrate,
		Meaning: "A migration makes an enum. No value of it can be removed later.",
		Remedy:  "use a table of the values and a foreign key to it",
	},
	{
		Code: "nothing_to_migrate", Stage: Migrate,
		Meaning: "The migrations of the release changed neither the schema nor any row. What a tool keeps for itself does not count.",
		Remedy:  "look whether migrate.command or migrate.sql names the migrations of this release",
	},
}
