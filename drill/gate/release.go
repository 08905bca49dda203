package gate

import (
	"cmp"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

// DefaultBackupAge is the default maximum age of the backup that a release is
// rehearsed on. It allows a nightly backup to be two hours late.
const DefaultBackupAge = 26 * time.Hour

// Release holds the flags that describe the release. They take precedence over
// the config.
type Release struct {
	Candidate  string // image; empty: the config's
	Migrations string // SQL files, as a glob; empty: the config's
	Commit     string // that it is built from; empty: unknown
	AskedBy    string // empty: unknown

	MaxBackupAge time.Duration // 0: the config's, or the default
	RequireDrill time.Duration // 0: the release is rehearsed
}

// Apply returns copies of the databases with the release in their config. It
// returns config_invalid if something that a go requires is missing.
func (r Release) Apply(dbs []*config.Database) ([]*config.Database, error) {
	if len(dbs) > 1 && (r.Candidate != "" || r.Migrations != "") {
		return nil, invalid("--candidate and --migrations describe one release, but the gate runs for %d databases", len(dbs)).
			WithHint("name the database, or set app.candidate and migrate of each in the config")
	}
	released := make([]*config.Database, 0, len(dbs))
	for _, db := range dbs {
		if r.RequireDrill == 0 {
			var err error
			if db, err = r.withRelease(db); err != nil {
				return nil, err
			}
		}
		released = append(released, db)
	}
	return released, nil
}

// Question returns the question for a database that Apply returned.
func (r Release) Question(db *config.Database) Question {
	q := Question{
		Candidate: cmp.Or(r.Candidate, candidateOf(db)), Commit: r.Commit, AskedBy: r.AskedBy,
		MaxBackupAge: cmp.Or(r.MaxBackupAge, time.Duration(db.Backup.MaxAge), DefaultBackupAge), RequireDrill: r.RequireDrill,
	}
	if db.Migrate != nil {
		q.Current = db.Migrate.Current
	}
	return q
}

func (r Release) withRelease(db *config.Database) (*config.Database, error) {
	if db.App == nil {
		return nil, invalid("database %q has no app: the releases could not be started on the new schema", db.Name).
			WithHint("add app to the database, or use --require-drill for a release without migrations")
	}
	if err := r.checkMigrations(db); err != nil {
		return nil, err
	}
	if r.Migrations != "" {
		db = withMigrations(db, r.Migrations)
	}
	if r.Candidate != "" {
		db = withCandidate(db, r.Candidate)
	}
	return db, checkRelease(db)
}

// checkMigrations returns config_invalid if --migrations conflicts with the
// config.
func (r Release) checkMigrations(db *config.Database) error {
	switch {
	case r.Migrations == "" || db.Migrate == nil:
		return nil
	case len(db.Migrate.Command) > 0:
		return invalid("--migrations names SQL files, but migrate.command runs the migrations of %q", db.Name).
			WithHint("omit --migrations, or use migrate.sql instead of migrate.command")
	case hasMigrationImage(db):
		return invalid("--migrations names SQL files, but migrate.image runs the migrations of %q", db.Name).
			WithHint("omit --migrations, or use migrate.sql instead of migrate.image")
	}
	return nil
}

func withMigrations(db *config.Database, pattern string) *config.Database {
	m := config.NewMigrate()
	if db.Migrate != nil {
		*m = *db.Migrate
	}
	m.SQL = pattern
	with := *db
	with.Migrate = m
	return &with
}

// withCandidate sets the candidate. The candidate also runs the migrations,
// unless they have a separate image.
func withCandidate(db *config.Database, candidate string) *config.Database {
	with, app := *db, *db.App
	if db.Migrate != nil && !hasMigrationImage(db) {
		m := *db.Migrate
		m.Image = config.Text(candidate)
		with.Migrate = &m
	}
	app.Candidate = config.Text(candidate)
	with.App = &app
	return &with
}

// hasMigrationImage reports whether the migrations run in a separate image.
func hasMigrationImage(db *config.Database) bool {
	return db.Migrate != nil && db.Migrate.Image != "" && db.Migrate.Image != db.App.Candidate
}

// candidateOf returns the image of the release: app.candidate, otherwise
// migrate.image.
func candidateOf(db *config.Database) string {
	switch {
	case db.App != nil && db.App.Candidate != "":
		return string(db.App.Candidate)
	case db.Migrate != nil:
		return string(db.Migrate.Image)
	}
	return ""
}

// invalid returns the failure of invalid flags or an invalid config.
func invalid(format string, args ...any) *outcome.Failure {
	return outcome.Fail(outcome.ConfigInvalid, format, args...)
}
