package main

import (
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/migrate"
)

// defaultBackupAge is how old the backup may be that a release is rehearsed on:
// a nightly one that is two hours late.
const defaultBackupAge = config.Duration(26 * time.Hour)

// releases are the databases with what the flags say of the release. What a
// go would rest on and is not there is a mistake of usage, found before any work.
func (o gateOptions) releases(dbs []*config.Database) ([]*config.Database, error) {
	if len(dbs) > 1 && (o.candidate != "" || o.migrations != "") {
		return nil, usage("--candidate and --migrations are of one release, but %d databases are to be gated", len(dbs)).
			WithHint("name the database, or set app.candidate and migrate of each in the config")
	}
	released := make([]*config.Database, 0, len(dbs))
	for _, db := range dbs {
		db = o.aged(db)
		if o.requireDrill == 0 {
			var err error
			if db, err = o.release(db); err != nil {
				return nil, err
			}
		}
		released = append(released, db)
	}
	return released, nil
}

// aged is the database with the age that the gate allows its backup.
func (o gateOptions) aged(db *config.Database) *config.Database {
	with := *db
	switch {
	case o.maxBackupAge > 0:
		with.Backup.MaxAge = config.Duration(o.maxBackupAge)
	case with.Backup.MaxAge == 0:
		with.Backup.MaxAge = defaultBackupAge
	}
	return &with
}

// release is the database with the release that is to be rehearsed.
func (o gateOptions) release(db *config.Database) (*config.Database, error) {
	if db.App == nil {
		return nil, usage("database %q has no app: nothing could show that both releases run on the new schema", db.Name).
			WithHint("add app to the database, or use --require-drill for a release without migrations")
	}
	if err := o.checkMigrations(db); err != nil {
		return nil, err
	}
	if o.migrations != "" {
		m := config.NewMigrate()
		if db.Migrate != nil {
			*m = *db.Migrate
		}
		m.SQL = o.migrations
		with := *db
		with.Migrate, db = m, &with
	}
	if o.candidate != "" {
		db = withCandidate(db, o.candidate)
	}
	return db, checkRelease(db)
}

// checkMigrations refuses SQL files beside another way to migrate.
func (o gateOptions) checkMigrations(db *config.Database) error {
	m := db.Migrate
	switch {
	case o.migrations == "" || m == nil:
		return nil
	case len(m.Command) > 0:
		return usage("--migrations names SQL files, but migrate.command runs the migrations of %q", db.Name).
			WithHint("leave --migrations out, or write migrate.sql instead of migrate.command")
	case ownImage(db):
		return usage("--migrations names SQL files, but migrate.image runs the migrations of %q", db.Name).
			WithHint("leave --migrations out, or write migrate.sql instead of migrate.image")
	}
	return nil
}

// ownImage tells whether the migrations run in an image that is not the
// application's.
func ownImage(db *config.Database) bool {
	return db.Migrate != nil && db.Migrate.Image != "" && db.Migrate.Image != db.App.Candidate
}

// withCandidate is the database with another candidate, which also runs the
// migrations unless they have an image of their own.
func withCandidate(db *config.Database, candidate string) *config.Database {
	with, app := *db, *db.App
	if db.Migrate != nil && !ownImage(db) {
		m := *db.Migrate
		m.Image = config.Text(candidate)
		with.Migrate = &m
	}
	app.Candidate = config.Text(candidate)
	with.App = &app
	return &with
}

// candidateOf is the image of the release: app.candidate, or else the one that
// migrates.
func candidateOf(db *config.Database) string {
	switch {
	case db.App != nil && db.App.Candidate != "":
		return string(db.App.Candidate)
	case db.Migrate != nil:
		return string(db.Migrate.Image)
	}
	return ""
}

// checkRelease refuses what would leave the answer unknown at the end.
func checkRelease(db *config.Database) error {
	m := db.Migrate
	switch {
	case m == nil:
		return usage("nothing of a release of %q is there to rehearse", db.Name).
			WithHint("add migrate to the database, name SQL files with --migrations, or use --require-drill for a release without migrations")
	case candidateOf(db) == "":
		return usage("no candidate of %q is named: nothing could show that the release runs on the new schema", db.Name).
			WithHint("name its image with --candidate or app.candidate; of a release that changes only the schema it is today's")
	}
	return checkRehearsal(db)
}

// checkRehearsal refuses migrations that cannot be run: to find out after the
// restore would be late.
func checkRehearsal(db *config.Database) error {
	m := db.Migrate
	if m.SQL == "" && len(m.Command) == 0 && db.App != nil && m.Image == db.App.Candidate {
		return usage("nothing says how %q migrates: the command of the candidate's image starts its application", db.Name).
			WithHint("set migrate.command or migrate.sql, or name SQL files with --migrations")
	}
	patterns := []string{m.SQL}
	if m.Down != nil {
		patterns = append(patterns, m.Down.SQL)
	}
	for _, pattern := range patterns {
		if pattern == "" {
			continue
		}
		if _, err := migrate.Files(pattern); err != nil {
			return err
		}
	}
	return nil
}
