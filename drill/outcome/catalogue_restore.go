package outcome

// restoreCodes can be found when the server, psql or pg_restore refuses
// something for want of what the dump counts on.
var restoreCodes = []Entry{
	{
		Code: VersionSkew, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "A setting or syntax that production's major does not know. A pg_dump that is newer than its server writes such dumps, and every one of them fails the same way: " +
			"pg_dump 17 and later set transaction_timeout.",
		Remedy: "dump with the pg_dump of production's major",
		Example: Example{
			Case:    "Plain dumps of a server 15 are made with pg_dump 17.",
			Message: `unrecognized configuration parameter "transaction_timeout" (SQLSTATE 42704)`,
		},
		Messages: []string{
			`unrecognized configuration parameter "transaction_timeout"`, `unrecognized configuration parameter "idle_in_transaction_session_timeout"`,
			`unrecognized configuration parameter "default_table_access_method"`, `option "builtin_locale" not recognized`,
		},
		Neighbours: []Neighbour{
			{PreloadMissing, "the parameter has a prefix, such as cron.database_name: it is an extension's"},
			{DumpTooNew, "it is an archive that production's pg_restore does not even read"},
			{ClientTooOld, "it is psql or pg_restore that does not know something, and not the server"},
		},
	},
	{
		Code: ClientTooOld, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause: "The image's psql or pg_restore is older than the dump needs. " +
			`Dumps begin with \restrict since the minors 13.22, 14.19, 15.14, 16.10 and 17.6, and psql before them does not know it; ` +
			"or the image's pg_restore does not know the archive's version, or was built without its compression.",
		Remedy: "set postgres.image to an image with the current minor of production's major",
		Example: Example{
			Case:    "Production runs 13.23, and postgres.image is a copy of 13.16 in a registry of one's own.",
			Message: `psql: invalid command \restrict`,
		},
		Messages: []string{
			`invalid command \restrict`, `invalid command \unrestrict`, "this build does not support compression with ZSTD",
			"pg_restore: error: unsupported version (1.16) in file header",
		},
		Neighbours: []Neighbour{
			{DumpTooNew, "no pg_restore of production's major reads such an archive"},
			{VersionSkew, "it is the server that does not know something"},
			{DumpHostile, `\restrict is known, and something violates it`},
		},
	},
	{
		Code: SearchPathDependency, Class: ClassSchema, Stages: []Stage{Restore},
		Cause: "A function in an index, check, generated column or materialised view relies on search_path. Dumps are restored with an empty one, and the function then does not find " +
			"what it names without a schema; the server's CONTEXT tells which function. Production works, and every dump of it fails.",
		Remedy: "qualify the names in the function, or ALTER FUNCTION … SET search_path, in production",
		Example: Example{
			Case:    "An index calls outer_f(name), whose body calls inner_f without its schema.",
			Message: "function public.outer_f(text) relies on search_path: function inner_f(text) does not exist (SQLSTATE 42883)",
		},
		Messages: []string{
			"function helper(text) does not exist", `relation "a" does not exist`, `type "earth" does not exist`,
			"PL/pgSQL function public.gp(text) line 1 at RETURN", `SQL function "g" during inlining`,
		},
		Neighbours: []Neighbour{
			{RestoreFailed, "no function is to blame, or the name has its schema: then it really is not there"},
			{ExtensionUnavailable, "it is an extension that is missing"},
		},
	},
	{
		Code: TablespaceMissing, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause:  "The dump places objects in a tablespace that the sandbox lacks. Tablespaces are directories of a machine; a dump names them and does not bring them.",
		Remedy: "dump with --no-tablespaces, or make the tablespace in postgres.image",
		Example: Example{
			Case:    "A table of production lies in the tablespace fast.",
			Message: `invalid value for parameter "default_tablespace": "fast" (SQLSTATE 22023)`,
		},
		Messages: []string{`tablespace "fast" does not exist`, `invalid value for parameter "default_tablespace": "fast"`},
		Neighbours: []Neighbour{
			{RoleMissing, "it is a role that is missing"},
			{SandboxDiskFull, "there is a place for the objects, and no space in it"},
		},
	},
	{
		Code: LibraryMissing, Class: ClassEnvironment, Stages: []Stage{Restore},
		Cause:  "A C library, language or dictionary that the image lacks. A compression of values or an XML feature that its Postgres was built without counts too.",
		Remedy: "set postgres.image to an image that has it",
		Example: Example{
			Case:    "A function of the dump is written in plpython3u.",
			Message: `language "plpython3u" does not exist (SQLSTATE 42704)`,
		},
		Messages: []string{
			`could not access file "$libdir/vectors": No such file or directory`, `language "plpython3u" does not exist`,
			`could not open dictionary file "/usr/share/postgresql/15/tsearch_data/czech.dict": No such file or directory`,
		},
		Neighbours: []Neighbour{
			{ExtensionUnavailable, "it is an extension of that name that is missing"},
			{PreloadMissing, "the library is there, and must be loaded at the server's start"},
			{CollationMissing, "it is a locale or a collation that the image lacks"},
		},
	},
	{
		Code: SharedMemoryTooSmall, Class: ClassEnvironment, Stages: []Stage{Restore, Verify},
		Cause: "The server's /dev/shm is too small. Parallel workers share memory there; the server says No space left on device, and no disk is full. " +
			"A table of locks without room is of this kind too.",
		Remedy: "raise postgres.shm_size, or postgres.settings.max_locks_per_transaction where the message says out of shared memory",
		Example: Example{
			Case:    "postgres.shm_size is 4MiB, and a parallel join shares a hash table of 60 MB.",
			Message: `could not resize shared memory segment "/PostgreSQL.36268542" to 8409088 bytes: No space left on device (SQLSTATE 53100)`,
		},
		Messages: []string{
			`could not resize shared memory segment "/PostgreSQL.1112019128" to 63999360 bytes: No space left on device`,
			"out of shared memory", "You might need to increase max_locks_per_transaction.",
		},
		Neighbours: []Neighbour{
			{SandboxDiskFull, "the message names a file, and no shared memory segment"},
			{SandboxOutOfMemory, "the container's memory is at its end: a process was killed"},
		},
	},
	{
		Code: RestoreTimeout, Class: ClassBudget, Stages: []Stage{Restore},
		Cause:  "The restore took longer than restore.timeout. The server answered all the while; the backup may be good.",
		Remedy: "raise restore.timeout, or restore.jobs for a custom archive",
		Example: Example{
			Case:    "restore.timeout is 2s, and the dump sleeps for a minute.",
			Message: "the restore did not end within 2s (restore.timeout)",
		},
		Neighbours: []Neighbour{
			{OverBudget, "the restore ended, and took longer than budget.restore allows"},
			{SandboxLost, "the server no longer answers"},
		},
	},
	{
		Code: RestoreFailed, Class: ClassBackup, Stages: []Stage{Restore},
		Cause: "An error of the server without a code of its own. Its SQLSTATE and the statement are in the report; " +
			"things that are missing because only a part of the database was dumped end here too.",
		Remedy: "look up the SQLSTATE and the statement in the message",
		Example: Example{
			Case:    "A materialised view divides by zero on production's rows of today.",
			Message: "division by zero (SQLSTATE 22012)",
		},
		Messages: []string{
			`required extension "cube" is not installed`, `type "vector" does not exist`, `foreign-data wrapper "postgres_fdw" does not exist`,
			"pgtle schema reserved for pg_tle functions",
		},
		Neighbours: []Neighbour{
			{SearchPathDependency, "a function of the dump names something without its schema"},
			{ExtensionUnavailable, "the dump makes the extension, and the image lacks it"},
			{VersionSkew, "pg_dump is newer than the server, and the server does not understand it"},
		},
	},
}
