package outcome

// FindingEntry explains a finding: something that an operator should know and
// that does not change the verdict.
type FindingEntry struct {
	Code    string `json:"code"` // may also be a failure code, of which the finding is the milder form
	Stage   Stage  `json:"stage"`
	Meaning string `json:"meaning"` // sentences; lists show only the first one
	Remedy  string `json:"remedy"`  // one imperative sentence, lower case, no full stop
}

// Findings lists every finding that this version can report, in the order of
// their stages.
var Findings = []FindingEntry{
	{
		Code: "clock_skew", Stage: Locate,
		Meaning: "The clock of the source dates the newest backup in the future. Ages are wrong by as much.",
		Remedy:  "synchronize the clocks of this machine and of the source with NTP",
	},
	{
		Code: "backup_undated", Stage: Locate,
		Meaning: "The source does not state when the backup was written. backup.max_age was compared only with the time that the dump itself states; if it states none, the age of the backup and the real RPO are unknown.",
		Remedy:  "let the web server send Last-Modified with the file",
	},
	{
		Code: "backup_stale", Stage: Locate,
		Meaning: "drillgres restore restores a backup that is older than backup.max_age. A drill would fail with the failure of that code.",
		Remedy:  "look for a newer backup elsewhere before you restore this one",
	},
	{
		Code: "backup_too_small", Stage: Locate,
		Meaning: "The backup has less than a tenth of the usual size: that of the newest backup of the same kind (by its name and format) that a drill verified or, without one, the median of the last ones at the source. In a check this is the failure of that code, unless there is another one.",
		Remedy:  "look in the backup job's log for an error before the upload, unless the database has shrunk",
	},
	{
		Code: "drill_overdue", Stage: Locate,
		Meaning: "No drill of the newest backup has passed within max_unverified. This is the failure of that code, unless the check has another one.",
		Remedy:  "drill the database now with drillgres run, and find out why the scheduled drill does not run or does not pass",
	},
	{
		Code: "history_unavailable", Stage: Locate,
		Meaning: "The history cannot be read, so a check does not compare the newest backup with those that drills verified, by its size and the name of its database. With max_unverified, it does not know either when the database was drilled: that is the failure of this code, unless the check has another one.",
		Remedy:  "correct record.history or the place that it names, and run drillgres doctor",
	},
	{
		Code: "lifecycle_deletes", Stage: Locate,
		Meaning: "A lifecycle rule of the bucket deletes backups before they are a week old, or before they are as old as backup.retention.keep. With backup.retention.keep this is the failure of that code, unless the check has another one.",
		Remedy:  "raise the days of the rule or narrow its prefix: aws s3api get-bucket-lifecycle-configuration shows it, put-bucket-lifecycle-configuration replaces it",
	},
	{
		Code: "lifecycle_archives", Stage: Locate,
		Meaning: "A lifecycle rule moves backups to a class such as GLACIER before they are a week old, or before they are as old as backup.retention.keep. They are kept, but a recovery waits for hours until one can be read.",
		Remedy:  "raise the days of the rule, or count the hours of the request to the time of a recovery",
	},
	{
		Code: "lifecycle_unknown", Stage: Locate,
		Meaning: "The lifecycle rules of the bucket are not known, and backup.retention.keep demands that backups are kept. It is a failure, unless the store does not know the question or the check has another failure.",
		Remedy:  "grant the credentials s3:GetLifecycleConfiguration on the bucket; if the store does not know the question, look at its rules with its own tools",
	},
	{
		Code: "lifecycle_unclear", Stage: Locate,
		Meaning: "A lifecycle rule may delete or archive backups too early. It applies to objects with certain tags, of a storage class or with a custom time, and a listing does not show whether the backups fulfil it.",
		Remedy:  "narrow the prefix of the rule so that it spares the backups, or check their tags with aws s3api get-object-tagging",
	},
	{
		Code: "backup_not_offsite", Stage: Locate,
		Meaning: "The bucket is in a region or account of backup.offsite. This is the failure of that code, unless the check has another one.",
		Remedy:  "copy the backups to a bucket in another region and account, and set backup.from to it",
	},
	{
		Code: "offsite_unknown", Stage: Locate,
		Meaning: "It is not known whether the bucket is in a region or account of backup.offsite. This is the failure of that code, unless the check has another one.",
		Remedy:  "grant the credentials s3:GetBucketLocation and s3:ListBucket on the bucket, or remove backup.offsite if the store cannot answer",
	},
	{
		Code: "bucket_public", Stage: Locate,
		Meaning: "Strangers may read the bucket, by its policy or its access control list. A block of public access of the whole account, which the check does not see, may make that void.",
		Remedy:  "block public access: aws s3api put-public-access-block, or gcloud storage buckets update --public-access-prevention",
	},
	{
		Code: "bucket_unversioned", Stage: Locate,
		Meaning: "The bucket keeps no versions. Whoever may write to it, such as the backup job or a thief of its key, can overwrite or delete every backup for good.",
		Remedy:  "keep versions: aws s3api put-bucket-versioning, or gcloud storage buckets update --versioning",
	},
	{
		Code: "bucket_unlocked", Stage: Locate,
		Meaning: "The bucket keeps versions, but does not lock them. Whoever may delete versions can delete every backup for good.",
		Remedy:  "lock new objects for as long as backups must be kept: aws s3api put-object-lock-configuration, or gcloud storage buckets update --retention-period",
	},
	{
		Code: "bucket_unencrypted", Stage: Locate,
		Meaning: "The store does not encrypt new objects, and the newest backup is not encrypted itself.",
		Remedy:  "encrypt new objects: aws s3api put-bucket-encryption",
	},
	{
		Code: "posture_unknown", Stage: Locate,
		Meaning: "The store did not say how it protects the backups: a permission is missing, it did not answer in time, or it does not know the question. Nothing is known about what the message names.",
		Remedy:  "grant the credentials the permissions that the finding names, and look up with the store's own tools what it does not answer",
	},
	{
		Code: "credentials_expire", Stage: Locate,
		Meaning: "The credentials of the source, such as a signed link or a SAS, end within a week. Those that are made for a short time are reported in the last quarter of it. Then neither a check nor a drill can read the backups.",
		Remedy:  "renew them, and give drillgres the new ones",
	},
	{
		Code: "backups_mixed", Stage: Locate,
		Meaning: "The names of the backups at the source are of several kinds, and the config does not say which one is meant. The newest of all was chosen, which may be of another database.",
		Remedy:  "set backup.match to the names of this database's backups, or backup.from to their folder",
	},
	{
		Code: "set_incomplete", Stage: Locate,
		Meaning: "A backup consists of several files (backup.parts), and the newest set lacks one. The newest complete set was chosen. The job may still be running.",
		Remedy:  "find out whether the backup job is still running, or why it does not write all of backup.parts",
	},
	{
		Code: "globals_old", Stage: Locate,
		Meaning: "The file with the roles of the cluster (backup.globals) is much older than the dump. Roles and memberships since then are not restored.",
		Remedy:  "back up the roles with each dump: pg_dumpall --globals-only",
	},
	{
		Code: "backup_growing", Stage: Locate,
		Meaning: "A backup of several files changed between two listings: it is still being written. An older one was chosen.",
		Remedy:  "drill when the backup job has ended",
	},
	{
		Code: "globals_missing", Stage: Locate,
		Meaning: "No file with the roles of the cluster (backup.globals) belongs to the backup. The drill makes the roles that the dump needs, without their passwords and memberships.",
		Remedy:  "back up the roles with each dump: pg_dumpall --globals-only",
	},
	{
		Code: "backup_copied", Stage: Locate,
		Meaning: "The object that was written last has an older date in its name than another one: it is probably a copy of an old backup. The one with the latest date in its name was chosen.",
		Remedy:  "keep the time of a backup when you copy it, or copy it to another folder",
	},
	{
		Code: "checksum_unreadable", Stage: Locate,
		Meaning: "The backup's sidecar file with the checksum could not be read. The bytes were not compared with it.",
		Remedy:  "let this user or these credentials read NAME.sha256 too, or remove it",
	},
	{
		Code: "checksum_malformed", Stage: Locate,
		Meaning: "The backup's sidecar file has no valid checksum. It is empty, contains something other than sha256 sums, or names other files only.",
		Remedy:  "write it with sha256sum after the backup is complete, or remove it",
	},
	{
		Code: "checksum_missing", Stage: Fetch,
		Meaning: "Without a checksum, rows that are lost in the middle of an uncompressed plain dump are not noticed. A compressed stream contains its own checksum.",
		Remedy:  "compress the dump, or store its checksum in a sidecar file NAME.sha256",
	},
	{
		Code: "key_readable", Stage: Fetch,
		Meaning: "A file with a key of backup.keys, or the one of evidence.sign, can be read by other users of the machine.",
		Remedy:  "make it readable by its owner only: chmod 600",
	},
	{
		Code: "key_expired", Stage: Fetch,
		Meaning: "The OpenPGP key that opened the backup has expired. It still decrypts, but gpg refuses to encrypt to it, so the backup job fails as soon as it imports the key again.",
		Remedy:  "extend the key's expiry date, and give the backup job the renewed public key",
	},
	{
		Code: "key_revoked", Stage: Fetch,
		Meaning: "The OpenPGP key that opened the backup is revoked. It still decrypts, but someone has declared that it must not be used any more.",
		Remedy:  "encrypt backups to another key, and keep this one for as long as backups need it",
	},
	{
		Code: "third_party_dump", Stage: Inspect,
		Meaning: "The end of the dump cannot be proved, because the dump does not say that pg_dump made it. Only pg_dump's last line shows that a plain dump is complete.",
		Remedy:  "dump with pg_dump and keep its comments",
	},
	{
		Code: "trailing_garbage", Stage: Inspect,
		Meaning: "Bytes follow the end of the compressed or encrypted stream. The dump itself is complete. gunzip warns about them and exits with 2, which stops a recovery script that checks it.",
		Remedy:  "find out what appends to the file",
	},
	{
		Code: "text_reencoded", Stage: Inspect,
		Meaning: "The dump begins with a byte order mark and has the line ends of Windows. PowerShell wrote it from the output of pg_dump, and may have replaced letters outside ASCII.",
		Remedy:  "use pg_dump --file instead of | or > in PowerShell, and compare rows with such letters",
	},
	{
		Code: "timezone_unknown", Stage: Inspect,
		Meaning: "The dump states a time without its zone, or with an abbreviation that several zones share. Its age, the RPO and the age of its rows are measured from the latest possible time.",
		Remedy:  "set backup.timezone to the zone of the machine that makes the dump",
	},
	{
		Code: "dump_older_than_object", Stage: Inspect,
		Meaning: "The object was written long after the dump in it was taken: it is probably a copy of an old backup, and another one may be newer. Ages and the RPO are measured from the dump's own time.",
		Remedy:  "set backup.match to names that leave the copy out, or keep the time of a backup when you copy it",
	},
	{
		Code: "database_changed", Stage: Inspect,
		Meaning: "The dump says that it is of another database than those of all earlier drills of this database. The newest backup may be that of another one.",
		Remedy:  "set backup.match to the names of this database's backups, unless the database was renamed",
	},
	{
		Code: "pg_dump_newer", Stage: Inspect,
		Meaning: "The dump was made by a newer pg_dump than production's major version. Such a dump often fails with version_skew.",
		Remedy:  "dump with the pg_dump of production's major version",
	},
	{
		Code: "partial_rows", Stage: Inspect,
		Meaning: "The dump was taken with row security on (pg_dump --enable-row-security). Rows that the policies hide from the dumping role are not in it.",
		Remedy:  "dump without --enable-row-security, as a role that row security does not restrict",
	},
	{
		Code: "no_keys", Stage: Inspect,
		Meaning: "The dump fills several tables and has no primary key, index, foreign key or trigger. It may lack the part that pg_dump writes last (--section=post-data).",
		Remedy:  "dump without --section, or with all sections",
	},
	{
		Code: "statement_missing", Stage: Inspect,
		Meaning: "pg_dump's comments announce statements that are not in the dump, of a kind that people remove on purpose: extensions, comments, privileges. It may also be a hole in the file.",
		Remedy:  "if nothing removes them on purpose, drill an older backup and check the storage",
	},
	{
		Code: "table_without_data", Stage: Inspect,
		Meaning: "Some tables are dumped without data, while others have theirs.",
		Remedy:  "dump without --exclude-table-data, unless that is intended",
	},
	{
		Code: "subscription", Stage: Inspect,
		Meaning: "The dump contains subscriptions with their connection strings. They cannot connect, because the sandbox has no network.",
		Remedy:  "drop or disable them first in a real recovery outside a sandbox",
	},
	{
		Code: "foreign_server", Stage: Inspect,
		Meaning: "The dump contains foreign servers, with the passwords of their user mappings. They cannot be reached, because the sandbox has no network.",
		Remedy:  "expect queries on their foreign tables to fail in the drill",
	},
	{
		Code: "event_trigger", Stage: Inspect,
		Meaning: "The dump contains event triggers, which are restored enabled. Their effects stay in the sandbox.",
		Remedy:  "make sure that they may run in a recovery",
	},
	{
		Code: "cron_jobs", Stage: Inspect,
		Meaning: "The dump contains pg_cron jobs. The drill keeps them from running; a real recovery would not.",
		Remedy:  "disable them first in a recovery that runs next to production",
	},
	{
		Code: "major_assumed", Stage: Inspect,
		Meaning: "The drill has no config that names production's major version, so it used the one that the dump states. A drill with a config never assumes it: a dump that restores only on a newer major is a failure.",
		Remedy:  "name production's major version with --postgres, or write a config with drillgres init",
	},
	{
		Code: "major_differs", Stage: Provision,
		Meaning: "The dump was taken from another major version than the one that it is restored into.",
		Remedy:  "set postgres.version to production's major version, unless the drill rehearses an upgrade",
	},
	{
		Code: "minor_unpatched", Stage: Provision,
		Meaning: "The image runs an older minor version than the server that was dumped. The drill lacks the fixes of the newer one.",
		Remedy:  "pull a newer postgres.image",
	},
	{
		Code: "database_owner", Stage: Provision,
		Meaning: "The dump does not state the owner of the database. The drill uses the role that owns most of the objects in the dump.",
		Remedy:  "set postgres.owner to the role that owns the database in production",
	},
	{
		Code: "role_created", Stage: Provision,
		Meaning: "The dump needs roles that it does not contain. The drill created them without login, password and memberships; a recovery from this backup alone would lack them.",
		Remedy:  "back up the roles too: pg_dumpall --globals-only",
	},
	{
		Code: "tablespace_moved", Stage: Provision,
		Meaning: "The backup creates a tablespace in a directory of production's machine. In the sandbox it is in the server's data directory.",
		Remedy:  "create the directories of CREATE TABLESPACE before a recovery, empty and owned by the server's user",
	},
	{
		Code: "app_role_unknown", Stage: Provision,
		Meaning: "The application's role owns nothing in the dump and has no privileges there. The drill created it all the same, and it may be the wrong one.",
		Remedy:  "correct app.role, or grant the role what it needs in production",
	},
	{
		Code: "locale_assumed", Stage: Provision,
		Meaning: "The dump states an encoding but no locale, and the image's locale has another encoding. The database has locale C, which sorts text differently than production.",
		Remedy:  "set postgres.locale to production's locale",
	},
	{
		Code: "client_unpatched", Stage: Restore,
		Meaning: "The image's psql is too old to be restricted to SQL (CVE-2025-8714). The dump was restored all the same, because it contains only what pg_dump writes.",
		Remedy:  "use an image with the current minor version of production's major",
	},
	{
		Code: "loaded_by_client", Stage: Restore,
		Meaning: "restore.loader is parallel, but psql or pg_restore loaded the dump: not every statement of it is understood, or the parallel load ended early. The message says why.",
		Remedy:  "set restore.loader to auto if that is how the backup is to be restored",
	},
	{
		Code: "public_schema_exists", Stage: Restore,
		Meaning: "The dump creates the schema public, which every new database already has. The drill left out that statement, and restored the schema's owner, comment and grants.",
		Remedy:  "expect psql with ON_ERROR_STOP and pg_restore --exit-on-error to stop there in a recovery, or dump the whole database with a current pg_dump",
	},
	{
		Code: "drops_first", Stage: Restore,
		Meaning: "The dump begins by dropping objects that a new database does not have (pg_dump --clean without --if-exists). The drill restored it as if it had been made with --if-exists.",
		Remedy:  "dump with --clean --if-exists, or without --clean",
	},
	{
		Code: "view_not_filled", Stage: Restore,
		Meaning: "A materialised view takes its rows from another server, which a sandbox cannot reach. It was restored without rows.",
		Remedy:  "expect the view to be empty in a recovery until the other server can be reached",
	},
	{
		Code: "database_settings_lost", Stage: Restore,
		Meaning: "Some settings of the database itself could not be restored. They are set by ALTER DATABASE … SET, such as a search_path; a restore into a real server also sets its privileges. A query of the config that ends in an error is then unknown, and does not fail the drill.",
		Remedy:  "check that production's server knows what ALTER DATABASE … SET and GRANT name",
	},
	{
		Code: "analyze_failed", Stage: Restore,
		Meaning: "ANALYZE ended early, because a function that an index or a statistic calls failed. No rows are missing; autovacuum in production fails the same way.",
		Remedy:  "repair the function that the message names, in production",
	},
	{
		Code: "rows_added", Stage: Verify,
		Meaning: "A table has more rows after the restore than the dump contains. Something in the database wrote to it during the restore.",
		Remedy:  "look for triggers, rules or jobs that write to the table while it is restored",
	},
	{
		Code: "index_incomplete", Stage: Verify,
		Meaning: "A partitioned index has no index on some partitions and is not valid. The same is true in production.",
		Remedy:  "create the index on every partition in production and attach it",
	},
	{
		Code: "constraint_not_validated", Stage: Verify,
		Meaning: "Some constraints were never checked against the rows (NOT VALID). The same is true in production, or a release's migration leaves them so.",
		Remedy:  "run ALTER TABLE … VALIDATE CONSTRAINT in production, in a separate transaction",
	},
	{
		Code: string(SequenceBehind), Stage: Verify,
		Meaning: "A sequence's next value already exists in its column, which has no unique index. The next insert works and creates a duplicate, which may be intended.",
		Remedy:  "set the sequence in production with setval, unless duplicates are intended",
	},
	{
		Code: "sequence_collides", Stage: Verify,
		Meaning: "A sequence's next value is free, but one of the 1,000 values after it already exists in its column. The next inserts work, and a later one fails. The same is true in production.",
		Remedy:  "set the sequence in production with setval, beyond the ids that were set by hand",
	},
	{
		Code: "sequence_unused", Stage: Verify,
		Meaning: "A sequence that has never returned a value is behind its column. The same is true in production, for example if rows get their ids by hand.",
		Remedy:  "set the sequence in production with setval, if rows are ever to take their values from it",
	},
	{
		Code: "amcheck_missing", Stage: Verify,
		Meaning: "Neither indexes nor the pages of tables were checked, because the image has no amcheck.",
		Remedy:  "set postgres.image to an image with Postgres' contrib modules",
	},
	{
		Code: "integrity_unreached", Stage: Verify,
		Meaning: "Some relations were not checked within the time for integrity. The largest come last, and the result names them.",
		Remedy:  "raise verify.integrity_within",
	},
	{
		Code: "integrity_unclear", Stage: Verify,
		Meaning: "Some relations could not be checked, because the check itself failed. They are not known to be damaged.",
		Remedy:  "look up the SQLSTATE in the message",
	},
	{
		Code: string(SearchPathDependency), Stage: Verify,
		Meaning: "The restore has changed the meaning of an expression. IS DISTINCT FROM, NULLIF, CASE, IN and JOIN … USING cannot name their operator in a dump. With the empty search_path of a restore, " +
			"values of a type such as citext are compared by the = of text. Every restore of this database has this effect.",
		Remedy: "write the comparison with OPERATOR(schema.=) in production",
	},
	{
		Code: "content_drifted", Stage: Verify,
		Meaning: "A table is gone or has far fewer rows than in the last verified drill. With fewer than three verified drills it is unknown how much the table changes, so this is not a failure yet.",
		Remedy:  "find out what the table has lost, or allow it with verify.drift.tables",
	},
	{
		Code: "schema_changed", Stage: Verify,
		Meaning: "The schema differs from that of the baseline drill. Most such changes come from a migration.",
		Remedy:  "compare the change with the migrations since then",
	},
	{
		Code: "table_emptied", Stage: Verify,
		Meaning: "A table that had rows in the baseline drill is empty. It had too few rows for verify.drift.rows to count, or any loss is allowed.",
		Remedy:  "find out what emptied it, or allow it with verify.drift.tables",
	},
	{
		Code: "app_as_superuser", Stage: App,
		Meaning: "The application connected as superuser. Missing privileges would not have been noticed.",
		Remedy:  "set app.role to the role that the application has in production",
	},
	{
		Code: "app_role_no_login", Stage: App,
		Meaning: "The application connected as a role that may not log in according to the backup, such as a group that owns the database. The drill let it log in.",
		Remedy:  "set app.role to the role that the application has in production",
	},
	{
		Code: "service_ended", Stage: App,
		Meaning: "A service of app.services exited while the application was being tested.",
		Remedy:  "check what the service needs, because it runs without a network",
	},
	{
		Code: "migrated_as_superuser", Stage: Migrate,
		Meaning: "The migrations connected as superuser. Missing privileges would not have been noticed.",
		Remedy:  "set migrate.role to the role that migrates production",
	},
	{
		Code: "candidate_not_checked", Stage: Migrate,
		Meaning: "No image of the candidate is known. The drill did not check whether it runs on the new schema.",
		Remedy:  "set app.candidate, or name the image with --candidate",
	},
	{
		Code: "current_breaks", Stage: Migrate,
		Meaning: "Today's release does not run on the new schema. With migrate.current: warn, this does not fail the drill.",
		Remedy:  "stop today's release before the migrations run, or split the migration",
	},
	{
		Code: "rewrites_table", Stage: Migrate,
		Meaning: "A migration rewrites a table with rows, or one of its indexes. Until that ends, the table can be neither read nor written.",
		Remedy:  "add a new column, fill it in batches, and switch over to it",
	},
	{
		Code: "blocks_reads", Stage: Migrate,
		Meaning: "A migration locks a table with rows against reads and writes while it scans all of them, or for at least a second.",
		Remedy:  "add constraints with NOT VALID and validate them later, and indexes with CONCURRENTLY",
	},
	{
		Code: "blocks_writes", Stage: Migrate,
		Meaning: "A migration locks a table with rows against writes while it scans all of them, or for at least a second.",
		Remedy:  "build indexes with CONCURRENTLY, and add foreign keys with NOT VALID and validate them later",
	},
	{
		Code: "no_lock_timeout", Stage: Migrate,
		Meaning: "A migration requests a lock that blocks others and would wait for it forever. Every later query on the table waits behind it. A lock_timeout that the tool sets when it connects, and not in a " +
			"statement, is not visible to the drill.",
		Remedy: "run SET lock_timeout before the statement, and try again if it times out",
	},
	{
		Code: "many_statements_under_lock", Stage: Migrate,
		Meaning: "A transaction runs further statements while it holds a lock that blocks others. They wait until all of these end too.",
		Remedy:  "end the transaction after the statement that takes the lock",
	},
	{
		Code: "several_alter_tables", Stage: Migrate,
		Meaning: "A transaction alters a table more than once. Each statement may scan all rows again.",
		Remedy:  "write them as one ALTER TABLE with several actions",
	},
	{
		Code: "drops_data", Stage: Migrate,
		Meaning: "A migration drops a table or column that contains values, or removes all rows of a table. A rollback of the code does not restore them.",
		Remedy:  "release the code that no longer needs them first, then allow the drop by name with migrate.allow",
	},
	{
		Code: "index_left_invalid", Stage: Migrate,
		Meaning: "A migration leaves an invalid index behind, as a failed CREATE INDEX CONCURRENTLY does. Writes keep it up to date, but no query uses it.",
		Remedy:  "drop the index, remove the cause of the failure, and build it again",
	},
	{
		Code: "fk_without_index", Stage: Migrate,
		Meaning: "No index begins with the columns of a new foreign key. Each delete in the referenced table scans the whole referencing table.",
		Remedy:  "create the index, with CONCURRENTLY if the table already exists",
	},
	{
		Code: "adds_json_column", Stage: Migrate,
		Meaning: "A migration adds a column of type json, which has no equality operator. SELECT DISTINCT on the table fails from then on.",
		Remedy:  "use the type jsonb",
	},
	{
		Code: "creates_enum", Stage: Migrate,
		Meaning: "A migration creates an enum. Its values cannot be removed later.",
		Remedy:  "use a table of the values and a foreign key to it",
	},
	{
		Code: "nothing_to_migrate", Stage: Migrate,
		Meaning: "The migrations of the release changed neither the schema nor any row. The migration tool's own tables do not count.",
		Remedy:  "check whether migrate.command or migrate.sql names the migrations of this release",
	},
}
