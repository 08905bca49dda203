package outcome

// The codes, by the stage in which they are usually found.
const (
	// locate
	BackupMissing     Code = "backup_missing"
	BackupStale       Code = "backup_stale"
	BackupTooSmall    Code = "backup_too_small"
	BackupEmpty       Code = "backup_empty"
	SourceDenied      Code = "source_denied"
	SourceUnreachable Code = "source_unreachable"
	SourceNotFound    Code = "source_not_found"

	// fetch
	BackupArchived     Code = "backup_archived"
	BackupChanged      Code = "backup_changed"
	ChecksumMismatch   Code = "checksum_mismatch"
	StreamTruncated    Code = "stream_truncated"
	StreamCorrupt      Code = "stream_corrupt"
	KeyMissing         Code = "key_missing"
	FormatUnsupported  Code = "format_unsupported"
	DiskBudgetExceeded Code = "disk_budget_exceeded"

	// inspect
	NotADump      Code = "not_a_dump"
	DumpTruncated Code = "dump_truncated"
	DumpCorrupt   Code = "dump_corrupt"
	DumpNoData    Code = "dump_no_data"
	DumpTooNew    Code = "dump_too_new"
	DumpHostile   Code = "dump_hostile"

	// provision
	EngineUnreachable    Code = "engine_unreachable"
	ImageUnavailable     Code = "image_unavailable"
	ImageWrongMajor      Code = "image_wrong_major"
	ExtensionUnavailable Code = "extension_unavailable"
	PreloadMissing       Code = "preload_missing"
	ServerStartFailed    Code = "server_start_failed"
	IsolationBroken      Code = "isolation_broken"

	// restore
	RoleMissing          Code = "role_missing"
	VersionSkew          Code = "version_skew"
	ClientTooOld         Code = "client_too_old"
	SearchPathDependency Code = "search_path_dependency"
	ConstraintViolated   Code = "constraint_violated"
	EncodingInvalid      Code = "encoding_invalid"
	CollationMissing     Code = "collation_missing"
	TablespaceMissing    Code = "tablespace_missing"
	LibraryMissing       Code = "library_missing"
	ObjectExists         Code = "object_exists"
	CopyFailed           Code = "copy_failed"
	SandboxOutOfMemory   Code = "sandbox_out_of_memory"
	SandboxLost          Code = "sandbox_lost"
	SandboxDiskFull      Code = "sandbox_disk_full"
	SharedMemoryTooSmall Code = "shared_memory_too_small"
	RestoreTimeout       Code = "restore_timeout"
	RestoreFailed        Code = "restore_failed"

	// verify
	ContentIncomplete Code = "content_incomplete"
	TableMissing      Code = "table_missing"
	RowsMissing       Code = "rows_missing"
	DataStale         Code = "data_stale"
	IndexCorrupt      Code = "index_corrupt"
	SequenceBehind    Code = "sequence_behind"
	QueryFailed       Code = "query_failed"

	// app
	AppStartFailed Code = "app_start_failed"
	AppNotReady    Code = "app_not_ready"
	SmokeFailed    Code = "smoke_failed"

	// any stage
	OverBudget    Code = "over_budget"
	Interrupted   Code = "interrupted"
	ConfigInvalid Code = "config_invalid"
	Internal      Code = "internal"
)

// Entry is what the catalogue knows of a code.
type Entry struct {
	Code   Code
	Stages []Stage // where it can be found; empty: anywhere
	Class  Class
	Cause  string
	Remedy string // one imperative sentence, lower case, no full stop
}

// Catalogue lists every code that this version can report, in stage order.
var Catalogue = []Entry{
	{BackupMissing, []Stage{Locate}, ClassBackup,
		"nothing at the source matches",
		"check that the backup job still runs and that backup.from and backup.match name where it writes"},
	{BackupStale, []Stage{Locate}, ClassBackup,
		"the newest backup is older than backup.max_age",
		"find out why the backup job stopped, or raise backup.max_age if this age is intended"},
	{BackupTooSmall, []Stage{Locate}, ClassBackup,
		"the backup is smaller than backup.min_size",
		"look at the backup job's log for an error before the upload, or lower backup.min_size"},
	{BackupEmpty, []Stage{Locate, Fetch}, ClassBackup,
		"zero bytes, or nothing but a compressed emptiness",
		"look at the backup job's log: pg_dump most likely failed in a pipe whose exit status nobody checked (set -o pipefail)"},
	{SourceDenied, []Stage{Locate, Fetch}, ClassEnvironment,
		"credentials are missing, expired or refused",
		"give this machine credentials that may list and read the source"},
	{SourceUnreachable, []Stage{Locate, Fetch}, ClassEnvironment,
		"the source does not answer: DNS, TCP, TLS, a timeout, or errors of the server after retries",
		"check the endpoint and this machine's network, then run the drill again"},
	{SourceNotFound, []Stage{Locate}, ClassEnvironment,
		"the bucket or directory does not exist",
		"correct backup.from"},
	{BackupArchived, []Stage{Fetch}, ClassBackup,
		"the object lies in a storage class that must be thawed before it can be read",
		"thaw the object, and keep the newest backup in a class that can be read at once"},
	{BackupChanged, []Stage{Fetch}, ClassEnvironment,
		"the object was replaced while it was being read",
		"run the drill again when no backup is being written"},
	{ChecksumMismatch, []Stage{Fetch}, ClassBackup,
		"the bytes differ from the checksum stored beside them",
		"treat this backup as damaged: drill an older one with --backup, and check the storage"},
	{StreamTruncated, []Stage{Fetch}, ClassBackup,
		"a compressed stream ends early",
		"check the upload and the free space of the machine that makes the backup"},
	{StreamCorrupt, []Stage{Fetch}, ClassBackup,
		"a compressed stream fails its own check",
		"treat this backup as damaged: drill an older one with --backup, and check the storage"},
	{KeyMissing, []Stage{Fetch}, ClassEnvironment,
		"the backup is encrypted and the drill has no key for it",
		"drill a copy that is decrypted beforehand: this version reads no encrypted backups"},
	{FormatUnsupported, []Stage{Locate, Fetch, Inspect}, ClassEnvironment,
		"a backup of a kind that this version does not restore",
		"drill a plain or custom pg_dump, bare or wrapped in gzip or zstd"},
	{DiskBudgetExceeded, []Stage{Fetch, Restore}, ClassEnvironment,
		"more bytes than the work directory or its limit holds",
		"free space in the work directory, move it with work.dir, or raise work.limit"},
	{NotADump, []Stage{Inspect}, ClassBackup,
		"an error page, a log, another program's file, or the wrong object",
		"look at the first bytes of the file and correct the backup job or backup.match"},
	{DumpTruncated, []Stage{Inspect, Restore}, ClassBackup,
		"the dump has no end: its trailer, \\unrestrict, or a block of data is missing",
		"check pg_dump's exit status and the free space where the backup is made"},
	{DumpCorrupt, []Stage{Inspect, Restore}, ClassBackup,
		"the archive's blocks or its table of contents do not read",
		"treat this backup as damaged: drill an older one with --backup, and check the storage"},
	{DumpNoData, []Stage{Inspect}, ClassBackup,
		"the dump is whole but holds no rows",
		"check which database the backup job dumps and that it runs without --schema-only, or set verify.allow_empty"},
	{DumpTooNew, []Stage{Inspect}, ClassBackup,
		"made by a newer pg_dump than production's major can restore",
		"dump with the pg_dump of production's major"},
	{DumpHostile, []Stage{Inspect, Restore}, ClassBackup,
		"psql meta-commands where only data and SQL belong",
		"do not restore this file anywhere: find out who could write to the backup"},
	{EngineUnreachable, []Stage{Provision}, ClassEnvironment,
		"no container engine answers, or another one than was asked for",
		"start the container engine, or correct DOCKER_HOST or the Docker context"},
	{ImageUnavailable, []Stage{Provision, Restore, App}, ClassEnvironment,
		"the image is neither on the engine nor can it be pulled",
		"correct the image's name, or give the engine access to its registry"},
	{ImageWrongMajor, []Stage{Provision}, ClassEnvironment,
		"the image's server is not of the major that postgres.version pins",
		"set postgres.image to an image of production's major"},
	{ExtensionUnavailable, []Stage{Provision, Restore}, ClassEnvironment,
		"the image lacks an extension that the dump or the config needs",
		"set postgres.image to an image that has the extension"},
	{PreloadMissing, []Stage{Provision, Restore}, ClassEnvironment,
		"an extension must be loaded by shared_preload_libraries",
		"add the library to postgres.settings.shared_preload_libraries"},
	{ServerStartFailed, []Stage{Provision}, ClassEnvironment,
		"Postgres did not come up",
		"read the server's last log lines in the message; check postgres.settings and postgres.memory"},
	{IsolationBroken, []Stage{Provision, App}, ClassEnvironment,
		"a container of the sandbox has a way out",
		"do not drill on this engine: it gave a network to a container that asked for none"},
	{RoleMissing, []Stage{Provision, Restore}, ClassBackup,
		"the dump needs roles that it does not bring, and restore.roles is strict",
		"back up the roles too (pg_dumpall --globals-only), or set restore.roles to create"},
	{VersionSkew, []Stage{Restore}, ClassBackup,
		"a setting or syntax that production's major does not know",
		"dump with the pg_dump of production's major"},
	{ClientTooOld, []Stage{Restore}, ClassEnvironment,
		"the image's psql or pg_restore is older than the dump needs",
		"use an image with the current minor of production's major"},
	{SearchPathDependency, []Stage{Restore}, ClassSchema,
		"a function in an index, check, generated column or materialised view relies on search_path",
		"qualify the names in the function, or ALTER FUNCTION … SET search_path, in production"},
	{ConstraintViolated, []Stage{Restore}, ClassBackup,
		"a unique, foreign key, check or not-null constraint does not hold on the restored rows",
		"repair the rows in production, and check its indexes with amcheck"},
	{EncodingInvalid, []Stage{Restore}, ClassBackup,
		"bytes that are not of the declared encoding",
		"dump with the encoding that the data really has"},
	{CollationMissing, []Stage{Provision, Restore}, ClassEnvironment,
		"a locale or collation that the image lacks",
		"set postgres.image to an image with production's locales"},
	{TablespaceMissing, []Stage{Restore}, ClassEnvironment,
		"the dump places objects in a tablespace that the sandbox lacks",
		"dump with --no-tablespaces, or make the tablespace in postgres.image"},
	{LibraryMissing, []Stage{Restore}, ClassEnvironment,
		"a C library, language or dictionary that the image lacks",
		"set postgres.image to an image that has it"},
	{ObjectExists, []Stage{Restore}, ClassBackup,
		"the dump makes an object twice",
		"dump the whole database once, without --schema and without appending"},
	{CopyFailed, []Stage{Restore}, ClassBackup,
		"rows that do not fit their table",
		"take schema and data from one dump, and check the file for damage"},
	{SandboxOutOfMemory, []Stage{Provision, Restore, Verify, App}, ClassEnvironment,
		"the kernel killed a process of the sandbox for memory",
		"raise postgres.memory"},
	{SandboxLost, []Stage{Provision, Restore, Verify, App}, ClassEnvironment,
		"the Postgres container died, was paused, or stopped answering",
		"check the container engine on this machine, then run the drill again"},
	{SandboxDiskFull, []Stage{Restore, Verify, App}, ClassEnvironment,
		"no space for the restored data",
		"free space where the container engine keeps its volumes"},
	{SharedMemoryTooSmall, []Stage{Restore, Verify, App}, ClassEnvironment,
		"the server's /dev/shm is too small",
		"raise postgres.shm_size"},
	{RestoreTimeout, []Stage{Restore}, ClassBudget,
		"the restore took longer than restore.timeout",
		"raise restore.timeout, or restore.jobs for a custom archive"},
	{RestoreFailed, []Stage{Restore}, ClassBackup,
		"an error of the server without a code of its own",
		"look up the SQLSTATE and the statement in the message"},
	{ContentIncomplete, []Stage{Restore, Verify}, ClassBackup,
		"the restored catalog holds less than the dump promised",
		"compare the listed objects with production; the dump or its restore lost them"},
	{TableMissing, []Stage{Verify}, ClassBackup,
		"a table that the config expects is not there",
		"check which database and schemas the backup job dumps, or correct verify.tables"},
	{RowsMissing, []Stage{Verify}, ClassBackup,
		"fewer rows than the config expects",
		"check whether the backup job leaves the table's data out, or correct min_rows"},
	{DataStale, []Stage{Verify}, ClassBackup,
		"the newest row is older than it may be: a lagging replica or a stopped writer",
		"check which server the backup job dumps and whether its replication is up to date"},
	{IndexCorrupt, []Stage{Verify}, ClassBackup,
		"an index is invalid",
		"REINDEX it in production"},
	{SequenceBehind, []Stage{Verify}, ClassBackup,
		"a sequence's next value already exists in its column",
		"set the sequence in production with setval, and dump tables and sequences together"},
	{QueryFailed, []Stage{Verify}, ClassBackup,
		"a query of the config did not hold",
		"run the query on production to tell a bad backup from a wrong expectation"},
	{AppStartFailed, []Stage{App}, ClassApp,
		"the application's container ended",
		"read its last log lines in the message; it runs without a network, on a copy of production's data"},
	{AppNotReady, []Stage{App}, ClassApp,
		"the application was not ready in time",
		"raise app.ready.within, or read its last log lines in the message"},
	{SmokeFailed, []Stage{App}, ClassApp,
		"a smoke test did not hold",
		"compare what was expected with what was seen in the checks"},
	{OverBudget, nil, ClassBudget,
		"everything held, but took longer than the budget allows",
		"raise the budget, or make the restore faster (restore.jobs, postgres.cpus, postgres.memory)"},
	{Interrupted, nil, ClassSignal,
		"cancelled by a signal",
		"run the drill again"},
	{ConfigInvalid, nil, ClassUsage,
		"flags or config are wrong",
		"correct the places that the message names"},
	{Internal, nil, ClassInternal,
		"a bug in drillgres",
		"report it with the message and the output of --format json"},
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
