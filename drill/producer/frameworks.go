package producer

// frameworks are the libraries by which an application backs itself up.
var frameworks = []Producer{
	{
		Name: "laravel", Aliases: []string{"spatie"}, Title: "spatie/laravel-backup",
		Writes: "a zip of the application's files and db-dumps/postgresql-DATABASE.sql; AES is optional",
		Config: "producer: laravel",
		Match:  "*.zip",
		Member: "db-dumps/postgresql-*",
		Layers: []string{"zip", "gzip (optional)", "plain"},
		Notes: []string{
			"BACKUP_ARCHIVE_PASSWORD encrypts the members: give it as zip: {passphrase: …}.",
			"With several databases set member to \"db-dumps/postgresql-shop*\".",
			"The names contain only a time: set from to the folder of one application.",
		},
		Evidence: "spatie/laravel-backup:config/backup.php, src/Tasks/Backup/BackupJob.php, src/Listeners/EncryptBackupArchive.php",
	},
	{
		Name: "django-dbbackup", Title: "django-dbbackup",
		Writes: "a plain dump with --clean, or a custom archive; gzip and OpenPGP to a recipient are optional",
		Config: "producer: django-dbbackup",
		Match:  "*.psql*",
		Layers: []string{"openpgp (optional)", "gzip (optional)", "plain"},
		Notes: []string{
			"The names contain the alias of Django's settings, such as default, and the host, not the database: with several set match to \"default-*.psql*\".",
			"PgDumpBinaryConnector writes a custom archive with the suffix .psql.bin.",
			"The plain dump has DROP statements without IF EXISTS, which fail on an empty database. They are tolerated.",
			"With the setting SCHEMAS, extensions are not in the dump: create them in restore.before.",
		},
		Evidence: "jazzband/django-dbbackup:dbbackup/db/postgresql.py, dbbackup/db/base.py, dbbackup/utils.py",
	},
	{
		Name: "backup-gem", Title: "Backup (Ruby gem)",
		Writes:  "a tar for each run, with databases/PostgreSQL.sql in it; openssl enc and OpenPGP are optional",
		Config:  "producer: backup-gem",
		Match:   "*.tar*",
		Member:  "*/databases/PostgreSQL*",
		Layers:  []string{"openssl or openpgp (optional)", "tar", "gzip (optional)", "plain"},
		OpenSSL: &OpenSSL{Cipher: "aes-256-cbc", PBKDF2: true, Iterations: 310000, Digest: "sha256"},
		Notes: []string{
			"With the splitter a backup is in parts, NAME.tar-aaa, NAME.tar-aab, which must be joined: set command to a cat of them.",
			"Backup 4, and 5 before September 2022, use the old derivation: set pbkdf2: false.",
			"Without a name in its config it writes a pg_dumpall.",
			"The encryption by openssl is not authenticated: a changed byte need not be noticed.",
		},
		Evidence: "backup/backup:lib/backup/package.rb, splitter.rb, encryptor/open_ssl.rb, database/postgresql.rb",
	},
}
