package fetch

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// checkSpace fails with disk_budget_exceeded if the backup does not fit into the
// limit or on the disk.
func (f Fetcher) checkSpace(size int64) error {
	if f.Limit > 0 && size > f.Limit {
		return outcome.Fail(outcome.DiskBudgetExceeded, "the backup has %s, and work.limit allows %s",
			words.Size(size), words.Size(f.Limit)).
			WithHint("raise work.limit")
	}
	if free, ok := FreeSpace(f.Dir); ok && size > free {
		return outcome.Fail(outcome.DiskBudgetExceeded, "the backup has %s, and the file system of %s has %s free",
			words.Size(size), f.Dir, words.Size(free)).
			WithHint("free space there, or move the work directory with work.dir")
	}
	return nil
}

// writeFailure returns the failure of a write to the work directory. An error of its
// file system, such as EIO or EROFS, says nothing about the backup.
func writeFailure(path string, err error) error {
	if isFull(err) {
		return outcome.Fail(outcome.DiskBudgetExceeded, "the disk is full: %w", err).
			WithHint("free space there, or move the work directory with work.dir")
	}
	return outcome.Fail(outcome.WorkDirUnusable, "write %s: %w", path, err)
}
