package outcome

// locateCodes can be found when the source is listed.
var locateCodes = []Entry{
	{
		Code: BackupMissing, Class: ClassBackup, Stages: []Stage{Locate},
		Cause:  "Nothing at the source matches. The source can be listed, but no name in it matches backup.match or, without a pattern, looks like a backup.",
		Remedy: "check that the backup job still runs and that backup.from and backup.match name where it writes",
		Example: Example{
			Case:    "The job was changed from plain to custom dumps, and the config still looks for the old names.",
			Message: `backup.match "*.sql.gz" matches nothing among 14 objects in file:///srv/shop/backups, the newest of them shop-1123.dump from 2026-11-23T02:00:57Z`,
		},
		Neighbours: []Neighbour{
			{SourceNotFound, "the bucket or directory itself does not exist"},
			{BackupStale, "backups exist, but the newest is too old"},
			{SourceDenied, "the source refuses to be listed"},
		},
	},
	{
		Code: BackupStale, Class: ClassBackup, Stages: []Stage{Locate, Inspect},
		Cause: "The newest backup, or the dump in it, is older than backup.max_age. The locate stage uses the time of the object, the inspect stage the time that the " +
			"dump states: a new file can contain an old dump. An object dated more than a day in the future counts as stale too, because it hides every real one.",
		Remedy: "find out why the backup job stopped, or raise backup.max_age if this age is intended",
		Example: Example{
			Case:    "The backup job has not run for two days.",
			Message: "the newest backup, shop.dump, is 2d old (from 2026-11-21T17:35:59Z); backup.max_age allows 26h",
		},
		Neighbours: []Neighbour{
			{DataStale, "the dump is recent but its newest row is not, because of a lagging replica or a stopped writer"},
			{BackupMissing, "no backup exists at all"},
		},
	},
	{
		Code: BackupTooSmall, Class: ClassBackup, Stages: []Stage{Locate, Fetch},
		Cause:  "The backup is smaller than backup.min_size. Only its size was checked, not its content.",
		Remedy: "look in the backup job's log for an error before the upload, or lower backup.min_size",
		Example: Example{
			Case:    "The job dumps an empty database of the same name on another server.",
			Message: "shop.dump has only 101.9 KiB; backup.min_size requires 10.0 MiB",
		},
		Neighbours: []Neighbour{
			{BackupEmpty, "the backup contains nothing at all"},
			{DumpTruncated, "the backup is large enough, but its end is missing"},
			{ContentDrifted, "the restored content is far smaller than that of the last passed drill"},
		},
	},
	{
		Code: BackupEmpty, Class: ClassBackup, Stages: []Stage{Locate, Fetch},
		Cause: "The backup is empty. It has zero bytes, or it is a gzip or zstd stream of nothing, or of nothing but white space. psql restores such a file without a " +
			"message and exits with 0.",
		Remedy: "look for an error of pg_dump in the backup job's log, and set -o pipefail so that a failure in a pipeline ends the job",
		Example: Example{
			Case:    "pg_dump failed, and pg_dump shop | gzip > shop.sql.gz exited with gzip's 0.",
			Message: "the backup is empty: the gzip stream contains no data",
		},
		Messages: []string{"pg_restore: error: input file is too short (read 0, expected 5)"},
		Neighbours: []Neighbour{
			{DumpNoData, "the file contains a complete dump without a single row"},
			{BackupTooSmall, "the file contains bytes, but fewer than backup.min_size"},
			{StreamTruncated, "a gzip or zstd stream begins and does not end"},
		},
	},
	{
		Code: SourceDenied, Class: ClassEnvironment, Stages: []Stage{Locate, Fetch},
		Cause:  "The source refuses access. Credentials are missing, expired or wrong or lack a permission, or this user may not read the file.",
		Remedy: "give this machine credentials that may list and read the source",
		Example: Example{
			Case:    "The credentials may list the bucket, but not read its objects.",
			Message: "check s3://acme-backups/shop.dump: refused (Forbidden, HTTP 403, request R07XGE3D4MUKVAC7)",
		},
		Messages: []string{
			"AccessDenied", "InvalidAccessKeyId", "ExpiredToken",
			"SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.",
		},
		Neighbours: []Neighbour{
			{SourceUnreachable, "nothing answers, or what answers is not an object store"},
			{SourceNotFound, "the bucket or directory does not exist"},
			{BackupArchived, "the object may be read, but only after it is restored from an archive"},
		},
	},
	{
		Code: SourceUnreachable, Class: ClassEnvironment, Stages: []Stage{Locate, Fetch},
		Cause: "The source does not answer as it should. A name does not resolve, a connection is refused or breaks, a certificate is not valid, the server still has " +
			"errors after retries, the server is not an object store, or a disk has read errors.",
		Remedy: "check the endpoint and this machine's network, then run the drill again",
		Example: Example{
			Case: "The object store went down while the backup was being fetched.",
			Message: "gave up at byte 16777216 of 41943040 of s3://acme-backups/prod/shop.dump, after 8 attempts without a byte: " +
				"dial tcp 10.0.0.7:9000: connect: connection refused",
		},
		Messages: []string{
			"SlowDown: Please reduce your request rate", "x509: certificate signed by unknown authority", "no such host",
		},
		Neighbours: []Neighbour{
			{SourceDenied, "the source answers and refuses access"},
			{SourceNotFound, "the source answers that the bucket does not exist"},
		},
	},
	{
		Code: SourceNotFound, Class: ClassEnvironment, Stages: []Stage{Locate},
		Cause:  "The bucket or directory does not exist. A bucket may also be in another region or at another endpoint than the config says.",
		Remedy: "correct backup.from, or backup.s3.region and backup.s3.endpoint",
		Example: Example{
			Case:    "The volume with the backups is not mounted.",
			Message: "/srv/shop/backups does not exist",
		},
		Messages: []string{"NoSuchBucket", "PermanentRedirect", "AuthorizationHeaderMalformed: the region 'us-east-1' is wrong"},
		Neighbours: []Neighbour{
			{BackupMissing, "the bucket or directory exists, but contains no backup"},
			{SourceDenied, "the source refuses access, so it is not known what exists"},
			{SourceUnreachable, "nothing answers"},
		},
	},
	{
		Code: FormatUnsupported, Class: ClassEnvironment, Stages: []Stage{Locate, Fetch, Inspect},
		Cause: "This version does not restore backups of this kind, which may well be good. Unsupported are physical backups (pg_basebackup, WAL-G, pgBackRest), archives of " +
			"other programs (7z, rar, cpio), base64, compressions such as lzma and lzop, more than four layers, several dumps with databases in one file, one of several files of a " +
			"backup (only roles, only the schema, the script of an unpacked tar), and archives of an unknown version. What is in a layer that is not opened is unknown.",
		Remedy: "drill a pg_dump in any of its formats, or a pg_dumpall, in layers that drillgres reads",
		Example: Example{
			Case:    "The job packs the dump with 7z.",
			Message: "the backup is a 7z archive, which this version does not open",
		},
		Neighbours: []Neighbour{
			{NotADump, "it is not a Postgres backup"},
			{KeyMissing, "it is encrypted"},
			{DumpTooNew, "production's pg_restore does not read the version of the archive"},
		},
	},
	{
		Code: PartMissing, Class: ClassBackup, Stages: []Stage{Locate},
		Cause:  "A backup consists of several files (backup.parts), and no set of files at the source is complete. The job was interrupted between two files, or writes other names.",
		Remedy: "find out why the backup job does not write all of backup.parts, or correct them",
		Example: Example{
			Case:    "The job writes roles-*.sql and schema-*.sql, and fails before data-*.sql.",
			Message: "no set of files is complete: beside roles-2026.sql, schema-2026.sql, nothing matches data-*.sql",
		},
		Neighbours: []Neighbour{
			{BackupMissing, "not one file matches"},
			{DumpPartial, "the set is complete, and what is in it is not"},
		},
	},
	{
		Code: RetentionShort, Class: ClassBackup, Stages: []Stage{Locate},
		Cause: "The backups at the source do not cover what backup.retention asks for: the oldest is too young, or two neighbouring ones are too far apart. A lifecycle rule or the " +
			"job's own retention deletes them too early, or the job did not run. It counts the files; it does not drill the older ones.",
		Remedy: "find out what deletes old backups or why the job did not run, or correct backup.retention",
		Example: Example{
			Case:    "A lifecycle rule deletes objects after 7 days, and retention.keep is 30d.",
			Message: "the oldest of 7 backups, shop-2026-11-21.dump, is 6d 2h old; backup.retention.keep wants 30d",
		},
		Neighbours: []Neighbour{
			{BackupStale, "the newest backup is too old"},
			{BackupMissing, "there is no backup at all"},
		},
	},
}
