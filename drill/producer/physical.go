package producer

const (
	// insteadOfPhysical is what to do about a physical backup.
	insteadOfPhysical = "Physical backups cannot be drilled by this version. Take a pg_dump too, on a replica if the load matters, and drill that; "
)

// physical are tools that copy the files of a server.
var physical = []Producer{
	{
		Name: "barman", Aliases: []string{"cloudnativepg"}, Title: "Barman and CloudNativePG (barman-cloud)",
		Writes:   "base backups and WAL",
		Layers:   []string{"gzip, bzip2, snappy, lz4, zstd or xz", "data directory"},
		Unusable: insteadOfPhysical + "test the physical one with a recovery of a second cluster (bootstrap.recovery in CloudNativePG).",
		Evidence: "cloudnative-pg/cloudnative-pg:docs/src/backup.md; cloudnative-pg/plugin-barman-cloud:web/docs/compression.md",
	},
	{
		Name: "pgbackrest", Aliases: []string{"crunchy"}, Title: "pgBackRest (also Crunchy PGO)",
		Writes:   "base backups and WAL in a repository",
		Layers:   []string{"gzip, lz4, zstd or bzip2", "data directory"},
		Unusable: insteadOfPhysical + "test the physical one with pgbackrest restore on another machine.",
		Evidence: "pgbackrest/pgbackrest:doc/xml/user-guide.xml",
	},
	{
		Name: "walg", Aliases: []string{"stackgres", "wal-e"}, Title: "WAL-G (also StackGres, Spilo)",
		Writes:   "base backups and WAL",
		Layers:   []string{"lz4, lzma, zstd or brotli", "data directory"},
		Unusable: insteadOfPhysical + "test the physical one with wal-g backup-fetch on another machine.",
		Evidence: "wal-g/wal-g:docs/PostgreSQL.md",
	},
	{
		Name: "pgdata", Aliases: []string{"pg_basebackup"}, Title: "A copy of the data directory (pg_basebackup, volume snapshots)",
		Writes:   "the files of the server",
		Layers:   []string{"tar (optional)", "data directory"},
		Unusable: insteadOfPhysical + "a copy that was made while the server was running, without pg_basebackup, may not start at all.",
		Evidence: "postgres/postgres:doc/src/sgml/ref/pg_basebackup.sgml",
	},
}
