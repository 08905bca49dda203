package producer

// applications are programs with a backup command of their own, or with documentation
// that names the files.
var applications = []Producer{
	{
		Name: "gitlab", Title: "GitLab (gitlab-backup)",
		Writes: "a tar with repositories and db/database.sql.gz",
		Config: "producer: gitlab",
		Match:  "*_gitlab_backup.tar",
		Member: "db/database.sql*",
		Layers: []string{"tar", "gzip", "plain"},
		Notes: []string{
			"The database of CI is another member: drill it as a second database, with member \"db/ci_database.sql*\".",
			"gitlab-secrets.json is not in the backup. Without it, encrypted columns are lost: back it up apart.",
			"If pg_schema is set, extensions are not in the dump: set restore.before to create pg_trgm, btree_gist and amcheck.",
		},
		Evidence: "gitlabhq/gitlabhq:lib/backup/targets/database.rb; docs.gitlab.com/administration/backup_restore",
	},
	{
		Name: "discourse", Title: "Discourse",
		Writes: "a tar.gz with dump.sql.gz and uploads, or dump.sql.gz alone",
		Config: "producer: discourse\nrestore: {before: [\"create extension if not exists hstore\", \"create extension if not exists pg_trgm\"]}",
		Match:  "*-v20[0-9]*.gz",
		Member: "dump.sql*",
		Layers: []string{"gzip", "tar (with uploads)", "gzip (with uploads)", "plain"},
		Notes: []string{
			"Only the schema public is dumped, so extensions are not in the dump: create them first.",
			"The names contain the title of the site, not the database.",
		},
		Evidence: "discourse/discourse:lib/backup_restore/backuper.rb",
	},
	{
		Name: "odoo", Title: "Odoo (database manager)",
		Writes: "a zip with dump.sql, manifest.json and the filestore; or a custom archive",
		Config: "producer: odoo",
		Member: "dump.sql",
		Layers: []string{"zip", "plain"},
		Notes: []string{
			"pg_version in manifest.json is the major of the server that was dumped.",
			"The file is dumped without owners (--no-owner).",
		},
		Evidence: "odoo/odoo:odoo/service/db.py, addons/web/controllers/database.py",
	},
	{
		Name: "immich", Title: "Immich",
		Writes: "one plain dump each day, gzip; a pg_dumpall before 2025",
		Config: "producer: immich\npostgres: {image: \"ghcr.io/immich-app/postgres:14-vectorchord0.4.3-pgvectors0.2.0\"}",
		Match:  "immich-db-backup-*.sql.gz",
		Layers: []string{"gzip", "plain"},
		Notes: []string{
			"The image must have VectorChord, or the vector extension that your version of Immich uses.",
			"The name contains the version of Postgres, as in pg14.17.",
			"Photos and videos are not in the dump.",
		},
		Evidence: "immich-app/immich:server/src/utils/backups.ts",
	},
	{
		Name: "zulip", Title: "Zulip (manage.py backup)",
		Writes: "a tar.gz with a dump in directory format and the settings",
		Config: "producer: zulip",
		Match:  "zulip-backup-*.tar.gz",
		Member: "zulip-backup/database",
		Layers: []string{"gzip", "tar", "directory"},
		Notes: []string{
			"zulip-backup/postgres-version in the tar is the version of the server.",
			"Postgres needs the dictionaries of Zulip's full-text search: use the image zulip/zulip-postgresql.",
			"A backup that was made with --skip-db contains no dump.",
		},
		Evidence: "zulip/zulip:zerver/management/commands/backup.py",
	},
	{
		Name: "gitea", Aliases: []string{"forgejo"}, Title: "Gitea and Forgejo (dump)",
		Writes: "a zip or tar with gitea-db.sql or forgejo-db.sql, repositories and data",
		Config: "producer: gitea",
		Match:  "*-dump-[0-9]*",
		Member: "*-db.sql",
		Layers: []string{"zip", "plain"},
		Notes: []string{
			"The SQL is not by pg_dump and has no end mark: whether it is whole cannot be verified. A pg_dump beside it can.",
			"gitea dump --database writes the SQL for another kind of database.",
		},
		Evidence: "go-gitea/gitea:cmd/dump.go; forgejo/forgejo:cmd/dump.go",
	},
	{
		Name: "nextcloud", Title: "Nextcloud (as documented)",
		Writes: "a plain dump with the suffix .bak",
		Config: "producer: nextcloud",
		Match:  "nextcloud-sqlbkp_*",
		Layers: []string{"plain"},
		Notes:  []string{"The documentation uses the same name for MySQL and SQLite."},

		Evidence: "nextcloud/documentation:admin_manual/maintenance/backup.rst",
	},
	{
		Name: "mastodon", Title: "Mastodon (as documented)",
		Writes: "a pg_dump or pg_dumpall under your own names",
		Config: "from: ./backups",
		Layers: []string{"plain or custom"},
		Notes:  []string{"The secrets in .env.production are not in the dump. Without them, two-factor logins and encrypted columns are lost."},

		Evidence: "mastodon/documentation:content/en/admin/backups.md",
	},
	{
		Name: "vaultwarden", Title: "Vaultwarden (as documented)",
		Writes: "a pg_dump under your own names",
		Config: "from: ./backups",
		Layers: []string{"plain or custom"},
		Notes:  []string{"The attachments and the RSA key are in the data folder, not in the dump."},

		Evidence: "github.com/dani-garcia/vaultwarden/wiki/Backing-up-your-vault",
	},
	{
		Name: "sentry", Title: "Sentry, self-hosted (export)",
		Writes:   "JSON by sentry export",
		Layers:   []string{"json"},
		Unusable: "It contains settings and accounts, not the database. Run pg_dump in the container postgres, and drill that dump.",
		Evidence: "getsentry/self-hosted:scripts/_lib.sh",
	},
}
