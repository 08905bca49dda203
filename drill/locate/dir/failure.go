package dir

import (
	"context"
	"errors"
	"io/fs"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// listFailure returns the Failure for an error of listing, or the cause of ctx if ctx
// is done.
func (s *Source) listFailure(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var named *outcome.Failure
	if errors.As(err, &named) {
		return err
	}
	shown := locate.Show(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return outcome.Fail(outcome.SourceNotFound, "%s does not exist", shown).
			WithHint("correct backup.from, or mount the file system that should be there")
	case errors.Is(err, fs.ErrPermission):
		return outcome.Fail(outcome.SourceDenied, "%s cannot be read by this user", shown).
			WithHint("grant the user that runs drillgres read access to it")
	default:
		return outcome.Fail(outcome.SourceUnreachable, "read %s: %w", shown, withoutPath(err)).
			WithHint("check the file system that contains it")
	}
}

// readFailure returns the Failure for an error of reading a file that was listed.
func (s *Source) readFailure(ctx context.Context, name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return outcome.Fail(outcome.BackupChanged, "%s was removed after it was listed", locate.Show(name))
	}
	return s.listFailure(ctx, name, err)
}

// withoutPath returns err without its path, which the message already contains.
func withoutPath(err error) error {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		return pathError.Err
	}
	return err
}
