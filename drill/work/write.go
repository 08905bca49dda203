package work

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/drillgres/drillgres/drill/outcome"
)

// WriteFailure returns the Failure for an error of writing to the work directory.
// doing says what was being done. An error of the file system, such as EIO or EROFS,
// says nothing about the backup. It returns a Failure as it is, and any other error, such
// as that of a source, with doing in front.
func WriteFailure(doing string, err error) error {
	var f *outcome.Failure
	var file *fs.PathError
	switch {
	case err == nil, errors.As(err, &f):
		return err
	case isFull(err):
		return outcome.Fail(outcome.DiskBudgetExceeded, "%s: the disk is full: %w", doing, err).
			WithHint("free space there, or move the work directory with work.dir")
	case errors.As(err, &file) && file.Op != "read":
		return outcome.Fail(outcome.WorkDirUnusable, "%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}
