package fetch

import (
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestWriteFailure checks that an error of the work directory's file system is never a
// bug of drillgres.
func TestWriteFailure(t *testing.T) {
	for _, c := range []struct {
		err  error
		code outcome.Code
	}{
		{syscall.ENOSPC, outcome.DiskBudgetExceeded},
		{syscall.EIO, outcome.WorkDirUnusable},
		{syscall.EROFS, outcome.WorkDirUnusable},
		{syscall.EACCES, outcome.WorkDirUnusable},
	} {
		err := writeFailure("/run/backup", fmt.Errorf("copy: %w", &fs.PathError{Op: "write", Path: "/run/backup", Err: c.err}))
		if f := outcome.AsFailure(err); f.Code != c.code || f.Class() != outcome.ClassEnvironment || f.Remedy() == "" {
			t.Errorf("%v: %s, %v", c.err, f.Code, err)
		}
	}
}
