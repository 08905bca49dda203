package dir

import (
	"errors"
	"io/fs"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// failure names an error of listing.
func (s *Source) failure(name string, err error) error {
	shown := locate.Show(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return outcome.Fail(outcome.SourceNotFound, "%s does not exist", shown).
			WithHint("correct backup.from, or mount what should lie there")
	case errors.Is(err, fs.ErrPermission):
		return outcome.Fail(outcome.SourceDenied, "%s may not be read by this user", shown).
			WithHint("give the user that runs drillgres read access to it")
	default:
		return outcome.Fail(outcome.SourceUnreachable, "read %s: %w", shown, bare(err)).
			WithHint("check the file system that it lies on")
	}
}

// readFailure names an error of reading what was listed a moment ago.
func (s *Source) readFailure(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return outcome.Fail(outcome.BackupChanged, "%s is gone: it was there when the source was listed", locate.Show(name))
	}
	return s.failure(name, err)
}

// bare is err without the path, which the message names already.
func bare(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
