package fetch

import (
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// CheckSpace fails with disk_budget_exceeded if the backup does not fit into the
// limit or on the disk.
func (f Fetcher) CheckSpace(size int64) error {
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
