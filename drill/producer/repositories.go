package producer

// repositories are backups that only their own program can read. They are drilled by the
// output of a command.
var repositories = []Producer{
	{
		Name: "restic", Aliases: []string{"rustic"}, Title: "restic, by pg_dump | restic backup --stdin",
		Writes:  "snapshots with one file, in an encrypted repository",
		Config:  "command: {run: [restic, dump, --host, db1, --path, /shop.dump, latest, /shop.dump], env: {RESTIC_REPOSITORY: \"${RESTIC_REPOSITORY}\", RESTIC_PASSWORD_FILE: /run/secrets/restic}, name: shop.dump}",
		Layers:  []string{"restic", "custom or plain"},
		Command: []string{"restic", "dump", "--host", "db1", "--path", "/shop.dump", "latest", "/shop.dump"},
		Notes: []string{
			"Choose by host, tag and path: latest alone can be a snapshot of something else.",
			"Add --no-lock if the credentials can only read.",
			"With --stdin-from-command a failed pg_dump makes no snapshot; after a plain pipe it does.",
		},
		Evidence: "restic/restic:doc/050_restore.rst, doc/040_backup.rst, doc/075_scripting.rst",
	},
	{
		Name: "k8up", Title: "K8up",
		Writes:  "what backupcommand prints, as one file of a restic snapshot",
		Config:  "command: {run: [restic, dump, --host, NAMESPACE, --path, /NAMESPACE-postgres.sql, latest, /NAMESPACE-postgres.sql], env: {RESTIC_REPOSITORY: \"${RESTIC_REPOSITORY}\", RESTIC_PASSWORD_FILE: /run/secrets/restic}, name: shop.sql}",
		Layers:  []string{"restic", "plain"},
		Command: []string{"restic", "dump", "--host", "NAMESPACE", "--path", "/NAMESPACE-postgres.sql", "latest", "/NAMESPACE-postgres.sql"},
		Notes: []string{
			"restic snapshots shows the host and the path: they depend on the namespace, the pod and the annotation fileextension.",
			"The documented pg_dump --clean has DROP statements without IF EXISTS, which fail on an empty database. They are tolerated.",
		},
		Evidence: "k8up-io/k8up:restic/cli/stdinbackup.go, docs/modules/ROOT/pages/how-tos/application-aware-backups.adoc",
	},
	{
		Name: "borg", Title: "Borg, by script",
		Writes:  "archives with a dump as a file, in a repository",
		Config:  "command: {run: [sh, -c, 'archive=$(borg list --last 1 --short) && borg extract --stdout \"::$archive\" shop.dump'], env: {BORG_REPO: \"${BORG_REPO}\", BORG_PASSPHRASE: \"${BORG_PASSPHRASE}\"}, name: shop.dump}",
		Layers:  []string{"borg", "custom or plain"},
		Command: []string{"sh", "-c", `archive=$(borg list --last 1 --short) && borg extract --stdout "::$archive" shop.dump`},
		Notes: []string{
			"If several series share the repository, add --glob-archives 'db1-*'.",
			"The key of a keyfile repository is outside of it: store a copy where you would look for it in a disaster.",
		},
		Evidence: "borgbackup/borg:docs/usage/list.rst.inc, docs/usage/extract.rst.inc",
	},
	{
		Name: "borgmatic", Title: "borgmatic",
		Writes:  "borgmatic/postgresql_databases/HOST/DATABASE in a Borg archive, custom by default",
		Config:  "command: {run: [sh, -c, 'archive=$(borg list --last 1 --short) && borg extract --stdout \"::$archive\" borgmatic/postgresql_databases/localhost/shop'], env: {BORG_REPO: \"${BORG_REPO}\", BORG_PASSPHRASE: \"${BORG_PASSPHRASE}\"}, name: shop.dump}",
		Match:   "{database}",
		Folder:  "postgresql_databases/*",
		Layers:  []string{"borg", "custom"},
		Command: []string{"sh", "-c", `archive=$(borg list --last 1 --short) && borg extract --stdout "::$archive" borgmatic/postgresql_databases/localhost/shop`},
		Notes: []string{
			"HOST can have a port, or be the label of the config: borg list shows the path.",
			"A folder that borgmatic extract wrote can be drilled with from: and producer: borgmatic.",
			"In directory format the dump is many files: extract it to a folder first.",
			"The database all is a pg_dumpall.",
			"Before borgmatic 1.9 the path began with that of the home directory, …/.borgmatic/postgresql_databases.",
		},
		Evidence: "borgmatic-collective/borgmatic:borgmatic/hooks/data_source/postgresql.py, dump.py",
	},
	{
		Name: "velero", Title: "Velero with hooks",
		Writes:   "a copy of the volume, into which a hook has dumped",
		Layers:   []string{"kopia or restic"},
		Unusable: "The dump is inside a volume, which only a restore by Velero brings back. Let the hook copy the dump to a bucket too, and drill it there.",
		Evidence: "velero.io/docs/latest/backup-hooks",
	},
}
