package outcome

// Entry is what the catalogue knows of a code.
type Entry struct {
	Code   Code
	Stages []Stage // where it can be found; empty: anywhere
	Class  Class
	Cause  string
	Remedy string // one imperative sentence, lower case, no full stop

	Example    string      // what a drill prints, or what was done to get there
	Neighbours []Neighbour // codes that are easily taken for this one
}

// Neighbour tells a code from another one.
type Neighbour struct {
	Code Code
	Tell string // what is so there and not here, one sentence, lower case, no full stop
}

// Catalogue lists every code that this version can report, in stage order.
var Catalogue = []Entry{
	{
		Code: BackupMissing, Class: ClassBackup, Stages: []Stage{Locate},
		Cause:  "nothing at the source matches",
		Remedy: "check that the backup job still runs and that backup.from and backup.match name where it writes",
	},
	{
		Code: BackupStale, Class: ClassBackup, Stages: []Stage{Locate, Inspect},
		Cause:  "the newest backup, or the dump in it, is older than backup.max_age",
		Remedy: "find out why the backup job stopped, or raise backup.max_age if this age is intended",
	},
	{
		Code: BackupTooSmall, Class: ClassBackup, Stages: []Stage{Locate},
		Cause:  "the backup is smaller than backup.min_size",
		Remedy: "look at the backup job's log for an error before the upload, or lower backup.min_size",
	},
	{
		Code: BackupEmpty, Class: ClassBackup, Stages: []Stage{Locate, Fetch},
		Cause:  "zero bytes, or nothing but a compressed emptiness",
		Remedy: "look at the backup job's log: pg_dump most likely failed in a pipe whose exit status nobody checked (set -o pipefail)",
	},
	{
		Code: SourceDenied, Class: ClassEnvironment, Stages: []Stage{Locate, Fetch},
		Cause:  "credentials are missing, expired or refused",
		Remedy: "give this machine credentials that may list and read the source",
	},
	{
		Code: SourceUnreachable, Class: ClassEnvironment, Stages: []Stage{Locate, Fetch},
		Cause:  "the source does not answer: DNS, TCP, TLS, a timeout, or errors of the server after retries",
		Remedy: "check the endpoint and this machine's network, then run the drill again",
	},
	{
		Code: SourceNotFound, Class: ClassEnvironment, Stages: []Stage{Locate},
		Cause:  "the bucket or directory does not exist",
		Remedy: "correct backup.from",
	},
	{
		Code: BackupArchived, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "the object lies in a storage class that must be thawed before it can be read",
		Remedy: "thaw the object, and keep the newest backup in a class that can be read at once",
	},
	{
		Code: BackupChanged, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause:  "the object was replaced while it was being read",
		Remedy: "run the drill again when no backup is being written",
	},
	{
		Code: ChecksumMismatch, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "the bytes differ from the checksum stored beside them",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
	},
	{
		Code: StreamTruncated, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "a compressed stream ends early",
		Remedy: "check the upload and the free space of the machine that makes the backup",
	},
	{
		Code: StreamCorrupt, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "a compressed stream fails its own check",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
	},
	{
		Code: KeyMissing, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause:  "the backup is encrypted and the drill has no key for it",
		Remedy: "drill a copy that is decrypted beforehand: this version reads no encrypted backups",
	},
	{
		Code: FormatUnsupported, Class: ClassEnvironment, Stages: []Stage{Locate, Fetch, Inspect},
		Cause:  "a backup of a kind that this version does not restore",
		Remedy: "drill a plain or custom pg_dump, bare or wrapped in gzip or zstd",
	},
	{
		Code: DiskBudgetExceeded, Class: ClassEnvironment, Stages: []Stage{Fetch, Restore},
		Cause:  "more bytes than the work directory or its limit holds",
		Remedy: "free space in the work directory, move it with work.dir, or raise work.limit",
	},
	{
		Code: NotADump, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause:  "an error page, a log, another program's file, or the wrong object",
		Remedy: "look at the first bytes of the file and correct the backup job or backup.match",
	},
	{
		Code: DumpTruncated, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause:  "the dump has no end: its trailer, \\unrestrict, or a block of data is missing",
		Remedy: "check pg_dump's exit status and the free space where the backup is made",
	},
	{
		Code: DumpCorrupt, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause:  "the archive's blocks or its table of contents do not read",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
	},
	{
		Code: DumpNoData, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause:  "the dump is whole but holds no rows",
		Remedy: "check which database the backup job dumps and that it runs without --schema-only, or set verify.allow_empty",
	},
	{
		Code: DumpTooNew, Class: ClassBackup, Stages: []Stage{Inspect},
		Cause:  "made by a newer pg_dump than production's major can restore",
		Remedy: "dump with the pg_dump of production's major",
	},
	{
		Code: DumpHostile, Class: ClassBackup, Stages: []Stage{Inspect, Restore},
		Cause:  "psql meta-commands where only data and SQL belong",
		Remedy: "do not restore this file anywhere: find out who could write to the backup",
	},
	{
		Code: EngineUnreachable, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause:  "no container engine answers, or another one than was asked for",
		Remedy: "start the container engine, or correct DOCKER_HOST or the Docker context",
	},
	{
		Code: ImageUnavailable, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, App},
		Cause:  "the image is neither on the engine nor can it be pulled",
		Remedy: "correct the image's name, or give the engine access to its registry",
	},
	{
		Code: ImageWrongMajor, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause:  "the image's server is not of the major that postgres.version pins",
		Remedy: "set postgres.image to an image of production's major",
	},
	{
		Code: ExtensionUnavailable, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause:  "the image lacks an extension that the dump or the config needs",
		Remedy: "set postgres.image to an image that has the extension",
	},
	{
		Code: PreloadMissing, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause:  "an extension must be loaded by shared_preload_libraries",
		Remedy: "add the library to postgres.settings.shared_preload_libraries",
	},
	{
		Code: ServerStartFailed, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause:  "Postgres did not come up",
		Remedy: "read the server's last log lines in the message; check postgres.settings and postgres.memory",
	},
	{
		Code: IsolationBroken, Class: ClassEnvironment, Stages: []Stage{Provision, App},
		Cause:  "a container of the sandbox has a way out",
		Remedy: "do not drill on this engine: it gave a network to a container that asked for none",
	},
	{
		Code: RoleMissing, Class: ClassBackup, Stages: []Stage{Provision, Restore},
		Cause:  "the dump needs roles that it does not bring, and restore.roles is strict",
		Remedy: "back up the roles too (pg_dumpall --globals-only), or set restore.roles to create",
	},
	{
		Code: VersionSkew, Class: ClassBackup, Stages: []Stage{Restore},
		Cause:  "a setting or syntax that production's major does not know",
		Remedy: "dump with the pg_dump of production's major",
	},
	{
		Code: ClientTooOld, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause:  "the image's psql or pg_restore is older than the dump needs",
		Remedy: "use an image with the current minor of production's major",
	},
	{
		Code: SearchPathDependency, Class: ClassSchema, Stages: []Stage{Restore},
		Cause:  "a function in an index, check, generated column or materialised view relies on search_path",
		Remedy: "qualify the names in the function, or ALTER FUNCTION … SET search_path, in production",
	},
	{
		Code: ConstraintViolated, Class: ClassBackup, Stages: []Stage{Restore},
		Cause:  "a unique, foreign key, check or not-null constraint does not hold on the restored rows",
		Remedy: "repair the rows in production, and check its indexes with amcheck",
	},
	{
		Code: EncodingInvalid, Class: ClassBackup, Stages: []Stage{Restore},
		Cause:  "bytes that are not of the declared encoding",
		Remedy: "dump with the encoding that the data really has",
	},
	{
		Code: CollationMissing, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause:  "a locale or collation that the image lacks",
		Remedy: "set postgres.image to an image with production's locales",
	},
	{
		Code: TablespaceMissing, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause:  "the dump places objects in a tablespace that the sandbox lacks",
		Remedy: "dump with --no-tablespaces, or make the tablespace in postgres.image",
	},
	{
		Code: LibraryMissing, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause:  "a C library, language or dictionary that the image lacks",
		Remedy: "set postgres.image to an image that has it",
	},
	{
		Code: ObjectExists, Class: ClassBackup, Stages: []Stage{Restore},
		Cause:  "the dump makes an object twice",
		Remedy: "dump the whole database once, without --schema and without appending",
	},
	{
		Code: CopyFailed, Class: ClassBackup, Stages: []Stage{Restore},
		Cause:  "rows that do not fit their table",
		Remedy: "take schema and data from one dump, and check the file for damage",
	},
	{
		Code: SandboxOutOfMemory, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause:  "the kernel killed a process of the sandbox for memory",
		Remedy: "raise postgres.memory",
	},
	{
		Code: SandboxLost, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause:  "the Postgres container died, was paused, or stopped answering",
		Remedy: "check the container engine on this machine, then run the drill again",
	},
	{
		Code: SandboxDiskFull, Class: ClassEnvironment, Stages: []Stage{Restore, Verify, App},
		Cause:  "no space for the restored data",
		Remedy: "free space where the container engine keeps its volumes",
	},
	{
		Code: SharedMemoryTooSmall, Class: ClassEnvironment, Stages: []Stage{Restore, Verify, App},
		Cause:  "the server's /dev/shm is too small",
		Remedy: "raise postgres.shm_size",
	},
	{
		Code: RestoreTimeout, Class: ClassBudget, Stages: []Stage{Restore},
		Cause:  "the restore took longer than restore.timeout",
		Remedy: "raise restore.timeout, or restore.jobs for a custom archive",
	},
	{
		Code: RestoreFailed, Class: ClassBackup, Stages: []Stage{Restore},
		Cause:  "an error of the server without a code of its own",
		Remedy: "look up the SQLSTATE and the statement in the message",
	},
	{
		Code: ContentIncomplete, Class: ClassBackup, Stages: []Stage{Restore, Verify},
		Cause:  "the restored catalog holds less than the dump promised",
		Remedy: "compare the listed objects with production; the dump or its restore lost them",
	},
	{
		Code: TableMissing, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "a table that the config expects is not there",
		Remedy: "check which database and schemas the backup job dumps, or correct verify.tables",
	},
	{
		Code: RowsMissing, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "fewer rows than the config expects",
		Remedy: "check whether the backup job leaves the table's data out, or correct min_rows",
	},
	{
		Code: DataStale, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "the newest row is older than it may be: a lagging replica or a stopped writer",
		Remedy: "check which server the backup job dumps and whether its replication is up to date",
	},
	{
		Code: IndexCorrupt, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "an index is invalid",
		Remedy: "REINDEX it in production",
	},
	{
		Code: SequenceBehind, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "a sequence's next value already exists in its column",
		Remedy: "set the sequence in production with setval, and dump tables and sequences together",
	},
	{
		Code: QueryFailed, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "a query of the config did not hold",
		Remedy: "run the query on production to tell a bad backup from a wrong expectation",
	},
	{
		Code: ContentDrifted, Class: ClassBackup, Stages: []Stage{Verify},
		Cause:  "the content is far from that of the last passed drill: a table is gone, or rows or bytes are",
		Remedy: "check which database the backup job dumps and that nothing deleted the rows; if the change is intended, run drillgres accept RUN",
	},
	{
		Code: AppStartFailed, Class: ClassApp, Stages: []Stage{App},
		Cause:  "the application's container ended",
		Remedy: "read its last log lines in the message; it runs without a network, on a copy of production's data",
	},
	{
		Code: AppNotReady, Class: ClassApp, Stages: []Stage{App},
		Cause:  "the application was not ready in time",
		Remedy: "raise app.ready.within, or read its last log lines in the message",
	},
	{
		Code: SmokeFailed, Class: ClassApp, Stages: []Stage{App},
		Cause:  "a smoke test did not hold",
		Remedy: "compare what was expected with what was seen in the checks",
	},
	{
		Code: OverBudget, Class: ClassBudget,
		Cause:  "everything held, but took longer than the budget allows",
		Remedy: "raise the budget, or make the restore faster (restore.jobs, postgres.cpus, postgres.memory)",
	},
	{
		Code: ControlFailed, Class: ClassInternal,
		Cause:  "drillgres prove broke a copy of the backup, and the drill of the copy did not end in the code that the damage deserves",
		Remedy: "guard the tables that the message names with verify.tables; where nothing of the config could have seen the damage, report it",
	},
	{
		Code: Interrupted, Class: ClassSignal,
		Cause:  "cancelled by a signal",
		Remedy: "run the drill again",
	},
	{
		Code: ConfigInvalid, Class: ClassUsage,
		Cause:  "flags or config are wrong",
		Remedy: "correct the places that the message names",
	},
	{
		Code: Internal, Class: ClassInternal,
		Cause:  "a bug in drillgres",
		Remedy: "report it with the message and the output of --format json",
	},
}

var catalogue = byCode(Catalogue)

func byCode(entries []Entry) map[Code]Entry {
	m := make(map[Code]Entry, len(entries))
	for _, e := range entries {
		m[e.Code] = e
	}
	return m
}

// Entry is the code's place in the catalogue. A code that is not in it is
// treated as a bug of ours.
func (c Code) Entry() Entry {
	if e, ok := catalogue[c]; ok {
		return e
	}
	return Entry{Code: c, Class: ClassInternal}
}

// Class is the class of every failure with this code.
func (c Code) Class() Class { return c.Entry().Class }
