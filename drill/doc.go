// Package drill carries out one restore drill: it proves a backup stage by stage,
// cleans up, and records and sends the result.
//
// Start with [Drill.Run] and the stages in its prove function:
//
//	stage      what it does                                           it returns
//	locate     chooses the newest plausible backup at its source      locate.Backup
//	fetch      downloads the backup and reads it once, to its end     fetch.File
//	inspect    judges what the dump states about itself               findings
//	provision  creates an isolated pod with production's Postgres     provision.Server
//	restore    loads the dump, or has psql or pg_restore do it        restore.Restored
//	verify     compares the database with what the dump promised      verify.Report
//	app        starts the application on the restored data            appcheck.Report
//	migrate    rehearses a release, if one is configured              migrate.Report
//
// Each stage is an interface in this package and an implementation in the package of
// its name. The app stage is implemented by package appcheck; inspect is a function,
// inspect.Judge. A stage neither times nor logs itself, and does not name itself in its
// errors: the runner in pipeline.go does.
//
// Package layers opens what is around a dump, and package inspect reads the dump, both while
// the backup is fetched. The contents are three values, and each stage takes the one that it needs:
//
//	inspect.Source   how the backup was made                          → restore, the result
//	inspect.Needs    what a server must have before the restore       → provision
//	inspect.Promise  what one database contains after it              → verify
//
// A large plain dump or custom archive is provisioned for and loaded while it arrives, see ahead.go: the stages take over
// what runs ahead of them, and end as they would without it.
//
// [Drill.Check] runs only locate. Its result is never that of a verified backup.
//
// # Two halves
//
// Proving stops at the first failure. Recording and sending the result always happens,
// by every [Teller], and their errors are joined; the notifier comes last. Between the two, the sandbox and the
// files of the run are removed.
//
// # Packages
//
// The vocabulary depends only on the standard library:
//
//	outcome          stages, failure codes, findings, and the result
//	snapshot         when a backup was taken
//
// Texts and errors, which every other package may use:
//
//	sqltext          lexing SQL, and quoting and parsing names
//	pgerr            whose fault an error of a server is, and which part of it may be shown
//	redact           keeping secrets and row values out of every output
//	origin           who or what started a run
//	words            counts, lists, sizes and durations for people
//
// What a stage is built from:
//
//	config           drillgres.yaml, read strictly
//	companion        files that accompany backups, recognised by their names
//	dumpfile         the files of a dump in tar or directory format, recognised by their names
//	extension        the extensions that people use: packages, libraries, settings
//	producer         the backup tools whose layout is known
//	place            the kinds of place for backups and histories, and their URL schemes
//	locate/dir       backups in a directory
//	locate/s3        backups in a bucket
//	locate/store     what the sources in object stores share
//	locate/gcs       backups in Google Cloud Storage
//	locate/azure     backups in Azure Blob Storage
//	locate/command   a backup from the standard output of a program
//	locate/stdin     a backup from standard input
//	locate/sftp      backups on a server with SSH
//	locate/httpfile  one backup at a URL
//	bucket           access to a bucket
//	lifecycle        what the lifecycle rules of a bucket will do to its objects
//	layers           opening the layers around a dump: encryption, compression, archives
//	layers/agefile   decrypting age files
//	layers/pgp       decrypting OpenPGP messages
//	layers/opensslenc decrypting what openssl enc encrypted
//	layers/databasus decrypting the encrypted backups of Databasus
//	layers/zipfile   reading one member of a zip archive
//	layers/source    the stored bytes below a decrypting layer, and how they ended
//	layers/codec     decompressing, by the machine's programs where they are faster
//	equip            makes images of Postgres with the extensions that a backup needs
//	sandbox          what a sandbox offers
//	sandbox/docker   sandboxes on a container engine with Docker's API
//	serverlog        the log of the server in the sandbox
//	fingerprint      the schema of a database, as fingerprints
//	sequence         the columns that a sequence fills
//	verify/query     the result of a query, as an expression sees it
//	migrate/watch    what a migration does to a server, seen from outside
//	work             the private directory and the lock of a run
//
// What uses a drill or its result:
//
//	propose          the config for backups that were looked at
//	gate             whether a release may be deployed
//	prove            the negative control: breaks copies of a backup, which must fail
//	lastgood         the search for the newest backup that restores
//	record           the history of drills: baseline, real RPO and RTO
//	record/sqlite    a history in an SQLite file
//	record/postgres  a history in a Postgres database
//	record/s3        a history in a bucket
//	notify           who is told what: the policy and the messages
//	notify/channel   how messages are delivered: chat, mail, pings, issues, webhooks
//	metrics          how the drills stand, for Prometheus
//	trace            the stages of a drill as spans, for OpenTelemetry
//	fleet            the state of every database, from its drills
//	page             that state, and single drills, as HTML and badges
//	serve            those pages over HTTP, read only
//	evidence         signed evidence of drills, and its verification
//	evidence/dir     evidence in a directory
//	evidence/s3      evidence in a bucket
//	target           restoring into a real server instead of a sandbox
//	runbook          the procedure of a recovery, as Markdown
//	report           the result as text, Markdown, JSON and JUnit XML
//	progress         drills while they run, for a person or a program
//	report/actions   workflow commands, outputs and summaries of GitHub Actions
//	wiring           puts the adapters together
//	doctor           whether this machine can drill, without drilling
//
// layers/layerstest holds what the tests of the layers share.
// locate/sourcetest and record/recordtest hold the tests that every source and every
// history must pass.
//
// # Dependencies
//
// The packages of the stages import each other's values, never adapters. Only
// sandbox/docker imports the client of the container engine, and only bucket the AWS
// SDK. Only wiring imports every adapter; it serves a command, a worker or a web page.
// The kinds of source, of history and of evidence are three lists in wiring, which also determine
// what the config accepts. TestImports checks these rules.
//
// # One time
//
// When a backup was taken is a snapshot.Range. It is determined once, from what the
// dump states, its object and backup.timezone. The limit of its age, the freshness of
// its rows, the RPO, the gate and the history all use it.
//
// # One session
//
// provision.Server.Session is the only way to connect to a restored database. It
// overrides the settings that are stored in the database.
//
// # Failures
//
// An error with a verdict is an outcome.Failure: a stable code, whose class says whose
// fault it is. Any other error is a bug in drillgres. "Could not test" is never "bad
// backup", and never "passed".
package drill
