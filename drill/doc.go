// Package drill carries out one restore drill: it proves a backup stage by
// stage, cleans up, and tells what it found.
//
// Start with [Drill.Run] and the story in its prove function:
//
//	locate    choose the newest plausible backup at its source     → locate.Backup
//	fetch     bring its bytes and read them once, to their end     → fetch.File
//	inspect   judge what the dump says of itself                   → inspect.Contents: Source, Needs, Promises
//	provision make an isolated pod with production's Postgres      → provision.Server
//	restore   psql or pg_restore, inside the pod, timed            → restore.Restored
//	verify    compare the catalog with what the dump promised      → verify.Report
//	app       boot the application on the restored data            → appcheck.Report
//	migrate   rehearse a release, where one is named               → migrate.Report
//
// What inspect learns comes as three values, and each stage takes the one that
// it needs:
//
//	inspect.Source   how the backup was made                       → restore, the result
//	inspect.Needs    what a server must have before the restore    → provision
//	inspect.Promise  what one database holds after it              → verify
//
// [Drill.Check] carries out locate alone. Its result is never that of a verified
// backup.
//
// # Two halves
//
// Proving stops at the first failure; telling always runs, every teller, its
// errors joined. Between the two the sandbox and the run's files are removed.
//
// # Who knows what
//
// Package outcome is the vocabulary and needs the standard library alone. The
// stage packages know values of each other, never adapters. Only
// sandbox/docker knows the container engine, only bucket the AWS SDK, and
// only wiring knows every adapter and puts them together, for a command, a
// worker or a web page. The kinds of source and of history are a list there,
// whose lines the config's checks follow too (package place). A test over
// `go list` holds this.
//
// # One time
//
// When the backup was taken is a snapshot.Range. It is put together once, from
// what the dump states, its object and backup.timezone; the limits of its age,
// the freshness of its rows, the RPO, the gate and the history go by it.
//
// # Failures
//
// An error with a verdict is an outcome.Failure: a stable code, whose class
// says whose fault it is. An error without one is a bug of ours. "Could not
// test" is never "bad backup", and never "passed".
//
// # What the stages share
//
// pgerr says what an error of a server means, and gives its text without values
// of rows. provision.Server.Session is the one way to a connection on a restored
// database, whose stored settings it overrides. fingerprint reads a schema.
package drill
