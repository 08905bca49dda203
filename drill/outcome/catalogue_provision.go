package outcome

// provisionCodes can be found once the sandbox is made.
var provisionCodes = []Entry{
	{
		Code: EngineUnreachable, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause: "No container engine answers, or another one than was asked for. It is asked before the backup is looked for: without one nothing can be proved. " +
			"An engine that does not pass on the end of a command's input is of no use either.",
		Remedy: "start the container engine, or correct DOCKER_HOST or the Docker context",
		Example: Example{
			Case:    "DOCKER_HOST names an address at which nothing listens.",
			Message: "no container engine answers at tcp://127.0.0.1:1 (DOCKER_HOST): Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?",
		},
		Messages: []string{"Cannot connect to the Docker daemon", "permission denied while trying to connect to the Docker daemon socket"},
		Neighbours: []Neighbour{
			{SandboxLost, "the engine had answered, and stopped doing so during the drill"},
			{ImageUnavailable, "the engine answers, and has no such image"},
		},
	},
	{
		Code: ImageUnavailable, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, App},
		Cause:  "The image is neither on the engine nor can it be pulled. Or it runs a server, and brings no psql or pg_restore beside it.",
		Remedy: "correct postgres.image or app.image, or give the engine access to its registry",
		Example: Example{
			Case:    "The registry that the image's name begins with does not answer.",
			Message: `pull image 127.0.0.1:1/none:1: Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused`,
		},
		Messages: []string{"manifest unknown", "pull access denied", "toomanyrequests: You have reached your pull rate limit"},
		Neighbours: []Neighbour{
			{EngineUnreachable, "the engine itself does not answer"},
			{ServerStartFailed, "the image is there, and Postgres does not come up in it"},
			{AppStartFailed, "the image is there, and its container cannot be started or ends by itself"},
		},
	},
	{
		Code: ImageWrongMajor, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause:  "The image's server is not of the major that postgres.version pins. The running server is asked, not the image's name.",
		Remedy: "set postgres.image to an image of production's major",
		Example: Example{
			Case:    "postgres.version was raised to 17, and postgres.image stayed.",
			Message: "image postgres:15 runs Postgres 15.20, postgres.version pins 17",
		},
		Neighbours: []Neighbour{
			{DumpTooNew, "image and config agree, and the dump is newer than both"},
			{ClientTooOld, "the major is right, and the minor too old for the dump"},
		},
	},
	{
		Code: ExtensionUnavailable, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause: "The image lacks an extension that the dump or the config needs. Names are compared with pg_available_extensions before anything is restored; " +
			"a version that is missing, or an access method, shows during the restore.",
		Remedy: "set postgres.image to an image that has the extension",
		Example: Example{
			Case:    "The dump makes the extension vector, and the official image does not bring it.",
			Message: "image postgres:15 lacks extension vector",
		},
		Messages: []string{
			`extension "vector" is not available`, "could not open extension control file",
			`extension "hstore" has no installation script nor update path for version "9.9"`,
			`Table access method "columnar" does not exist.`,
		},
		Neighbours: []Neighbour{
			{PreloadMissing, "the image has the extension, and its library is not loaded at the server's start"},
			{LibraryMissing, "it is a library, a language or a dictionary that the image lacks, and no extension of that name is asked for"},
			{RestoreFailed, "the dump uses a type or a wrapper of an extension that it does not make"},
		},
	},
	{
		Code: PreloadMissing, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause: "An extension must be loaded by shared_preload_libraries. Of the usual ones (pg_cron, timescaledb, citus, pgaudit …) that is known beforehand, " +
			"of others by the server's words, or by a parameter with the extension's prefix that it does not know.",
		Remedy: "add the library to postgres.settings.shared_preload_libraries",
		Example: Example{
			Case:    "The dump makes the extension pg_cron.",
			Message: `pg_cron must be in shared_preload_libraries, which is ""`,
		},
		Messages: []string{
			"pg_cron can only be loaded via shared_preload_libraries", "vchord must be loaded via shared_preload_libraries.",
			`unrecognized configuration parameter "cron.database_name"`, `extension "timescaledb" must be preloaded`,
			`invalid INSERT on the root table of hypertable "_hyper_1_1_chunk"`,
		},
		Neighbours: []Neighbour{
			{ExtensionUnavailable, "the image does not have the extension at all"},
			{VersionSkew, "the parameter that the server does not know has no prefix with a dot"},
			{ServerStartFailed, "shared_preload_libraries names a library that the image does not have"},
		},
	},
	{
		Code: ServerStartFailed, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause: "Postgres did not come up. Its container could not be started, ended, or gives no answer within three minutes; " +
			"the server's last log lines are in the message.",
		Remedy: "read the server's last log lines in the message; check postgres.settings and postgres.memory",
		Example: Example{
			Case: "postgres.settings has shared_preload_libraries: no_such_library.",
			Message: "the Postgres container ended with exit code 1; its last log lines:\n" +
				`FATAL:  58P01: could not access file "no_such_library": No such file or directory`,
		},
		Messages: []string{
			"pg_ctl: could not start server", `could not access file "pg_cron": No such file or directory`,
			`unrecognized configuration parameter "no_such_setting"`,
		},
		Neighbours: []Neighbour{
			{SandboxOutOfMemory, "the kernel killed it while it started"},
			{SandboxLost, "it had come up, and was lost later"},
			{ImageUnavailable, "the image cannot be had"},
		},
	},
	{
		Code: IsolationBroken, Class: ClassEnvironment, Stages: []Stage{Provision, App},
		Cause: "A container of the sandbox has a way out. The engine is asked for its network and ports, and from inside are counted interfaces and routes; " +
			"a connect to an address of nobody must fail at once. This comes before anything is restored.",
		Remedy: "do not drill on this engine: it gave a network to a container that asked for none",
		Example: Example{
			Case:    "An engine puts every container on its own bridge, whatever was asked for.",
			Message: "the sandbox has network interfaces besides loopback: eth0",
		},
		Neighbours: []Neighbour{
			{EngineUnreachable, "the engine cannot be used at all"},
		},
	},
	{
		Code: RoleMissing, Class: ClassBackup, Stages: []Stage{Provision, Restore},
		Cause: "The dump needs roles that it does not bring. pg_dump never dumps roles. With restore.roles: strict that ends the drill before the restore; else they are made and reported " +
			"as a finding, and only a role that could not be foreseen, or a membership that no backup brings, ends in this code.",
		Remedy: "back up the roles too (pg_dumpall --globals-only), or set restore.roles to create",
		Example: Example{
			Case:    "Tables belong to items_owner, and restore.roles is strict.",
			Message: `the dump needs role "items_owner" and does not contain it`,
		},
		Messages: []string{`role "app_owner" does not exist`},
		Neighbours: []Neighbour{
			{ObjectExists, "the dump makes a role that is there already"},
			{TablespaceMissing, "it is a tablespace, which no drill makes up"},
			{AppStartFailed, "the dump restores, and the application's role may not do what it needs"},
		},
	},
	{
		Code: CollationMissing, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause: "A locale or collation that the image lacks. Found when the database is made, as the dump or postgres.locale asks, or when the dump names a collation; " +
			"slim and Alpine images have few. A row that finds no partition, because ranges of text follow a locale that the dump does not tell, is of this kind too.",
		Remedy: "set postgres.image to an image with production's locales, or correct postgres.locale and postgres.encoding",
		Example: Example{
			Case:    "A column of the dump has a collation of production's own.",
			Message: `collation "pg_catalog.xx_XX.utf8" for encoding "UTF8" does not exist (SQLSTATE 42704)`,
		},
		Messages: []string{
			`collation "en_US.utf8" for encoding "UTF8" does not exist`, `could not create locale "de_DE.utf8": No such file or directory`,
			`invalid locale name: "en_US.UTF-8"`, `encoding "LATIN1" does not match locale "C.UTF-8"`,
			`no partition of relation "measurements" found for row`,
		},
		Neighbours: []Neighbour{
			{EncodingInvalid, "the locale is there, and the rows hold bytes of another encoding"},
			{ConstraintViolated, "the row finds no partition, and the ranges are none of text"},
			{VersionSkew, `production's major does not know a kind of locale at all (option "builtin_locale" not recognized)`},
		},
	},
}
