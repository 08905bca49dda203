package outcome

// inspectCodes can be found while the dump is read.
var inspectCodes = []Entry{
	{
		Code: NotADump, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause: "The file is not a dump: an error page, a log, SQL of another database, another program's file, or the wrong object. Its first bytes are those of " +
			"something else, or no SQL statement in the whole file creates or fills anything. The message names what was recognised, and quotes nothing of the file: " +
			"its first line may be a row. Bytes that nothing recognises may also be an encrypted backup whose tool leaves no mark.",
		Remedy: "look at the first bytes of the file, then correct the backup job or backup.match",
		Example: Example{
			Case:    "pg_dump could not log in, and pg_dump shop 2>&1 | gzip compressed its error message.",
			Message: "not a dump: it begins with a message of pg_dump (it could not log in)",
		},
		Messages: []string{"pg_restore: error: input file does not appear to be a valid archive"},
		Neighbours: []Neighbour{
			{FormatUnsupported, "it is a Postgres backup of a kind that this version does not restore"},
			{KeyMissing, "it is encrypted"},
			{DumpCorrupt, "it is a dump, and part of it is damaged"},
		},
	},
	{
		Code: DumpTruncated, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause: `The end of the dump is missing: its trailer, \unrestrict, or a block of data. Other tools do not notice: psql exits with 0 after a plain dump that is ` +
			"cut at the end of a line, and pg_restore --list accepts any archive with a complete table of contents. A drill reads every byte.",
		Remedy: "check pg_dump's exit status and the free space on the machine that makes the backup",
		Example: Example{
			Case:    "The disk was full while pg_dump wrote a custom archive, and the job uploaded the incomplete file.",
			Message: "the archive ends within a block of data",
		},
		Messages: []string{
			"pg_restore: error: could not read from input file: end of file",
			`missing data for column "v"`, "syntax error at end of input",
		},
		Neighbours: []Neighbour{
			{StreamTruncated, "the gzip or zstd stream around the dump ends early"},
			{DumpCorrupt, "the end exists, but something before it cannot be read"},
			{ContentIncomplete, "the dump is complete, but less than it promises was restored"},
		},
	},
	{
		Code: DumpCorrupt, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause: "The dump is damaged. The blocks of an archive or its table of contents cannot be read, or a plain dump contains what cannot be there: zero bytes, " +
			"rows outside of any COPY, text that is not SQL, or messages of pg_dump and of the job (2>&1, docker exec -t). An archive that went through a terminal has " +
			"a carriage return before each line feed.",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
		Example: Example{
			Case:    "A bit flipped in a custom archive.",
			Message: "the archive is damaged: a block of data does not decode: zlib: invalid checksum",
		},
		Messages: []string{
			"pg_restore: error: could not uncompress data: incorrect data check",
			"could not find block ID", "found unexpected block ID",
		},
		Neighbours: []Neighbour{
			{DumpTruncated, "everything can be read up to where the file ends too early"},
			{StreamCorrupt, "the checksum of the gzip or zstd stream around the dump does not match"},
			{CopyFailed, "the dump can be read, but the server refuses one of its rows"},
		},
	},
	{
		Code: DumpNoData, Class: ClassBackup, Stages: []Stage{Inspect, Verify},
		Cause: "The dump is complete but contains no rows. All of the tables that it creates are empty, and it has no large objects. Rows for the tables of an " +
			"extension, such as jobs of pg_cron, do not count. Rows that cannot be counted in the dump are counted after the restore. If an empty database is " +
			"intended, verify.allow_empty lets the drill pass.",
		Remedy: "check which database the backup job dumps and that it runs without --schema-only, or set verify.allow_empty",
		Example: Example{
			Case:    "The job runs pg_dump --schema-only.",
			Message: "the dump is complete but contains no rows in any of its 21 tables",
		},
		Neighbours: []Neighbour{
			{BackupEmpty, "the file contains no dump at all"},
			{RowsMissing, "rows exist, but a table has fewer than verify.tables expects"},
			{DumpPartial, "rows exist, but the dump does not create their tables"},
		},
	},
	{
		Code: DumpPartial, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause: "The dump is only a part of a database. It fills tables, or refers to tables, that it does not create. pg_dump writes such a dump with --data-only, " +
			"--section, --table or --schema. It cannot be restored into an empty database. A dump with a damaged name of a table looks the same.",
		Remedy: "dump the whole database, without --data-only, --section, --table and --schema",
		Example: Example{
			Case:    "The job runs pg_dump --data-only, and nothing dumps the schema.",
			Message: "the dump is only a part of a database: it needs 2 tables that it does not create: public.orders, public.users",
		},
		Neighbours: []Neighbour{
			{DumpNoData, "the tables are in the dump, but their rows are not"},
			{DumpTruncated, "the dump was complete once, and its end is missing"},
			{TableMissing, "the dump can be restored, but lacks a table of verify.tables"},
		},
	},
	{
		Code: DumpTooNew, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause: "The dump was made by a newer pg_dump than production's major version can restore. The archive states its version: pg_restore 13 to 15 reads up to " +
			"1.14, pg_restore 16 up to 1.15, and pg_restore 17 and 18 up to 1.16.",
		Remedy: "dump with the pg_dump of production's major version, or correct postgres.version",
		Example: Example{
			Case:    "The machine that makes the backup was updated to pg_dump 17, and production runs 15.",
			Message: "pg_restore 15 reads archives up to version 1.14, and this one is 1.16, made by pg_dump 17.12",
		},
		Messages: []string{"pg_restore: error: unsupported version (1.16) in file header"},
		Neighbours: []Neighbour{
			{VersionSkew, "the dump can be read, but the server does not know a setting or syntax in it"},
			{ClientTooOld, "production's major version can read the dump, but the image's psql or pg_restore cannot"},
			{FormatUnsupported, "drillgres does not know the version of this archive"},
		},
	},
	{
		Code: DumpHostile, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause: "The dump contains psql meta-commands where only data and SQL belong. psql would run them with the rights of the user who restores; pg_dump writes " +
			`only \restrict, \unrestrict and \connect. A COPY from or to a file or a program of the server counts too. The drill finds them before it runs ` +
			"anything in the dump.",
		Remedy: "do not restore this file anywhere, and find out who could write to the backup",
		Example: Example{
			Case:    `Someone added \! touch /tmp/owned above the first CREATE TABLE.`,
			Message: `psql's command \!, which pg_dump never writes`,
		},
		Messages: []string{`backslash commands are restricted; only \unrestrict is allowed`, `\unrestrict: wrong key`},
		Neighbours: []Neighbour{
			{CopyFailed, `the line is a row with \N in it, whose COPY line is missing`},
			{DumpCorrupt, "psql has no command of that name, so the line is a row or damage"},
			{ClientTooOld, `psql does not know \restrict itself`},
		},
	},
	{
		Code: DatabaseMissing, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause:  "The backup is of a whole cluster (pg_dumpall), and the database that backup.database names is not in it.",
		Remedy: "find out why production's database is not in the backup, or correct backup.database",
		Example: Example{
			Case:    "The job runs pg_dumpall --exclude-database=shop*, and backup.database is shop.",
			Message: "the backup of the cluster has no database shop: it has crm, postgres, template1",
		},
		Neighbours: []Neighbour{
			{DumpTruncated, "the backup ends before the part about the database"},
			{DumpNoData, "the database is in the backup, without rows"},
		},
	},
}
