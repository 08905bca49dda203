package outcome

// inspectCodes can be found once the dump itself is read.
var inspectCodes = []Entry{
	{
		Code: NotADump, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause: "An error page, a log, another program's file, or the wrong object. The first bytes are those of something else, " +
			"or nothing in the whole file makes or fills anything in SQL.",
		Remedy: "look at the first bytes of the file and correct the backup job or backup.match",
		Example: Example{
			Case: "pg_dump could not log in, and pg_dump shop 2>&1 | gzip packed what it said about that.",
			Message: `not a dump: it begins with "pg_dump: error: connection to server at \"db\" (10.0.0.3), port 5432 failed: ` +
				`FATAL:  password authentication failed for us…"`,
		},
		Messages: []string{"pg_restore: error: input file does not appear to be a valid archive"},
		Neighbours: []Neighbour{
			{FormatUnsupported, "it is a backup of Postgres, of a kind that this version does not restore"},
			{KeyMissing, "it is encrypted"},
			{DumpCorrupt, "it is a dump, with damage in it"},
		},
	},
	{
		Code: DumpTruncated, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause: `The dump has no end: its trailer, \unrestrict, or a block of data is missing. Every byte is read for that, because others do not notice: ` +
			"psql exits 0 on a plain dump cut at the end of a line, and pg_restore --list on any archive with a whole table of contents.",
		Remedy: "check pg_dump's exit status and the free space where the backup is made",
		Example: Example{
			Case:    "The disk was full while pg_dump wrote a custom archive, and the job uploaded what there was.",
			Message: "the archive ends within a block of data",
		},
		Messages: []string{
			"pg_restore: error: could not read from input file: end of file",
			`missing data for column "v"`, "syntax error at end of input",
		},
		Neighbours: []Neighbour{
			{StreamTruncated, "it is the gzip or zstd around the dump that ends early"},
			{DumpCorrupt, "the end is there, and something before it does not read"},
			{ContentIncomplete, "the dump is whole, and less than it promises was restored"},
		},
	},
	{
		Code: DumpCorrupt, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause: "The archive's blocks or its table of contents do not read. Or a plain dump holds what cannot be there: zero bytes, rows outside of any COPY, " +
			"text that is no SQL, messages of pg_dump.",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
		Example: Example{
			Case:    "One bit of a custom archive was flipped.",
			Message: "the archive is damaged: a block of data does not decode: zlib: invalid checksum",
		},
		Messages: []string{
			"pg_restore: error: could not uncompress data: incorrect data check",
			"could not find block ID", "found unexpected block ID",
		},
		Neighbours: []Neighbour{
			{DumpTruncated, "everything reads up to where the file ends too early"},
			{StreamCorrupt, "it is the gzip or zstd around the dump that fails its check"},
			{CopyFailed, "the dump reads, and the server refuses a row of it"},
		},
	},
	{
		Code: DumpNoData, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause:  "The dump is whole but holds no rows. None of its tables has one, nor is there a large object; where that is intended, verify.allow_empty lets it pass.",
		Remedy: "check which database the backup job dumps and that it runs without --schema-only, or set verify.allow_empty",
		Example: Example{
			Case:    "The job runs pg_dump --schema-only.",
			Message: "the dump is complete but contains no rows in any of its 21 tables",
		},
		Neighbours: []Neighbour{
			{BackupEmpty, "there is no dump at all"},
			{RowsMissing, "there are rows, and in one table fewer than verify.tables expects"},
		},
	},
	{
		Code: DumpTooNew, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause: "Made by a newer pg_dump than production's major can restore. The archive tells its version: pg_restore reads up to 1.14 in the majors 13 to 15, " +
			"1.15 in 16, and 1.16 in 17 and 18.",
		Remedy: "dump with the pg_dump of production's major, or correct postgres.version",
		Example: Example{
			Case:    "The machine that makes the backup was updated to pg_dump 17, and production runs 15.",
			Message: "pg_restore 15 reads archives up to version 1.14, and this one is 1.16, made by pg_dump 17.12",
		},
		Messages: []string{"pg_restore: error: unsupported version (1.16) in file header"},
		Neighbours: []Neighbour{
			{VersionSkew, "the dump is read, and the server does not know something in it"},
			{ClientTooOld, "production's major could read it, and the image's psql or pg_restore cannot"},
			{FormatUnsupported, "it is drillgres that does not know this archive's version"},
		},
	},
	{
		Code: DumpHostile, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause: `psql meta-commands where only data and SQL belong. psql would run them with the rights of whoever restores; pg_dump writes none but \restrict, \unrestrict and \connect. ` +
			"A COPY with a file or a program of the server counts too. It is found before anything of the dump is run.",
		Remedy: "do not restore this file anywhere: find out who could write to the backup",
		Example: Example{
			Case:    `Somebody wrote \! touch /tmp/owned above the first CREATE TABLE.`,
			Message: `psql's command \!, which pg_dump never writes`,
		},
		Messages: []string{`backslash commands are restricted; only \unrestrict is allowed`, `\unrestrict: wrong key`},
		Neighbours: []Neighbour{
			{CopyFailed, `the line is a row with \N in it, whose COPY line is lost`},
			{DumpCorrupt, "no command of psql has that name: it is a row, or damage"},
			{ClientTooOld, `psql complains of \restrict itself, which it does not know yet`},
		},
	},
}
