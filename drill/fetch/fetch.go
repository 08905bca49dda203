// Package fetch downloads a backup to this machine and reads it completely once.
// Its bytes, checksum and contents are known afterwards.
package fetch

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// File is a backup on the local disk that was read completely.
type File struct {
	Path     string // of the bytes as stored at the source
	Size     int64
	SHA256   string // lower-case hex
	Contents inspect.Contents
	// Broken is the error that makes the dump in an intact stream invalid; nil if
	// the dump is valid. The inspect stage reports it.
	Broken error
}

// Fetcher downloads backups. It reads a local file in place. It copies any other
// backup into Dir in parts, several at a time, and reads the beginning while the
// remaining parts arrive.
type Fetcher struct {
	Dir   string // private to this drill; the copy is Dir/backup
	Limit int64  // bytes that may be written; 0: limited by the disk only

	// Scan reads a backup to its end; see inspect.Scan.
	Scan func(context.Context, io.Reader) (inspect.Contents, error)

	PartSize int64         // bytes of one request; 0: 16 MiB
	Parallel int           // parts that are downloaded at the same time; 0: 4
	Attempts int           // consecutive attempts without a byte before a part fails; 0: 8
	Backoff  time.Duration // after the first such attempt; doubles up to 32 times as much; 0: 500 ms
	Stall    time.Duration // time without a byte before a connection counts as broken; 0: 30 s
	Patience time.Duration // time that one read of a local file may take; 0: locate.Patience
}

// Fetch downloads b and reads it completely. It leaves no goroutine running, and
// it leaves an incomplete copy in Dir.
//
// It fails with an error of the source, disk_budget_exceeded, work_dir_unusable,
// backup_changed,
// checksum_mismatch (which takes precedence over what the wrong bytes cause) or
// an error of the stream. An invalid dump in an intact stream is not an error but
// File.Broken. On an error, File holds what is known about the bytes.
func (f Fetcher) Fetch(ctx context.Context, b locate.Backup, p outcome.Progress) (File, error) {
	f = f.withDefaults()
	local, ok := b.Source.(locate.LocalPath)
	if !ok {
		return f.fetchCopy(ctx, b, p)
	}
	return f.readInPlace(ctx, b, local.LocalPath(b.Object), p)
}

func (f Fetcher) withDefaults() Fetcher {
	f.PartSize = cmp.Or(f.PartSize, 16<<20)
	f.Parallel = cmp.Or(f.Parallel, 4)
	f.Attempts = cmp.Or(f.Attempts, 8)
	f.Backoff = cmp.Or(f.Backoff, 500*time.Millisecond)
	f.Stall = cmp.Or(f.Stall, 30*time.Second)
	f.Patience = cmp.Or(f.Patience, locate.Patience)
	return f
}
