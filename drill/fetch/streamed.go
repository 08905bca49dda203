package fetch

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/work"
)

// fetchStream copies a backup that can be read only once, and reads it as it arrives.
func (f Fetcher) fetchStream(ctx context.Context, b locate.Backup, s locate.Streamer, p outcome.Progress) (_ File, err error) {
	if err := f.CheckSpace(0); err != nil {
		return File{}, err
	}
	body, err := s.Stream(ctx, b.Object)
	if err != nil {
		return File{}, err
	}
	defer func() { _ = body.Close() }() // ends the program
	path := filepath.Join(f.Dir, "backup")
	disk, err := createCopy(path)
	if err != nil {
		return File{}, work.WriteFailure("write "+path, err)
	}
	defer func() {
		if e := disk.Close(); e != nil && err == nil {
			err = work.WriteFailure("write "+path, e)
		}
	}()
	file, err := f.readAll(ctx, b, path, &stream{ctx: ctx, r: &copied{from: body, to: disk, limit: f.Limit}, progress: p})
	if err == nil && f.MinSize > 0 && file.Size < f.MinSize {
		err = outcome.Fail(outcome.BackupTooSmall, "the command wrote only %d bytes; backup.min_size requires %d", file.Size, f.MinSize)
	}
	return file, err
}

// copied is a reader that writes to disk what it reads.
type copied struct {
	from        io.Reader
	to          *os.File
	done, limit int64
}

func (c *copied) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if c.done += int64(n); c.limit > 0 && c.done > c.limit {
		return 0, outcome.Fail(outcome.DiskBudgetExceeded, "the backup has more than %d bytes, which work.limit allows", c.limit).WithHint("raise work.limit")
	}
	if n > 0 {
		if _, e := c.to.Write(p[:n]); e != nil {
			return 0, work.WriteFailure("write "+c.to.Name(), e)
		}
	}
	return n, err
}
