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
			"dump states: a new file can contain an old dump. An object dated more than a day in the future counts as stale too, because it hides every real one. " +
			"drillgres gate also compares the age with --max-backup-age.",
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
		Cause: "The backup is smaller than backup.min_size or, in a check, than a tenth of the usual size. The usual size is that of the newest backup of the " +
			"same kind of name and format that a drill verified. Without one, it is the median of the last ten such backups before it, if there are four or more. Only its size was checked, not " +
			"its content. A drill reports an unusual size as a finding. Once a drill has verified a backup that small, that size is usual.",
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
	{
		Code: LifecycleDeletes, Class: ClassBackup, Stages: []Stage{Locate},
		Cause: "A lifecycle rule of the bucket deletes backups before they are as old as backup.retention.keep. drillgres check plays the enabled rules forward over the " +
			"backups of today: S3 applies a rule at the midnight in UTC that follows the age, and up to two days later. In a bucket that keeps versions the rule hides the backup, " +
			"and its version stays until another rule deletes it. Without backup.retention.keep this is a finding, for backups that are not a week old.",
		Remedy: "raise the days of the rule or narrow its prefix (aws s3api get-bucket-lifecycle-configuration shows it, put-bucket-lifecycle-configuration replaces it), or lower backup.retention.keep",
		Example: Example{
			Case:    "A rule that was meant for logs has an empty prefix.",
			Message: `the lifecycle rule "logs" deletes shop-2026-11-23.dump on 2026-12-01, when it is 7d 22h old: less than the 30d of backup.retention.keep`,
		},
		Neighbours: []Neighbour{
			{LifecycleUnknown, "the store does not state its rules"},
			{RetentionShort, "the older backups are gone already"},
			{BackupArchived, "a rule moved the newest backup to a class from which it cannot be read at once"},
		},
	},
	{
		Code: LifecycleUnknown, Class: ClassEnvironment, Stages: []Stage{Locate},
		Cause: "backup.retention.keep demands that backups are kept, and the lifecycle rules of the bucket are not known. The store refused to list them, or did not " +
			"answer. A rule may delete backups too early.",
		Remedy: "grant the credentials s3:GetLifecycleConfiguration (on Google Cloud storage.buckets.get) on the bucket, or check again later",
		Example: Example{
			Case:    "The credentials may list the backups, and nothing else.",
			Message: "the lifecycle rules of the bucket are unknown, so they may delete backups before the 30d of backup.retention.keep: refused (AccessDenied)",
		},
		Neighbours: []Neighbour{
			{LifecycleDeletes, "a rule is known to delete backups too early"},
			{RetentionShort, "the older backups are gone already"},
		},
	},
	{
		Code: BackupNotOffsite, Class: ClassBackup, Stages: []Stage{Locate},
		Cause: "The bucket of the backups is where backup.offsite says that it must not be: in a region of not_in, or in the AWS account not_account. What destroys " +
			"production there, such as an outage of the region or a stolen key of the account, destroys the backups too.",
		Remedy: "copy the backups to a bucket in another region and account (aws s3 sync, or a replication rule), and set backup.from to it",
		Example: Example{
			Case:    "The bucket was made in the default region, which is that of production.",
			Message: "the bucket is in eu-central-1; backup.offsite.not_in names that region",
		},
		Neighbours: []Neighbour{
			{OffsiteUnknown, "the store does not say where the bucket is"},
		},
	},
	{
		Code: OffsiteUnknown, Class: ClassEnvironment, Stages: []Stage{Locate},
		Cause: "backup.offsite demands that the bucket is in another region or account, and it is not known where it is. The store refused to say so, did not answer, or does " +
			"not know the question; or the bucket is in a multi-region of Google Cloud, which may include the region.",
		Remedy: "grant the credentials s3:GetBucketLocation and s3:ListBucket on the bucket, or remove backup.offsite if the store cannot answer",
		Example: Example{
			Case:    "The store is not AWS and does not compare the expected owner of a bucket.",
			Message: "the account of the bucket is unknown, so backup.offsite cannot be checked: the store does not answer this question",
		},
		Neighbours: []Neighbour{
			{BackupNotOffsite, "the bucket is known to be where it must not be"},
		},
	},
}
