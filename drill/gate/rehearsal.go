package gate

import (
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/migrate"
)

// checkRelease returns config_invalid if the answer could only be unknown.
func checkRelease(db *config.Database) error {
	switch {
	case db.Migrate == nil:
		return invalid("database %q has no migrations to rehearse", db.Name).
			WithHint("add migrate to the database, pass SQL files with --migrations, or use --require-drill for a release without migrations")
	case candidateOf(db) == "":
		return invalid("database %q has no candidate: the release could not be started on the new schema", db.Name).
			WithHint("name its image with --candidate or app.candidate; for a release that changes only the schema, use today's image")
	}
	return CheckRehearsal(db)
}

// CheckRehearsal returns config_invalid if the migrations cannot be run, so that
// this is known before the restore. The database must have a migrate section.
func CheckRehearsal(db *config.Database) error {
	m := db.Migrate
	if m.SQL == "" && len(m.Command) == 0 && db.App != nil && m.Image == db.App.Candidate {
		return invalid("database %q has no command to migrate with: the candidate's image starts its application by default", db.Name).
			WithHint("set migrate.command or migrate.sql, or pass SQL files with --migrations")
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
