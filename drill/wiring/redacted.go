package wiring

import (
	"errors"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
)

// Redacted returns an error without the secrets of a database's backup section: a program
// that reads the backup may print them.
func Redacted(db *config.Database, err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) || db.Backup.Command == nil {
		return err
	}
	var r redact.Redactor
	for _, value := range db.Backup.Command.Env {
		r.Add(redact.Secret(value.Reveal()))
	}
	shown := *f
	shown.Err = errors.New(r.Text(f.Error()))
	return &shown
}
