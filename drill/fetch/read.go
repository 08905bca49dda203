package fetch

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// inPlace reads a file of this machine where it lies.
func (f Fetcher) inPlace(ctx context.Context, b locate.Backup, path string, p outcome.Progress) (File, error) {
	if path == "" {
		return File{}, outcome.Fail(outcome.SourceDenied, "%s does not lie within its source", locate.Show(b.Key))
	}
	file, err := os.Open(path)
	if err != nil {
		return File{}, openFailure(b, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	return f.readThrough(ctx, b, path, &stream{ctx: ctx, r: io.LimitReader(file, b.Size), progress: p, size: b.Size})
}

func openFailure(b locate.Backup, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return outcome.Fail(outcome.BackupChanged, "%s is gone: it was there when the source was listed", b.URI)
	case errors.Is(err, fs.ErrPermission):
		return outcome.Fail(outcome.SourceDenied, "%s may not be read by this user", b.URI).
			WithHint("give the user that runs drillgres read access to it")
	default:
		return outcome.Fail(outcome.SourceUnreachable, "open %s: %w", b.URI, err)
	}
}

// readThrough scans and sums the bytes in one pass, to their end whatever the
// scan says, and judges what came of it.
func (f Fetcher) readThrough(ctx context.Context, b locate.Backup, path string, s *stream) (File, error) {
	s.sum = sha256.New()
	contents, scanned := f.Scan(ctx, s)
	_, _ = io.Copy(io.Discard, s) // its error is s.err
	file := File{Path: path, Size: s.read, Contents: contents}
	if ctx.Err() != nil {
		return file, context.Cause(ctx)
	}
	if err := unchanged(ctx, b); err != nil {
		return file, err
	}
	if s.err != nil {
		return file, readFailure(b, s.err)
	}
	file.SHA256 = hex.EncodeToString(s.sum.Sum(nil))
	return file, judge(b, &file, scanned)
}

func unchanged(ctx context.Context, b locate.Backup) error {
	w, ok := b.Source.(locate.Watcher)
	if !ok {
		return nil
	}
	return w.Unchanged(ctx, b.Object)
}

func readFailure(b locate.Backup, err error) error {
	var f *outcome.Failure
	if errors.As(err, &f) {
		return err
	}
	return outcome.Fail(outcome.SourceUnreachable, "read %s: %w", b.URI, err).
		WithHint("check the disk or the share that it lies on")
}

func judge(b locate.Backup, file *File, scanned error) error {
	if b.SHA256 != "" && b.SHA256 != file.SHA256 {
		return outcome.Fail(outcome.ChecksumMismatch, "%s has sha256 %s, but the checksum beside it is %s", b.URI, file.SHA256, b.SHA256)
	}
	if inspect.StreamLevel(scanned) {
		return scanned
	}
	file.Broken = scanned
	return nil
}

// stream sums and counts what is read through it. Its first error stays.
type stream struct {
	ctx      context.Context
	r        io.Reader
	sum      hash.Hash
	read     int64
	err      error // other than io.EOF
	progress outcome.Progress
	size     int64
}

func (s *stream) Read(p []byte) (int, error) {
	if s.err == nil && s.ctx.Err() != nil {
		s.err = context.Cause(s.ctx)
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	if n > 0 {
		_, _ = s.sum.Write(p[:n]) // a hash never fails
		s.read += int64(n)
		s.progress.Report(s.read, s.size)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
