package producer

// services are the panels and operators that back up the databases they manage.
var services = []Producer{
	{
		Name: "pgbackweb", Title: "PG Back Web (eduardolat)",
		Writes: "a zip with dump.sql in a folder for each day",
		Config: "producer: pgbackweb",
		Match:  "dump-20*.zip",
		Member: "dump.sql",
		Layers: []string{"zip", "plain"},
		Notes: []string{
			"The names do not contain the database: give each backup a destination directory of its own, and set from to it.",
			"PBW_ENCRYPTION_KEY protects stored credentials. The dumps are not encrypted.",
		},
		Evidence: "eduardolat/pgbackweb:internal/service/executions/run_execution.go, internal/integration/postgres/postgres.go",
	},
	{
		Name: "databasus", Aliases: []string{"postgresus"}, Title: "Databasus (formerly Postgresus)",
		Writes: "a custom archive without a suffix, and a .metadata file beside it; its own encryption is optional",
		Config: "producer: databasus\nkeys: [{databasus: {file: secret.key}}]",
		Match:  "*-*-*-*-*",
		Layers: []string{"databasus (optional)", "custom"},
		Notes: []string{
			"The name begins with the title of the database in Databasus: if several share the place, set match to \"TITLE-20*\".",
			"To open an encrypted backup its UUID is needed, which is in its name and in the .metadata file. Keep both.",
			"Databasus restores with --no-owner and --no-acl, so its own test does not notice missing roles.",
			"Physical backups, with WAL, cannot be drilled.",
		},
		Evidence: "databasus/databasus:backend/internal/features/backups/backups/encryption; backend/internal/features/backups/backups/core/logical/model.go",
	},
	{
		Name: "dbackup", Title: "DBackup",
		Writes:   "a dump with AES-256-GCM, its nonce and tag in .meta.json",
		Layers:   []string{"dbackup", "plain"},
		Unusable: "Its encryption is not opened. Switch it off for a copy of the backup, or drill the decrypted file.",
		Evidence: "dbackup.app/user-guide/security/encryption",
	},
	{
		Name: "dokploy", Title: "Dokploy",
		Writes: "one custom archive each time, in gzip, without owners and grants",
		Config: "producer: dokploy",
		Match:  "20[0-9][0-9]-*Z.sql.gz",
		Layers: []string{"gzip", "custom"},
		Notes: []string{
			"The names do not contain the database: set from to the folder of one backup, APP/PREFIX/.",
			"The suffix says SQL, but the file is a custom archive.",
			"Grants are not in the backup (--no-acl), so an application with a role of its own cannot read its tables after a restore.",
			"Dokploy's own database is webserver-backup-….zip: set match to \"webserver-backup-*.zip\" and member to \"database.sql\".",
		},
		Evidence: "Dokploy/dokploy:packages/server/src/utils/backups/utils.ts, postgres.ts, web-server.ts",
	},
	{
		Name: "coolify", Title: "Coolify",
		Writes: "one custom archive each time, without owners and grants; or a pg_dumpall",
		Config: "producer: coolify",
		Match:  "pg-dump-{database}-[0-9]*",
		Layers: []string{"custom"},
		Notes: []string{
			"The number in the name is a Unix time.",
			"Grants are not in the backup (--no-acl), so an application with a role of its own cannot read its tables after a restore.",
			"\"Backup all databases\" writes pg-dump-all-TIME.gz by pg_dumpall: set match to \"pg-dump-all-*.gz\".",
		},
		Evidence: "coollabsio/coolify:app/Jobs/DatabaseBackupJob.php",
	},
	{
		Name: "zalando", Title: "Zalando postgres-operator, logical backup",
		Writes: "a pg_dumpall, gzip, named with a Unix time",
		Config: "producer: zalando\ndatabase: shop",
		Match:  "[0-9]*.sql.gz",
		Folder: "logical_backups",
		Layers: []string{"gzip", "cluster"},
		Notes: []string{
			"The dump streams into the upload, so a broken one is in the bucket too.",
			"logical_backup_filename_date_format changes the names.",
		},
		Evidence: "zalando/postgres-operator:logical-backup/dump.sh",
	},
}
