package gate

import (
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/migrate"
)

// checkRelease refuses what would leave the answer unknown at the end.
func checkRelease(db *config.Database) error {
	switch {
	case db.Migrate == nil:
		return invalid("nothing of a release of %q is there to rehearse", db.Name).
			WithHint("add migrate to the database, name SQL files with --migrations, or use --require-drill for a release without migrations")
	case candidateOf(db) == "":
		return invalid("no candidate of %q is named: nothing could show that the release runs on the new schema", db.Name).
			WithHint("name its image with --candidate or app.candidate; of a release that changes only the schema it is today's")
	}
	return CheckRehearsal(db)
}

// CheckRehearsal refuses migrations that cannot be run with config_invalid: to
// find out after the restore would be late. The database has a migrate section.
func CheckRehearsal(db *config.Database) error {
	m := db.Migrate
	if m.SQL == "" && len(m.Command) == 0 && db.App != nil && m.Image == db.App.Candidate {
		return invalid("nothing says how %q migrates: the command of the candidate's image starts its application", db.Name).
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
