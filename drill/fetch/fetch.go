// Package fetch downloads a backup to this machine and reads it completely once.
// Its bytes, checksum and contents are known afterwards.
package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// File is a backup on the local disk that was read completely.
type File struct {
	Path     string // of the bytes as stored at the source: a file, or a directory
	Size     int64
	SHA256   string // lower-case hex; of a directory: that of the output of sha256sum for its files, sorted by name
	Contents inspect.Contents
	// Broken is the error that makes the dump in an intact stream invalid; nil if
	// the dump is valid. The inspect stage reports it.
	Broken error
	// Before are the parts that are restored before it.
	Before []File
	Role   string // of a part
}

// TotalSize returns the bytes of all parts.
func (f File) TotalSize() int64 {
	total := f.Size
	for _, p := range f.Before {
		total += p.Size
	}
	return total
}

// Fetcher downloads backups. It reads a local file in place. It copies any other
// backup into Dir in parts, several at a time, and reads the beginning while the
// remaining parts arrive.
type Fetcher struct {
	Dir   string // private to this drill; the copy is Dir/backup
	Limit int64  // bytes that may be written; 0: limited by the disk only

	MinSize int64 // bytes that a backup of unknown size must have; 0: any

	// Scan reads a backup to its end; see inspect.Scan.
	Scan func(context.Context, io.Reader) (inspect.Contents, error)
	// ScanDirectory reads a dump in directory format; see inspect.Set.
	ScanDirectory func(ctx context.Context, path string) (inspect.Contents, error)

	Arriving *inspect.Arriving // lets others read a download while it arrives; nil: nobody does

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
	before, err := f.fetchBefore(ctx, b)
	if err != nil {
		return File{Before: before}, err
	}
	file, err := f.fetchDump(ctx, b, p)
	if file.Before = before; err == nil {
		err = checkDifferent(b, file)
	}
	for _, part := range before {
		if file.Broken == nil {
			file.Broken = part.Broken
		}
	}
	return file, err
}

// checkDifferent fails for a set in which two parts are the same: their rows would be there twice.
func checkDifferent(b locate.Backup, f File) error {
	seen := map[string]string{}
	for i, part := range append(slices.Clone(f.Before), f) {
		name := path.Base(b.Key)
		if i < len(b.Before) {
			name = path.Base(b.Before[i].Key)
		}
		if first, again := seen[part.SHA256]; again && part.Size > 0 {
			return outcome.Fail(outcome.ConfigInvalid, "two parts of the backup are the same: %s and %s", locate.Show(first), locate.Show(name)).
				WithHint("correct backup.parts so that each glob matches another file")
		}
		seen[part.SHA256] = name
	}
	return nil
}

// fetchBefore fetches the parts that are restored before the dump.
func (f Fetcher) fetchBefore(ctx context.Context, b locate.Backup) (files []File, err error) {
	for i, part := range b.Before {
		one := locate.Backup{Object: part.Object, Source: b.Source, URI: part.URI, SHA256: part.SHA256}
		to := filepath.Join(f.Dir, fmt.Sprintf("part-%d", i))
		var file File
		if one.Members = part.Members; len(one.Members) > 0 {
			file, err = f.fetchDirectory(ctx, one, to, nil)
		} else {
			file, err = f.fetchFile(ctx, one, to, nil)
		}
		file.Role = part.Role
		if files = append(files, file); err != nil {
			return files, inPart(part, err)
		}
		files[i].Broken = inPart(part, file.Broken)
	}
	return files, nil
}

// inPart names the part of a failure.
func inPart(part locate.Part, err error) error {
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return err
	}
	named := *f
	named.Err = fmt.Errorf("%s (%s): %w", locate.Show(path.Base(part.Key)), part.Role, f.Err)
	return &named
}

// fetchDump fetches the dump itself.
func (f Fetcher) fetchDump(ctx context.Context, b locate.Backup, p outcome.Progress) (File, error) {
	if len(b.Members) > 0 {
		return f.fetchDirectory(ctx, b, filepath.Join(f.Dir, "backup"), p)
	}
	if streamer, ok := b.Source.(locate.Streamer); ok {
		return f.fetchStream(ctx, b, streamer, p)
	}
	local, ok := b.Source.(locate.LocalPath)
	if !ok { // a name from the listing could point outside Dir
		return f.forSource(b).fetchCopy(ctx, b, filepath.Join(f.Dir, "backup"), p)
	}
	return f.readInPlace(ctx, b, local.LocalPath(b.Object), p)
}

// forSource returns the fetcher for a source that may have to read from the beginning: a
// single part, so that it does so once, and no limit of its own.
func (f Fetcher) forSource(b locate.Backup) Fetcher {
	if s, ok := b.Source.(locate.Sequential); ok && s.Sequential(b.Object) {
		f.PartSize, f.Parallel, f.Stall = max(b.Size, 1), 1, 0
	}
	return f
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
