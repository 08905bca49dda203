package work

import (
	"errors"
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
		op   string
		err  error
		code outcome.Code
	}{
		{"write", syscall.ENOSPC, outcome.DiskBudgetExceeded},
		{"write", syscall.EIO, outcome.WorkDirUnusable},
		{"open", syscall.EROFS, outcome.WorkDirUnusable},
		{"open", syscall.EACCES, outcome.WorkDirUnusable},
		{"read", syscall.EIO, outcome.Internal}, // of a backup that is read in place
	} {
		err := WriteFailure("fetch the backup", fmt.Errorf("copy: %w", &fs.PathError{Op: c.op, Path: "/run/backup", Err: c.err}))
		if f := outcome.AsFailure(err); f.Code != c.code || f.Remedy() == "" {
			t.Errorf("%s: %v: %s, %v", c.op, c.err, f.Code, err)
		}
	}
	named := outcome.Fail(outcome.StreamCorrupt, "x")
	if err := WriteFailure("unpack", named); !errors.Is(err, named) || outcome.AsFailure(err).Code != outcome.StreamCorrupt {
		t.Errorf("%v", err)
	}
}
