package producer

// clouds are hosted databases whose own tools or documentation produce a dump.
var clouds = []Producer{
	{
		Name: "supabase", Title: "Supabase CLI (supabase db dump)",
		Writes: "three plain files: roles.sql, schema.sql and data.sql",
		Config: "producer: supabase\npostgres: {image: \"supabase/postgres:15.8.1.060\"}",
		Parts:  []string{"*roles*.sql*", "*schema*.sql*", "*data*.sql*"},
		Layers: []string{"gzip (optional)", "plain"},
		Notes: []string{
			"Keep the three files of a run in one folder, or give them the same date.",
			"The data of the schemas auth and storage are in the dump, but not their tables: the image must be Supabase's.",
			"roles.sql and schema.sql have no comments, so that their end cannot be verified. Dump with --keep-comments.",
			"A dump of data.sql alone cannot be restored.",
		},
		Evidence: "supabase/cli:apps/cli-go/pkg/migration/dump.go, scripts/dump_schema.sh, scripts/dump_data.sh",
	},
	{
		Name: "heroku", Title: "Heroku (heroku pg:backups)",
		Writes:  "a custom archive behind a URL that expires",
		Config:  "command: {run: [sh, -c, 'curl -fsS \"$(heroku pg:backups:url --app shop)\"'], name: shop.dump}",
		Layers:  []string{"custom"},
		Command: []string{"sh", "-c", `curl -fsS "$(heroku pg:backups:url --app shop)"`},
		Notes: []string{
			"A downloaded latest.dump is drilled from its folder, without a producer.",
			"Extensions are in the schema heroku_ext: set restore.before to \"create schema if not exists heroku_ext\".",
			"Roles are Heroku's own. Those that the dump needs are created without a password.",
		},
		Evidence: "devcenter.heroku.com/articles/heroku-postgres-import-export",
	},
	{
		Name: "cloudsql", Aliases: []string{"alloydb"}, Title: "Google Cloud SQL and AlloyDB, export",
		Writes:  "a plain dump in a bucket, gzip if its name ends in .gz; a parallel export is a directory",
		Config:  "from: gs://acme-backups/cloudsql/",
		Layers:  []string{"gzip (optional)", "plain"},
		Command: []string{"gcloud", "storage", "cat", "gs://acme-backups/cloudsql/shop.sql.gz"},
		Notes: []string{
			"The names are your own: set match if the folder has exports of several databases.",
			"The dump needs the roles cloudsqlsuperuser and cloudsqladmin. They are created, as every role that the backup does not bring.",
		},
		Evidence: "cloud.google.com/sql/docs/postgres/import-export; docs.cloud.google.com/alloydb/docs/export-sql-file",
	},
	{
		Name: "neon", Title: "Neon, pg_dump by GitHub Actions",
		Writes: "an ordinary pg_dump, custom or plain in gzip, under your own names",
		Config: "from: s3://acme-backups/neon/",
		Layers: []string{"gzip (optional)", "custom or plain"},
		Notes: []string{
			"Dump over the direct connection. Over the pooled one pg_dump is not reliable.",
			"Use the pg_dump of the server's major, or a newer one.",
			"Names such as 27-November-2026@03:00:00.sql.gz do not contain the database: give each one a folder.",
		},
		Evidence: "neon.com/docs/manage/backups-aws-s3-backup-part-2, neon.com/docs/manage/backup-pg-dump",
	},
	{
		Name: "rds", Title: "Amazon RDS and Aurora, snapshot export",
		Writes:   "Parquet files without the schema",
		Layers:   []string{"parquet"},
		Unusable: "Parquet cannot be restored as Postgres. Run pg_dump against the instance, or against one that was restored from the snapshot, and drill that dump.",
		Evidence: "docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ExportSnapshot.html",
	},
	{
		Name: "timescaledb", Title: "TimescaleDB",
		Writes: "an ordinary pg_dump, which needs TimescaleDB in the same version",
		Config: "postgres: {image: \"timescale/timescaledb:2.17.2-pg16\"}\nrestore: {jobs: 1, before: [\"create extension timescaledb\", \"select timescaledb_pre_restore()\"], after: [\"select timescaledb_post_restore()\"]}",
		Layers: []string{"custom or plain"},
		Notes: []string{
			"The tag of the image must have production's version of the extension.",
			"Restore with one job: the catalog of TimescaleDB does not bear parallel ones.",
		},
		Evidence: "tigerdata.com/docs/deploy/self-hosted/backup-and-restore/logical-backup",
	},
}
