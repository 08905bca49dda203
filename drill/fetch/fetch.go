// Package fetch brings a backup to this machine and reads it through once, so
// that its bytes, its checksum and its contents are known when it ends.
package fetch

import (
	"context"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// File is a backup on this machine's disk, read through once.
type File struct {
	Path     string // the bytes as they lie at the source
	Size     int64
	SHA256   string // lower-case hex
	Contents inspect.Contents
	// Broken is why the dump, in an intact stream, is no whole dump; nil if
	// it is one. The inspect stage reports it.
	Broken error
}

// Fetcher brings backups. A file of this machine is read where it lies, once;
// any other is copied into Dir in parts, several at a time, while what has
// arrived without a gap is read already.
type Fetcher struct {
	Dir   string // private to this drill; the copy is Dir/backup
	Limit int64  // bytes that may be written; 0: what the disk has

	// Scan reads a backup to its end; see inspect.Scan.
	Scan func(context.Context, io.Reader) (inspect.Contents, error)

	PartSize int64         // bytes of one request; 0: 16 MiB
	Parallel int           // parts under way at a time; 0: 4
	Attempts int           // in a row without a byte before a part is given up; 0: 8
	Backoff  time.Duration // after the first of them, then doubled up to 30 times as much; 0: 500 ms
	Stall    time.Duration // without a byte before a connection counts as broken; 0: 30 s
}

// Fetch brings b and reads it through. All that it started has ended when it
// returns; a copy that is not whole stays in Dir.
//
// It fails with an error of the source, disk_budget_exceeded, backup_changed,
// checksum_mismatch (which comes before what the wrong bytes led to) or an
// error of the stream. A dump that is broken in an intact stream is no error
// but File.Broken. With an error, File is what is known of the bytes all the same.
func (f Fetcher) Fetch(ctx context.Context, b locate.Backup, p outcome.Progress) (File, error) {
	f = f.withDefaults()
	local, ok := b.Source.(locate.LocalPath)
	if !ok {
		return f.copied(ctx, b, p)
	}
	return f.inPlace(ctx, b, local.LocalPath(b.Object), p)
}

func (f Fetcher) withDefaults() Fetcher {
	f.PartSize = orElse(f.PartSize, 16<<20)
	f.Parallel = orElse(f.Parallel, 4)
	f.Attempts = orElse(f.Attempts, 8)
	f.Backoff = orElse(f.Backoff, 500*time.Millisecond)
	f.Stall = orElse(f.Stall, 30*time.Second)
	return f
}

func orElse[T int | int64 | time.Duration](value, otherwise T) T {
	if value == 0 {
		return otherwise
	}
	return value
}
