package outcome

// restoreCodes can be found when the server, psql or pg_restore lacks something
// that the dump relies on.
var restoreCodes = []Entry{
	{
		Code: VersionSkew, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "The dump contains a setting or syntax that production's major version does not know. A pg_dump newer than its server writes such dumps, and every one " +
			"of them fails the same way: pg_dump 17 and later set transaction_timeout.",
		Remedy: "dump with the pg_dump of production's major version",
		Example: Example{
			Case:    "pg_dump 17 makes plain dumps of a server 15.",
			Message: `unrecognized configuration parameter "transaction_timeout" (SQLSTATE 42704)`,
		},
		Messages: []string{
			`unrecognized configuration parameter "transaction_timeout"`, `unrecognized configuration parameter "idle_in_transaction_session_timeout"`,
			`unrecognized configuration parameter "default_table_access_method"`, `option "builtin_locale" not recognized`,
		},
		Neighbours: []Neighbour{
			{PreloadMissing, "the parameter has an extension's prefix, such as cron.database_name"},
			{DumpTooNew, "production's pg_restore cannot even read the archive"},
			{ClientTooOld, "psql or pg_restore does not know a command or the archive's version"},
		},
	},
	{
		Code: ClientTooOld, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause: `The image's psql or pg_restore is too old for the dump. Before 13.22, 14.19, 15.14, 16.10 and 17.6, psql has no \restrict, so it would run any command that ` +
			"a hostile dump hides; the drill restores with it only what pg_dump alone writes. Or the image's pg_restore does not know the version of the archive, or was built " +
			"without its compression.",
		Remedy: "set postgres.image to an image with the current minor version of production's major version",
		Example: Example{
			Case:    "Production runs 13.23, and postgres.image is a copy of 13.16 in a private registry.",
			Message: "the psql of Postgres 13.16 cannot be restricted to SQL, and the dump contains what pg_dump never writes: DO",
		},
		Messages: []string{
			`invalid command \restrict`, `invalid command \unrestrict`, "this build does not support compression with ZSTD",
			"pg_restore: error: unsupported version (1.16) in file header",
		},
		Neighbours: []Neighbour{
			{DumpTooNew, "no pg_restore of production's major version reads such an archive"},
			{VersionSkew, "the server does not know a setting or syntax"},
			{DumpHostile, `psql knows \restrict, and something in the dump violates it`},
		},
	},
	{
		Code: SearchPathDependency, Class: ClassSchema, Stages: []Stage{Restore},
		Cause: "A function in an index, check, generated column or materialized view relies on search_path. Dumps are restored with an empty search_path, so the " +
			"function does not find what it names without a schema. The server's CONTEXT names the function. Production works, but none of its dumps can be " +
			"restored. IS DISTINCT FROM, NULLIF, CASE, IN and JOIN … USING in a view, an index or a trigger rely on search_path too: they use the operator = without its " +
			"schema, and the operator of a type in an extension's own schema is not found.",
		Remedy: "qualify the names in the function with their schema in production, or run ALTER FUNCTION … SET search_path there",
		Example: Example{
			Case:    "An index calls outer_f(name), whose body calls inner_f without its schema.",
			Message: "function public.outer_f(text) relies on search_path: function inner_f(text) does not exist (SQLSTATE 42883)",
		},
		Messages: []string{
			"function helper(text) does not exist", `relation "a" does not exist`, `type "earth" does not exist`,
			"PL/pgSQL function public.gp(text) line 1 at RETURN", `SQL function "g" during inlining`, "operator does not exist: ext.hstore = ext.hstore",
		},
		Neighbours: []Neighbour{
			{RestoreFailed, "no function is the cause, or the name has its schema and really does not exist"},
			{ExtensionUnavailable, "an extension is missing"},
		},
	},
	{
		Code: LibraryMissing, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause: "The image lacks a C library, language or dictionary that the dump needs. A compression of values, or an XML feature, that its Postgres was built " +
			"without counts too.",
		Remedy: "set postgres.image to an image that has it",
		Example: Example{
			Case:    "A function in the dump is written in plpython3u.",
			Message: `language "plpython3u" does not exist (SQLSTATE 42704)`,
		},
		Messages: []string{
			`could not access file "$libdir/vectors": No such file or directory`, `language "plpython3u" does not exist`,
			`could not open dictionary file "/usr/share/postgresql/15/tsearch_data/czech.dict": No such file or directory`,
		},
		Neighbours: []Neighbour{
			{ExtensionUnavailable, "an extension of that name is missing"},
			{PreloadMissing, "the library exists, but must be loaded when the server starts"},
			{CollationMissing, "the image lacks a locale or a collation"},
		},
	},
	{
		Code: SharedMemoryTooSmall, Class: ClassEnvironment, Stages: []Stage{Restore, Verify},
		Cause: "The server's /dev/shm is too small. Parallel workers share memory there; the server reports No space left on device, although no disk is full. A full " +
			"lock table has this code too.",
		Remedy: "raise postgres.shm_size, or raise postgres.settings.max_locks_per_transaction if the message says out of shared memory",
		Example: Example{
			Case:    "postgres.shm_size is 4MiB, and a parallel join shares a hash table of 60 MB.",
			Message: `could not resize shared memory segment "/PostgreSQL.36268542" to 8409088 bytes: No space left on device (SQLSTATE 53100)`,
		},
		Messages: []string{
			`could not resize shared memory segment "/PostgreSQL.1112019128" to 63999360 bytes: No space left on device`,
			"out of shared memory", "You might need to increase max_locks_per_transaction.",
		},
		Neighbours: []Neighbour{
			{SandboxDiskFull, "the message names a file rather than a shared memory segment"},
			{SandboxOutOfMemory, "the container ran out of memory, and the kernel killed a process"},
		},
	},
	{
		Code: ForeignUnreachable, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause: "The dump contains a statement that needs another server, by way of a foreign table or dblink, and a sandbox has no network. A materialised view that " +
			"needs one is restored without its rows and reported as a finding; any other statement cannot be left out.",
		Remedy: "find the statement in the message, and drill a dump without it: a recovery would need the other server too",
		Example: Example{
			Case:    "A script appends a query of a foreign table to the dump.",
			Message: `could not connect to server "far" (SQLSTATE 08001)`,
		},
		Messages: []string{`could not connect to server "far"`, "could not establish connection", `connection "far" not available`},
		Neighbours: []Neighbour{
			{RestoreFailed, "the other server is not the cause"},
			{SandboxLost, "the sandbox's own server no longer answers"},
		},
	},
	{
		Code: RestoreTimeout, Class: ClassBudget, Stages: []Stage{Restore, Verify},
		Cause:  "The restore took longer than restore.timeout. The server kept answering, and the backup may be good.",
		Remedy: "raise restore.timeout, or raise restore.jobs for a custom archive",
		Example: Example{
			Case:    "restore.timeout is 2s, and the dump sleeps for a minute.",
			Message: "the restore did not end within 2s (restore.timeout)",
		},
		Neighbours: []Neighbour{
			{OverBudget, "the restore ended, but took longer than budget.restore allows"},
			{SandboxLost, "the server no longer answers"},
		},
	},
	{
		Code: RestoreFailed, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "The server reported an error that has no specific code. Its SQLSTATE and the statement are in the report. Objects that are missing because only " +
			"part of the database was dumped cause this code too.",
		Remedy: "look up the SQLSTATE and the statement in the message",
		Example: Example{
			Case:    "A materialised view divides by zero on production's current rows.",
			Message: "division by zero (SQLSTATE 22012)",
		},
		Messages: []string{
			`required extension "cube" is not installed`, `type "vector" does not exist`, `foreign-data wrapper "postgres_fdw" does not exist`,
			"pgtle schema reserved for pg_tle functions",
		},
		Neighbours: []Neighbour{
			{SearchPathDependency, "a function in the dump names something without its schema"},
			{ExtensionUnavailable, "the dump creates the extension, but the image lacks it"},
			{VersionSkew, "pg_dump is newer than the server, which does not understand the dump"},
		},
	},
	{
		Code: HookFailed, Class: ClassEnvironment, Stages: []Stage{Restore, Verify},
		Cause:  "SQL of restore.before or restore.after failed, or the SQL with which drillgres puts an extension such as TimescaleDB into its restore mode. The message is the server's.",
		Remedy: "correct the SQL in restore.before or restore.after, or the image's version of the extension",
		Example: Example{
			Case:    "restore.before creates an extension that the image does not have.",
			Message: "restore.before[0]: extension \"postgis\" is not available (SQLSTATE 0A000)",
		},
		Neighbours: []Neighbour{
			{RestoreFailed, "a statement of the dump failed"},
			{ExtensionUnavailable, "the dump itself needs the extension"},
		},
	},
}
