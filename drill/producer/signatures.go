package producer

import (
	"path"
	"regexp"
	"strings"
)

// Parts of the patterns below.
const (
	uuid    = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`
	rfc3339 = `20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d`
	packed  = `(\.(gz|bz2|xz|zst|zstd|lz4|comp))?`
	crypted = `(\.(gpg|age|enc))?`
	unix    = `1\d{9}`
	hash    = `[0-9a-f]{64}`
)

// key compiles a pattern for the end of a key, from the start of a folder or name on.
func key(pattern string) *regexp.Regexp { return regexp.MustCompile(`(?:^|/)(?:` + pattern + `)$`) }

var signatures = []signature{
	{
		name: "pg_back", looks: "pg_back, with pg_globals or its settings beside them",
		main:   key(`[^/]+_(?:` + rfc3339 + `(?:Z|[+-]\d\d:\d\d)|20\d\d-\d\d-\d\d_\d\d-\d\d-\d\d)\.(?:sql|sql\.gz|dump|tar|d|d/[^/]+)(?:\.age)?`),
		beside: key(`(?:[^/]+\.createdb\.sql|(?:pg_settings|hba_file|ident_file)_[^/]+\.out)(?:\.age)?`),
		needs:  []*regexp.Regexp{key(`(?:pg_globals_20\d\d[^/]+\.sql|(?:pg_settings|hba_file|ident_file)_20\d\d[^/]+\.out)(?:\.age)?`)},
	},
	{
		// automysqlbackup has the same folders and times, but no postgres_globals.
		name: "autopostgresqlbackup", looks: "autopostgresqlbackup, with its postgres_globals",
		main:  key(`(?:daily|weekly|monthly)/([^/]+)/([^/]+)_20\d\d-\d\d-\d\d_\d\dh\d\dm(?:\.[^/.]+)?\.sql` + packed + crypted),
		agree: sameName,
		needs: []*regexp.Regexp{key(`postgres_globals_20\d\d[^/]*`)},
	},
	{
		name: "tiredofit", looks: "tiredofit/db-backup, like pgsql_shop_HOST_20261127-030000.sql.zst",
		main:   key(`pgsql_[^/]+_[^/]+_20\d{6}-\d{6}\.sql` + packed + crypted),
		beside: key(`latest-pgsql_[^/]+|pgsql_globals_[^/]+`),
	},
	{
		name: "prodrigestivill", looks: "postgres-backup-local, in last/ and daily/",
		main:  key(`(?:last/[^/]+-20\d{6}-\d{6}|daily/[^/]+-20\d{6}|(?:weekly|monthly)/[^/]+-20\d{4}|(?:last|daily|weekly|monthly)/[^/]+-latest)\.(?:sql\.gz|dump|sql)`),
		needs: []*regexp.Regexp{key(`last/[^/]+-20\d{6}-\d{6}\.[^/]+`), key(`daily/[^/]+-20\d{6}\.[^/]+`)},
	},
	{
		name: "postgres-backup-s3", looks: "postgres-backup-s3, like shop_2026-11-27T03:00:00.dump", family: "eeshugerman/postgres-backup-s3 and its fork siemens/postgres-backup-s3",
		main: key(`[^/]+_` + rfc3339 + `\.dump(?:\.gpg)?`), least: 3,
	},
	{
		name: "schickling", looks: "schickling/postgres-backup-s3, like shop_2026-11-27T03:00:00Z.sql.gz", family: "schickling/postgres-backup-s3 and its fork itbm/postgresql-backup-s3",
		main: key(`[^/]+_` + rfc3339 + `Z\.sql\.gz(?:\.enc)?`), least: 3,
	},
	{
		name: "offen", looks: "docker-volume-backup, like backup-2026-11-27T03-00-00.tar.gz",
		main: key(`backup-20\d\d-\d\d-\d\dT\d\d-\d\d-\d\d\.tar(?:\.gz|\.zst)?` + crypted), beside: key(`backup[.-]latest\.tar[^/]*`), least: 3,
	},
	{
		name: "pgbackweb", looks: "PG Back Web, dump-DATE-TIME-UUID.zip in a folder for each day",
		main:  key(`(20\d\d)/(\d\d)/(\d\d)/dump-(20\d{6})-?\d{6}-` + uuid + `\.zip`),
		agree: func(m []string) bool { return m[1]+m[2]+m[3] == m[4] },
	},
	{
		name: "databasus", looks: "Databasus, NAME-DATE-TIME-UUID",
		main: key(`[^/]+-20\d{6}-\d{6}-` + uuid), beside: key(`[^/]*` + uuid + `\.metadata`), needs: []*regexp.Regexp{key(`[^/]*` + uuid + `\.metadata`)},
	},
	{
		name: "dokploy", looks: "Dokploy, with the backups of its own server",
		main: key(`20\d\d-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.sql\.gz|webserver-backup-(?:[^/]+-)?20\d\d-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.zip`),
		needs: []*regexp.Regexp{
			key(`webserver-backup-[^/]+\.zip`), key(`20\d\d-[^/]+\.sql\.gz`),
		},
	},
	{name: "coolify", looks: "Coolify, like pg-dump-shop-1795748400.dmp", main: key(`pg-dump-(?:[^/]+-` + unix + `\.dmp|all-` + unix + `\.gz)`)},
	{
		name: "zalando", looks: "the Zalando operator, like logical_backups/1795748400.sql.gz",
		main: key(`logical_backups/` + unix + `\.sql\.gz`), beside: key(`wal/(?:\d+/)?(?:basebackups_\d{3}|wal_\d{3})/.+`),
	},
	{
		name: "django-dbbackup", looks: "django-dbbackup, like default-HOST-2026-11-27-030000.psql",
		main: key(`[^/]+-20\d\d-\d\d-\d\d-\d{6}\.psql(?:\.bin)?(?:\.gz)?(?:\.gpg)?`), beside: key(`[^/]+-20\d\d-\d\d-\d\d-\d{6}\.tar(?:\.gz)?(?:\.gpg)?`),
	},
	{
		name: "backup-gem", looks: "the Backup gem, NAME/2026.11.27.03.00.00/NAME.tar",
		main: key(`([^/]+)/20\d\d\.\d\d\.\d\d\.\d\d\.\d\d\.\d\d/([^/]+?)\.tar(?:\.(?:enc|gpg))?(?:-[a-z]{3})?`), agree: sameName,
	},
	{
		name: "gitlab", looks: "gitlab-backup, like 1795748400_2026_11_27_17.2.9_gitlab_backup.tar",
		main: key(`(?:` + unix + `_20\d\d_\d\d_\d\d_\d+\.\d+\.\d+[^/]*|` + unix + `|dump)_gitlab_backup\.tar`), beside: key(`gitlab_config_[^/]+\.tar|gitlab-secrets\.json|gitlab\.rb`),
	},
	{name: "discourse", looks: "Discourse, like forum-2026-11-27-030000-v20261101120000.tar.gz", main: key(`[^/]+-20\d\d-\d\d-\d\d-\d{6}-v20\d{12}\.(?:tar|sql)\.gz`)},
	{
		name: "immich", looks: "Immich, like immich-db-backup-20261127T020000-v2.3.1-pg14.19.sql.gz",
		main:   key(`immich-db-backup-(?:\d{13}|20\d{6}T\d{6}-v[^/]+-pg[^/]+)\.sql\.gz`),
		beside: key(`(?:(?:restore-point|uploaded)-)?immich-db-backup-[^/]+\.sql\.gz(?:\.tmp)?`),
	},
	{name: "zulip", looks: "Zulip, like zulip-backup-2026-11-27-03-00-00-ID.tar.gz", main: key(`zulip-backup-20\d\d-\d\d-\d\d-\d\d-\d\d-\d\d-[^/]+\.tar\.gz`)},
	{
		name: "gitea", looks: "gitea dump, like gitea-dump-1795748400.zip", family: "Gitea and its fork Forgejo",
		main: key(`(?:gitea|forgejo)-dump-` + unix + `\.(?:zip|tar(?:\.[a-z0-9]+)?)`),
	},
	{name: "nextcloud", looks: "Nextcloud's documentation, like nextcloud-sqlbkp_20261127.bak", main: key(`nextcloud-sqlbkp_20\d{6}\.bak` + packed + crypted)},
	{
		name: "supabase", looks: "supabase db dump: roles.sql, schema.sql and data.sql in one folder",
		main: key(`(?:roles|schema|data)\.sql(?:\.gz)?`), whole: threeInEachFolder,
	},
	{
		name: "borgmatic", looks: "borgmatic, postgresql_databases/HOST/DATABASE", main: key(`postgresql_databases/[^/]+/[^/]+(?:/[^/]+)?`), beside: key(`postgresql_databases/dumps\.json`),
	},
	{
		name: "restic", looks: "a restic repository", family: "restic, rustic and K8up",
		main:  key(`(?:keys|snapshots|index|locks)/` + hash + `|data/[0-9a-f]{2}/` + hash + `|config`),
		needs: []*regexp.Regexp{key(`config`), key(`keys/` + hash), key(`snapshots/` + hash)},
	},
	{
		name: "borg", looks: "a Borg repository, in which borgmatic's dumps are below borgmatic/postgresql_databases", family: "Borg and borgmatic",
		main: key(`config|nonce|README|(?:hints|index|integrity)\.\d+|data/\d+/\d+`), needs: []*regexp.Regexp{key(`config`), key(`index\.\d+`), key(`data/\d+/\d+`)},
	},
	{
		name: "velero", looks: "Velero, backups/NAME/velero-backup.json",
		main:   key(`backups/[^/]+/(?:velero-backup\.json|[^/]+\.gz)`),
		beside: regexp.MustCompile(`(?:^|/)(?:restores|kopia|restic|plugins|metadata)/`), needs: []*regexp.Regexp{key(`backups/[^/]+/velero-backup\.json`)},
	},
	{
		name: "rds", looks: "an export of an RDS snapshot, Parquet files and export_info",
		main: key(`[^/]+\.parquet`), beside: key(`_SUCCESS|_success|export_(?:info|tables_info)_[^/]+\.json`), needs: []*regexp.Regexp{key(`export_info_[^/]+\.json`)},
	},
	{
		name: "barman", looks: "Barman, base/ID and wals/",
		main: key(`base/20\d{6}T\d{6}/.+|wals/.+`), needs: []*regexp.Regexp{key(`base/20\d{6}T\d{6}/backup\.info`)},
	},
	{
		name: "pgbackrest", looks: "a pgBackRest repository",
		main:  key(`(?:backup|archive)/[^/]+/.+`),
		needs: []*regexp.Regexp{key(`backup/[^/]+/backup\.info`), key(`archive/[^/]+/archive\.info`)},
	},
	{
		name: "walg", looks: "WAL-G, basebackups_005 and wal_005",
		main: key(`(?:basebackups|wal)_\d{3}/.+`), needs: []*regexp.Regexp{key(`basebackups_\d{3}/base_[0-9A-F]{24}.*`)},
	},
	{
		name: "pgdata", looks: "a data directory, with PG_VERSION and pg_control",
		main:  key(`PG_VERSION|global/[^/]+|base/\d+/[^/]+|pg_[a-z]+/.+|pg_(?:hba|ident)\.conf|postgresql(?:\.auto)?\.conf|postmaster\.(?:opts|pid)|backup_(?:label|manifest)`),
		needs: []*regexp.Regexp{key(`PG_VERSION`), key(`global/pg_control`)},
	},
	{
		name: "pgdata", looks: "pg_basebackup, base.tar and backup_manifest",
		main: key(`(?:base|pg_wal|\d+)\.tar` + packed + `|backup_manifest`), needs: []*regexp.Regexp{key(`base\.tar[^/]*`), key(`backup_manifest`)},
	},
}

// sameName reports whether the folder and the file of a key have the same name.
func sameName(m []string) bool { return m[1] == m[2] }

// threeInEachFolder reports whether each folder with one of Supabase's files has all
// three, so that roles.sql of another tool is not taken for one of them.
func threeInEachFolder(keys []string) bool {
	folders := map[string]map[string]bool{}
	for _, k := range keys {
		name, _, _ := strings.Cut(path.Base(k), ".")
		if folders[path.Dir(k)] == nil {
			folders[path.Dir(k)] = map[string]bool{}
		}
		folders[path.Dir(k)][name] = true
	}
	for _, names := range folders {
		if !names["roles"] || !names["schema"] || !names["data"] {
			return false
		}
	}
	return true
}
