// Package config reads drillgres.yaml strictly and reports all of its problems at
// once. The comments of its types and fields are the
// descriptions in the JSON schema of the file.
package config

import (
	"time"

	"github.com/drillgres/drillgres/drill/redact"
)

// Config is a whole drillgres.yaml.
type Config struct {
	// Version of this file's format: 1.
	Version int `yaml:"version" jsonschema:"required"`
	// The databases to drill, by name.
	Databases map[string]*Database `yaml:"databases" jsonschema:"required"`
	// Which images a drill pulls.
	Images Images `yaml:"images"`
	// Where drills are recorded.
	Record Record `yaml:"record"`
	// Who is notified of drills and checks.
	Notify []Receiver `yaml:"notify"`
	// When they are notified.
	Alerts Alerts `yaml:"alerts"`
	// Where the metrics for Prometheus go.
	Metrics Metrics `yaml:"metrics"`
	// Signed evidence of each drill. Default: none.
	Evidence *Evidence `yaml:"evidence"`
	// Where a drill keeps its private files while it runs.
	Work Work `yaml:"work"`

	File   string `yaml:"-"` // the path that it was read from
	SHA256 string `yaml:"-"` // of the file, as hex
	Dir    string `yaml:"-"` // the directory that its relative paths start from

	secrets []redact.Secret
	lines   map[string]int // the line of each path

	references map[string][]Reference // of each path
}

// Database is one database to drill.
type Database struct {
	Name string `yaml:"-"` // its key
	// Where the backups are stored and what a plausible one looks like.
	Backup Backup `yaml:"backup" jsonschema:"required"`
	// The server to restore into: production's version and settings.
	Postgres Postgres `yaml:"postgres" jsonschema:"required"`
	// How the backup is restored.
	Restore Restore `yaml:"restore"`
	// What the restored database must contain.
	Verify Verify `yaml:"verify"`
	// The application that is deployed today. Without it the app stage is skipped.
	App *App `yaml:"app"`
	// How a release changes the database. Without it the migrate stage is skipped.
	Migrate *Migrate `yaml:"migrate"`
	// How long a drill that passes may take.
	Budget Budget `yaml:"budget"`
	// How long ago the last drill that verified the newest backup may have ended. A check of a longer time is drill_overdue. Default: any time.
	MaxUnverified Duration `yaml:"max_unverified"`
}

// Backup says where backups are stored and what a plausible one looks like.
type Backup struct {
	// s3://bucket/prefix, gs://bucket/prefix, az://account/container/prefix, sftp://user@host/dir, https://host/file, file:///dir, or a path relative to the config file (a directory or one file). What may be secret in a URL is never printed: its password and its query.
	From Text `yaml:"from"`
	// Instead of from: a program whose standard output is the backup. It must end with exit status 0.
	Command *Command `yaml:"command"`
	// Glob on the base name. Default: everything that looks like a backup.
	Match string `yaml:"match"`
	// An older backup is backup_stale. Default: any age.
	MaxAge Duration `yaml:"max_age"`
	// A smaller backup is backup_too_small. Default: any size but zero.
	MinSize Size `yaml:"min_size"`
	// The backup tool, by its name in "drillgres producers": it sets match, parts, globals and member unless they are given. Default: auto, which recognizes the layout.
	Producer string `yaml:"producer"`
	// How long backups must be kept, and how close together.
	Retention Retention `yaml:"retention"`
	// Where the bucket must not be. A check of a bucket that is there is backup_not_offsite.
	Offsite Offsite `yaml:"offsite"`
	// Globs of the files of one backup, in restore order, such as [roles-*.sql, schema-*.sql, data-*.sql]. Files of one set share what the stars match, or their folder. Default: a backup is one file.
	Parts []string `yaml:"parts"`
	// Glob of the files with the roles of the cluster (pg_dumpall --globals-only), restored first. Default: none.
	Globals string `yaml:"globals"`
	// Glob of the member of a tar or zip archive that is the dump, such as db/database.sql*. Default: the only one that can be.
	Member string `yaml:"member"`
	// Database of a backup of a whole cluster (pg_dumpall) that is verified by name and gets the application. Default: the only one besides postgres.
	Database string `yaml:"database"`
	// Keys of encrypted backups, tried in this order.
	Keys []Key `yaml:"keys"`
	// Whether a backup that none of the keys opens is a failure of the backup. Default: it is unproved.
	KeysRequired bool `yaml:"keys_required"`
	// Time zone of the machine that dumps, as an IANA name such as America/New_York. It makes the time of the snapshot exact.
	Timezone string `yaml:"timezone"`
	// Settings of an object store that is not AWS, or not the default one.
	S3 S3 `yaml:"s3"`
	// Settings of Google Cloud Storage, for gs:// URLs.
	GCS GCS `yaml:"gcs"`
	// Settings of Azure Blob Storage, for az:// URLs.
	Azure Azure `yaml:"azure"`
	// How to log in to the server of sftp://user@host/dir.
	SFTP SFTP `yaml:"sftp"`
	// What to send to the server of https://host/file.
	HTTP HTTPSource `yaml:"http"`

	Dir string `yaml:"-"` // of the config file, in which the command runs
}

// Command is a program whose standard output is a backup.
type Command struct {
	// The program and its arguments, without a shell. It runs in the directory of the config file.
	Run []string `yaml:"run" jsonschema:"required"`
	// Environment variables in addition to those of drillgres.
	Env map[string]Value `yaml:"env"`
	// Name of the backup in results. Default: backup.
	Name string `yaml:"name"`
}

// Retention says which backups must be at the source. Other ones are retention_short.
type Retention struct {
	// The oldest backup must be that old. Default: any age.
	Keep Duration `yaml:"keep"`
	// No two neighbouring backups may be further apart. Default: any distance.
	Gap Duration `yaml:"gap"`
}

// Offsite says where the bucket of the backups must not be, such as where production is.
type Offsite struct {
	// Regions of S3 or Google Cloud Storage, such as [eu-central-1].
	NotIn []string `yaml:"not_in"`
	// Id of an AWS account, in quotes, such as "123456789012".
	NotAccount string `yaml:"not_account"`
}

// Key is one key of encrypted backups: exactly one of its fields.
type Key struct {
	// Identities of age (also ssh keys and identities behind a passphrase), or the passphrase alone.
	Age *KeyFile `yaml:"age"`
	// Private keys of OpenPGP, or the passphrase alone of symmetric encryption.
	OpenPGP *KeyFile `yaml:"openpgp"`
	// Passphrase of openssl enc, and how the key is derived from it.
	OpenSSL *OpenSSLKey `yaml:"openssl"`
	// The secret.key of Databasus.
	Databasus *KeyFile `yaml:"databasus"`
	// Passphrase of a zip archive with AES.
	Zip *KeyFile `yaml:"zip"`
}

// KeyFile is a file with a key, and its passphrase, or a passphrase alone.
type KeyFile struct {
	// Path of the key, relative to the config file.
	File Text `yaml:"file"`
	// Passphrase of the key or, without a file, of the backup.
	Passphrase Value `yaml:"passphrase"`
}

// OpenSSLKey is a passphrase of openssl enc. What a file of openssl enc does not state must
// be as in the backup job.
type OpenSSLKey struct {
	// Passphrase of the backup.
	Passphrase Value `yaml:"passphrase" jsonschema:"required"`
	// Cipher, such as aes-256-cbc. Default: aes-256-cbc.
	Cipher string `yaml:"cipher"`
	// Whether the key is derived with PBKDF2. false is the old derivation. Default: true.
	PBKDF2 *bool `yaml:"pbkdf2"`
	// Iterations of PBKDF2. Default: 10000.
	Iterations int `yaml:"iterations"`
	// Digest of the derivation. Default: sha256, and of the old derivation sha256 or md5.
	Digest string `yaml:"digest"`
}

// SFTP says how to log in to a server with SSH. The key is that of key_file or, without
// it, one of the agent at SSH_AUTH_SOCK or of the usual files in ~/.ssh. A password is
// read from the environment variable SFTP_PASSWORD.
type SFTP struct {
	// Path of the file with the server's host key, relative to the config file. Default: ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts. An unknown key is never accepted.
	KnownHosts string `yaml:"known_hosts"` // once loaded, absolute or relative to the working directory
	// Path of the private key, relative to the config file. Default: the keys of the agent and of ~/.ssh.
	KeyFile string `yaml:"key_file"` // once loaded, absolute or relative to the working directory
	// Passphrase of the private key.
	Passphrase Value `yaml:"passphrase"`
}

// HTTPSource says what to send to the server of a backup at https://host/file.
type HTTPSource struct {
	// Headers of each request, such as Authorization. Values are never printed, and are not sent to another host.
	Headers map[string]Value `yaml:"headers"`
}

// S3 holds the settings of an object store that is not AWS, or not the default
// one. Credentials come from the SDK's usual chain.
type S3 struct {
	// Address of a store that is not AWS, such as https://minio.internal:9000.
	Endpoint Text `yaml:"endpoint"`
	// Default: the SDK's usual chain.
	Region Text `yaml:"region"`
	// Whether the bucket is in the path of a URL instead of its host. Default: true with an endpoint.
	PathStyle *bool `yaml:"path_style"`
	// Profile of the shared AWS config. Default: the SDK's usual chain.
	Profile string `yaml:"profile"`
}

// GCS holds the settings of Google Cloud Storage. Credentials come from the SDK's
// usual chain.
type GCS struct {
	// Address of an emulator, of a regional endpoint or of a private one, such as https://storage.europe-west3.rep.googleapis.com. Requests to an http:// address carry no credentials. Default: https://storage.googleapis.com.
	Endpoint Text `yaml:"endpoint"`
	// Project that pays for requests to a bucket whose requesters pay. Default: the bucket's owner pays.
	Project Text `yaml:"project"`
}

// Azure holds the settings of Azure Blob Storage. Credentials come from the
// environment, or from the SDK's usual chain.
type Azure struct {
	// Address of the blob service of another cloud, such as https://acme.blob.core.chinacloudapi.cn, or of an emulator, such as http://127.0.0.1:10000. Default: https://ACCOUNT.blob.core.windows.net.
	Endpoint Text `yaml:"endpoint"`
}

// Postgres is the server to restore into: production's.
type Postgres struct {
	// Production's major, such as "16".
	Version string `yaml:"version" jsonschema:"required"`
	// Image of the server. Default: postgres:<version>.
	Image Text `yaml:"image"`
	// Owner of the database. Default: the archive's, otherwise the owner of most of the dump's objects.
	Owner string `yaml:"owner"`
	// Encoding of the database. Default: the dump's.
	Encoding string `yaml:"encoding"`
	// LC_COLLATE and LC_CTYPE of the database. Default: the dump's if it names them (a plain dump does not), otherwise the image's.
	Locale string `yaml:"locale"`
	// Extensions that the image must have, besides those that the dump creates.
	Extensions []string `yaml:"extensions"`
	// Server settings, such as shared_preload_libraries, to which libraries that an extension needs are added.
	Settings map[string]string `yaml:"settings"`
	// Whether an image is made if the configured one lacks extensions: auto (default), off, or a mapping, which is auto with more packages. off also adds no library to shared_preload_libraries.
	Build Build `yaml:"build"`
	// Memory limit of the container. Default: 4GiB, or three quarters of the engine's memory if that is less.
	Memory Size `yaml:"memory"`
	// Size of /dev/shm, which parallel index builds need. Default: 1GiB.
	ShmSize Size `yaml:"shm_size"`
	// CPU limit of the container. Default: no limit.
	CPUs float64 `yaml:"cpus"`
}

// Build says whether, and with what, an image with more extensions is made. In the file
// it may be auto or off.
type Build struct {
	Off bool `yaml:"-"`
	// Debian packages to install besides those of the extensions, NAME or NAME=VERSION.
	Packages []string `yaml:"packages"`
	// Repository to install from besides those of the image.
	Repository *Repository `yaml:"repository"`
}

// Repository is a repository of Debian packages.
type Repository struct {
	// Address of the repository, such as https://packagecloud.io/timescale/timescaledb/debian.
	URL Text `yaml:"url"`
	// Path of its public key (OpenPGP, armored or not), relative to the config file.
	Key Text `yaml:"key"` // once loaded, absolute or relative to the working directory
	// Suite. Default: the codename of the image's Debian release.
	Suite string `yaml:"suite"`
	// Components. Default: [main].
	Components []string `yaml:"components"`
}

// Restore says how a backup is restored.
type Restore struct {
	// Parallel jobs of pg_restore, or sessions of the parallel loader. Default: the CPUs of the sandbox, at most 4, or more if each has 96 MiB for index builds.
	Jobs int `yaml:"jobs"`
	// What loads the dump. auto (default): a large dump that only pg_dump wrote is sent over several sessions, any other is loaded by psql or pg_restore. parallel: a small one too, and a finding says if psql or pg_restore loaded it. client: always psql or pg_restore, as without drillgres.
	Loader string `yaml:"loader" jsonschema:"enum=auto,enum=parallel,enum=client"`
	// rehearsal (default) uses settings that suit a real recovery; fast gives up durability, so its durations are not recovery times.
	Profile string `yaml:"profile" jsonschema:"enum=rehearsal,enum=fast"`
	// How long a restore may take. Default: 2h.
	Timeout Duration `yaml:"timeout"`
	// create (default) creates missing roles and reports them; with strict they fail the drill.
	Roles string `yaml:"roles" jsonschema:"enum=create,enum=strict"`
	// SQL before the dump, as superuser in the new database and after the roles. Each is a text or {file: path}.
	Before []SQL `yaml:"before"`
	// SQL after the dump, in the same way. It runs once the database has been compared with the dump: verify.tables, verify.queries, the application and the migration see what it changes.
	After []SQL `yaml:"after"`
}

// SQL is one or several statements. In the file it may be {file: path}, relative to the
// config file.
type SQL string

// Budget limits how long a drill that passes may take; a slower one is
// over_budget.
type Budget struct {
	// Limit of the restore stage. Default: no limit.
	Restore Duration `yaml:"restore"`
	// Limit of the whole drill. Default: no limit.
	Total Duration `yaml:"total"`
}

// Images says which images a drill pulls.
type Images struct {
	// missing pulls images that the engine does not have; always also compares the engine's copy of each tag with the registry's before a drill. Default: missing, but a gate compares the images of the release. A digest is never pulled again.
	Pull string `yaml:"pull" jsonschema:"enum=missing,enum=always"`
}

// The values of images.pull.
const (
	PullMissing = "missing"
	PullAlways  = "always"
)

// Record says where drills are recorded.
type Record struct {
	// Path of an SQLite file relative to the config file, postgres://user:${PASSWORD}@host/database, or s3://bucket/prefix. Default: .drillgres/history.db.
	History History `yaml:"history"` // once loaded, a path is absolute or relative to the working directory
	// Settings of the object store of a history at s3://bucket/prefix.
	S3 S3 `yaml:"s3"`
}

// Metrics says where the metrics of the drills of each database go, after each
// drill. Default: nowhere.
type Metrics struct {
	// Path of a file that the node exporter's textfile collector reads, relative to the config file; its name must end in .prom.
	Textfile string `yaml:"textfile"` // once loaded, absolute or relative to the working directory
	// Address of a Pushgateway, such as https://push.internal.
	Pushgateway Value `yaml:"pushgateway"`
}

// Work says where a drill keeps its private files while it runs.
type Work struct {
	// Default: drillgres in the user's cache directory.
	Dir string `yaml:"dir"`
	// Limit of what one drill may write there, and of what a backup may decode to. Default: the free space of the disk.
	Limit Size `yaml:"limit"`
}

// Duration is a time.Duration that may also be written with d, w and y: 26h, 7d, 2w, 3y.
type Duration time.Duration

// Size is a number of bytes, written as 1MiB, 20GB, 512.
type Size int64

// Percent is a percentage, written as 20%; off is 100%.
type Percent float64

// Text is a string in which ${NAME} and ${NAME:-default} refer to the environment;
// $${ is a literal ${. It holds the string after expansion.
type Text string

// Value is a Text that may be a secret: it prints as REDACTED. It may also be
// {file: path}: the content of a file, without its last newline.
type Value = redact.Secret
