package outcome

// provisionCodes can be found while the sandbox is created.
var provisionCodes = []Entry{
	{
		Code: EngineUnreachable, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause: "No container engine answers, or not the configured one. The drill checks this before it looks for the backup, because nothing can be tested without " +
			"an engine. An engine that does not forward the end of a command's input cannot be used either.",
		Remedy: "start the container engine, or correct DOCKER_HOST or the Docker context",
		Example: Example{
			Case:    "DOCKER_HOST names an address at which nothing listens.",
			Message: "no container engine answers at tcp://127.0.0.1:1 (DOCKER_HOST): Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?",
		},
		Messages: []string{"Cannot connect to the Docker daemon", "permission denied while trying to connect to the Docker daemon socket"},
		Neighbours: []Neighbour{
			{SandboxLost, "the engine answered at first, but stopped during the drill"},
			{ImageUnavailable, "the engine answers, but has no such image"},
		},
	},
	{
		Code: ImageUnavailable, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, App},
		Cause:  "The image does not exist on the engine and cannot be pulled, or it contains a server but no psql or pg_restore.",
		Remedy: "correct postgres.image or app.image, or give the engine access to its registry",
		Example: Example{
			Case:    "The registry in the image's name does not answer.",
			Message: `pull image 127.0.0.1:1/none:1: Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused`,
		},
		Messages: []string{"manifest unknown", "pull access denied", "toomanyrequests: You have reached your pull rate limit"},
		Neighbours: []Neighbour{
			{EngineUnreachable, "the engine itself does not answer"},
			{ServerStartFailed, "the image is available, but Postgres does not start in it"},
			{AppStartFailed, "the image is available, but its container exits or cannot be started"},
		},
	},
	{
		Code: ImageOutdated, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause: "The engine has a copy of a tag that it pulled earlier, and could not renew it: the registry does not answer or denies access. The tag may have been moved since, so " +
			"another image than the one to be deployed would be judged. A gate checks the images of the release before it fetches the backup; with images.pull: always every " +
			"drill checks all of its images. An image that was built on the engine and a digest are used as they are.",
		Remedy: "give the engine access to the registry (docker login), name the image by its digest, or set images.pull to missing",
		Example: Example{
			Case:    "The gate is asked about a tag that was pulled last week, and the registry does not answer.",
			Message: `the engine's copy of image ghcr.io/acme/shop:main may be older than the registry's, and could not be renewed: Get "https://ghcr.io/v2/": dial tcp: connection refused`,
		},
		Neighbours: []Neighbour{
			{ImageUnavailable, "the engine has no copy at all, and cannot pull one"},
		},
	},
	{
		Code: ImageWrongMajor, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause:  "The image's server has another major version than postgres.version pins. The running server reports its version; the image's name is not trusted.",
		Remedy: "set postgres.image to an image of production's major version",
		Example: Example{
			Case:    "postgres.version was raised to 17, and postgres.image was not.",
			Message: "image postgres:15 runs Postgres 15.20, postgres.version pins 17",
		},
		Neighbours: []Neighbour{
			{DumpTooNew, "image and config agree, but the dump is newer than both"},
			{ClientTooOld, "the major version is right, but the minor version is too old for the dump"},
		},
	},
	{
		Code: ExtensionUnavailable, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause: "The image lacks an extension that the dump or the config needs, and no package of its repositories contains it; or postgres.build is off. Names are " +
			"compared with pg_available_extensions before anything is restored, and each extension is created in an empty database. A " +
			"missing version or access method is found during the restore.",
		Remedy: "set postgres.image to an image that has the extension, or postgres.build.repository to a repository with its package",
		Example: Example{
			Case:    "The dump creates the extension pg_graphql, for which neither Debian nor the Postgres project has a package.",
			Message: "no package of http://deb.debian.org/debian (bookworm) contains extension pg_graphql for Postgres 15",
		},
		Messages: []string{
			`extension "vector" is not available`, "could not open extension control file",
			`extension "hstore" has no installation script nor update path for version "9.9"`,
			`Table access method "columnar" does not exist.`,
		},
		Neighbours: []Neighbour{
			{ImageBuildFailed, "a package contains it, but could not be installed, or no index of packages answered"},
			{PreloadMissing, "the image has the extension, but its library is not loaded when the server starts"},
			{LibraryMissing, "the image lacks a library, a language or a dictionary, but the dump creates no extension of that name"},
		},
	},
	{
		Code: ImageBuildFailed, Class: ClassEnvironment, Stages: []Stage{Provision},
		Cause: "An image with the extensions that postgres.image lacks could not be made. The index of its packages does not answer, a package cannot be installed, the " +
			"disk is full, or it took longer than 20 minutes. The last lines of apt's output are in the message.",
		Remedy: "read apt's last lines in the message, check that containers on this engine reach the package repositories, or set postgres.image to an image that has the extensions",
		Example: Example{
			Case: "The machine has no network, and the dump creates the extension postgis.",
			Message: "look for the packages of postgis: not all indexes of packages could be downloaded; the last lines of its output:\n" +
				"W: Failed to fetch http://deb.debian.org/debian/dists/bookworm/InRelease  Temporary failure resolving 'deb.debian.org'",
		},
		Neighbours: []Neighbour{
			{ExtensionUnavailable, "the indexes answered, and no package contains the extension"},
			{ImageUnavailable, "the image to which packages are added is not available"},
		},
	},
	{
		Code: PreloadMissing, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause: "An extension must be loaded with shared_preload_libraries. For well-known ones (pg_cron, timescaledb, citus, pgaudit …) the drill adds the library " +
			"itself, unless postgres.build is off. For others the server's error says so, or it does not know a parameter with the extension's prefix.",
		Remedy: "add the library to postgres.settings.shared_preload_libraries",
		Example: Example{
			Case:    "The dump creates the extension pg_cron, and postgres.build is off.",
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
		Cause: "Postgres did not start. Its container could not be started, exited, or did not answer within three minutes. The server's last log lines are in the " +
			"message.",
		Remedy: "read the server's last log lines in the message, then check postgres.settings and postgres.memory",
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
			{SandboxOutOfMemory, "the kernel killed it while it was starting"},
			{SandboxLost, "it started, and was lost later"},
			{ImageUnavailable, "the image is not available"},
		},
	},
	{
		Code: IsolationBroken, Class: ClassEnvironment, Stages: []Stage{Provision, App},
		Cause: "A container of the sandbox has network access. The engine is asked for its network and ports, and interfaces and routes are counted from inside. A " +
			"connection to an unused address must fail at once. All of this is checked before anything is restored.",
		Remedy: "do not drill on this engine, because it connects containers that request no network",
		Example: Example{
			Case:    "An engine attaches every container to its own bridge, whatever was requested.",
			Message: "the sandbox has network interfaces besides loopback: eth0",
		},
		Neighbours: []Neighbour{
			{EngineUnreachable, "the engine cannot be used at all"},
		},
	},
	{
		Code: RoleMissing, Class: ClassBackup, Stages: []Stage{Provision, Restore},
		Cause: "The dump needs roles that it does not contain. pg_dump never dumps roles. With restore.roles: strict, the drill ends before the restore. Otherwise it " +
			"creates them and reports a finding; only a role that was not foreseen, or a membership that no backup contains, causes this code.",
		Remedy: "back up the roles too (pg_dumpall --globals-only), or set restore.roles to create",
		Example: Example{
			Case:    "Tables belong to items_owner, and restore.roles is strict.",
			Message: `the dump needs role "items_owner" and does not contain it`,
		},
		Messages: []string{`role "app_owner" does not exist`},
		Neighbours: []Neighbour{
			{ObjectExists, "the dump creates a role that already exists"},
			{TablespaceMissing, "a tablespace is missing, which the drill creates only if the backup does"},
			{AppStartFailed, "the dump restores, but the application's role lacks a privilege"},
		},
	},
	{
		Code: TablespaceMissing, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause: "The dump puts objects in a tablespace that does not exist in the sandbox. The dump of a database names tablespaces but does not create them; " +
			"that is in the globals of the cluster.",
		Remedy: "set backup.globals to the output of pg_dumpall --globals-only, dump with --no-tablespaces, or create the tablespace in postgres.image",
		Example: Example{
			Case:    "A table in production is in the tablespace fast.",
			Message: `invalid value for parameter "default_tablespace": "fast" (SQLSTATE 22023)`,
		},
		Messages: []string{`tablespace "fast" does not exist`, `invalid value for parameter "default_tablespace": "fast"`},
		Neighbours: []Neighbour{
			{RoleMissing, "a role is missing"},
			{SandboxDiskFull, "the tablespace exists, but has no free space"},
		},
	},
	{
		Code: CollationMissing, Class: ClassEnvironment, Stages: []Stage{Provision, Restore},
		Cause: "The image lacks a locale or collation. This is found when the database is created with the locale of the dump or of postgres.locale, or when the dump " +
			"names a collation. Slim and Alpine images have few. A row that matches no partition counts too, if ranges of text depend on a locale that the dump " +
			"does not state.",
		Remedy: "set postgres.image to an image with production's locales, or correct postgres.locale and postgres.encoding",
		Example: Example{
			Case:    "A column in the dump uses a custom collation of production.",
			Message: `collation "pg_catalog.xx_XX.utf8" for encoding "UTF8" does not exist (SQLSTATE 42704)`,
		},
		Messages: []string{
			`collation "en_US.utf8" for encoding "UTF8" does not exist`, `could not create locale "de_DE.utf8": No such file or directory`,
			`invalid locale name: "en_US.UTF-8"`, `encoding "LATIN1" does not match locale "C.UTF-8"`,
			`no partition of relation "measurements" found for row`,
		},
		Neighbours: []Neighbour{
			{EncodingInvalid, "the locale exists, but the rows contain bytes of another encoding"},
			{ConstraintViolated, "the row matches no partition, and the ranges are not of text"},
			{VersionSkew, `production's major version does not know a kind of locale at all (option "builtin_locale" not recognized)`},
		},
	},
}
