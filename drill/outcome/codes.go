package outcome

// The failure codes, grouped by the stage that usually finds them.
const (
	// locate
	BackupMissing     Code = "backup_missing"
	BackupStale       Code = "backup_stale"
	BackupTooSmall    Code = "backup_too_small"
	BackupEmpty       Code = "backup_empty"
	SourceDenied      Code = "source_denied"
	SourceUnreachable Code = "source_unreachable"
	SourceNotFound    Code = "source_not_found"
	PartMissing       Code = "part_missing"
	RetentionShort    Code = "retention_short"
	LifecycleDeletes  Code = "lifecycle_deletes"
	LifecycleUnknown  Code = "lifecycle_unknown"
	BackupNotOffsite  Code = "backup_not_offsite"
	OffsiteUnknown    Code = "offsite_unknown"

	// fetch
	BackupArchived     Code = "backup_archived"
	BackupChanged      Code = "backup_changed"
	ChecksumMismatch   Code = "checksum_mismatch"
	StreamTruncated    Code = "stream_truncated"
	StreamCorrupt      Code = "stream_corrupt"
	KeyMissing         Code = "key_missing"
	KeyWrong           Code = "key_wrong"
	CommandFailed      Code = "command_failed"
	MemberMissing      Code = "member_missing"
	MemberAmbiguous    Code = "member_ambiguous"
	FormatUnsupported  Code = "format_unsupported"
	DiskBudgetExceeded Code = "disk_budget_exceeded"

	// inspect
	NotADump      Code = "not_a_dump"
	DumpTruncated Code = "dump_truncated"
	DumpCorrupt   Code = "dump_corrupt"
	DumpNoData    Code = "dump_no_data"
	DumpPartial   Code = "dump_partial"
	DumpTooNew    Code = "dump_too_new"
	DumpHostile   Code = "dump_hostile"

	DatabaseMissing Code = "database_missing"

	// provision
	EngineUnreachable    Code = "engine_unreachable"
	ImageUnavailable     Code = "image_unavailable"
	ImageOutdated        Code = "image_outdated"
	ImageWrongMajor      Code = "image_wrong_major"
	ExtensionUnavailable Code = "extension_unavailable"
	ImageBuildFailed     Code = "image_build_failed"
	PreloadMissing       Code = "preload_missing"
	ServerStartFailed    Code = "server_start_failed"
	IsolationBroken      Code = "isolation_broken"

	// restore
	HookFailed           Code = "hook_failed"
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
	ForeignUnreachable   Code = "foreign_unreachable"
	RestoreFailed        Code = "restore_failed"

	// verify
	ContentIncomplete Code = "content_incomplete"
	TableMissing      Code = "table_missing"
	RowsMissing       Code = "rows_missing"
	DataStale         Code = "data_stale"
	IndexCorrupt      Code = "index_corrupt"
	SequenceBehind    Code = "sequence_behind"
	QueryFailed       Code = "query_failed"
	ContentDrifted    Code = "content_drifted"

	// app
	AppStartFailed Code = "app_start_failed"
	AppNotReady    Code = "app_not_ready"
	SmokeFailed    Code = "smoke_failed"

	// migrate
	MigrationFailed        Code = "migration_failed"
	MigrationTimeout       Code = "migration_timeout"
	MigrationOverBudget    Code = "migration_over_budget"
	MigrationDropsData     Code = "migration_drops_data"
	MigrationNotRepeatable Code = "migration_not_repeatable"
	CandidateUnhealthy     Code = "candidate_unhealthy"
	CurrentBreaks          Code = "current_breaks"
	RollbackBreaks         Code = "rollback_breaks"

	// any stage
	OverBudget          Code = "over_budget"
	ControlFailed       Code = "control_failed"
	DrillMissing        Code = "drill_missing"
	DrillOverdue        Code = "drill_overdue"
	HistoryUnavailable  Code = "history_unavailable"
	EvidenceUnavailable Code = "evidence_unavailable"
	WorkDirUnusable     Code = "work_dir_unusable"
	ClockWrong          Code = "clock_wrong"
	Interrupted         Code = "interrupted"
	ConfigInvalid       Code = "config_invalid"
	Internal            Code = "internal"
)
