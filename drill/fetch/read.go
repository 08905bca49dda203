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
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// readInPlace reads a local file without copying it. It never waits for the file system
// for longer than Patience at a time.
func (f Fetcher) readInPlace(ctx context.Context, b locate.Backup, path string, p outcome.Progress) (File, error) {
	if path == "" {
		return File{}, outcome.Fail(outcome.SourceDenied, "%s is outside its source", locate.Show(b.Key))
	}
	file, err := f.openInPlace(ctx, b, path)
	if ctx.Err() != nil {
		return File{}, context.Cause(ctx)
	}
	if err != nil {
		return File{}, openFailure(b, err)
	}
	defer func() { _ = file.Close() }() // it was only read
	f.Arriving.Follow(func(ctx context.Context) (io.ReadCloser, error) { return f.openInPlace(ctx, b, path) })
	return f.readAll(ctx, b, path, &stream{ctx: ctx, r: file, progress: p, size: b.Size, random: file.random})
}

// opened is a file of the backup on disk, in its order and at any offset.
type opened struct {
	io.Reader
	random io.ReaderAt
	size   int64
	file   *os.File
}

// RandomAccess returns all bytes.
func (o *opened) RandomAccess() (io.ReaderAt, int64) { return o.random, o.size }

func (o *opened) Close() error { return o.file.Close() }

var _ layers.RandomAccess = (*opened)(nil)

// openInPlace opens a local file.
func (f Fetcher) openInPlace(ctx context.Context, b locate.Backup, path string) (*opened, error) {
	file, err := locate.Await(ctx, f.Patience, func() (*os.File, error) { return os.Open(path) }, func(f *os.File) { _ = f.Close() })
	if err != nil {
		return nil, err
	}
	r := locate.Patiently(ctx, f.Patience, io.LimitReader(file, b.Size))
	return &opened{r, io.NewSectionReader(file, 0, b.Size), b.Size, file}, nil
}

func openFailure(b locate.Backup, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return outcome.Fail(outcome.BackupChanged, "%s was removed after it was listed", b.URI)
	case errors.Is(err, fs.ErrPermission):
		return outcome.Fail(outcome.SourceDenied, "%s cannot be read by this user", b.URI).
			WithHint("grant the user that runs drillgres read access to it")
	default:
		return outcome.Fail(outcome.SourceUnreachable, "open %s: %w", b.URI, err).
			WithHint("check the disk or the share that contains it")
	}
}

// readAll scans the bytes and computes their checksum in one pass. It reads to the
// end even if the scan fails early, and then checks the result.
func (f Fetcher) readAll(ctx context.Context, b locate.Backup, path string, s *stream) (File, error) {
	s.sum, s.arriving = sha256.New(), f.Arriving
	contents, scanned := f.Scan(ctx, s.reader())
	_, _ = io.Copy(io.Discard, s) // s.err holds the error
	file := File{Path: path, Size: s.read, Contents: contents}
	if ctx.Err() != nil {
		return file, context.Cause(ctx)
	}
	if err := b.CheckUnchanged(ctx); err != nil {
		return file, err
	}
	if s.err != nil {
		return file, readFailure(b, s.err)
	}
	file.SHA256 = hex.EncodeToString(s.sum.Sum(nil))
	return file, checkContent(b, &file, scanned)
}

func readFailure(b locate.Backup, err error) error {
	var f *outcome.Failure
	if errors.As(err, &f) {
		return err
	}
	return outcome.Fail(outcome.SourceUnreachable, "read %s: %w", b.URI, err).
		WithHint("check the disk or the share that contains it")
}

func checkContent(b locate.Backup, file *File, scanned error) error {
	if b.SHA256 != "" && b.SHA256 != file.SHA256 {
		return outcome.Fail(outcome.ChecksumMismatch, "%s has sha256 %s, but its sidecar file states %s", b.URI, file.SHA256, b.SHA256)
	}
	if inspect.StreamLevel(scanned) {
		return scanned
	}
	file.Broken = scanned
	return nil
}

// stream counts the bytes that are read through it and computes their checksum.
// It returns its first error again on every later read.
type stream struct {
	ctx      context.Context
	r        io.Reader
	sum      hash.Hash
	read     int64
	err      error // other than io.EOF
	progress outcome.Progress
	arriving *inspect.Arriving
	size     int64
	random   io.ReaderAt // all bytes; nil: they can only be read in their order
}

// RandomAccess returns all bytes of the backup. Those that are still being downloaded are
// waited for.
func (s *randomStream) RandomAccess() (io.ReaderAt, int64) { return s.random, s.size }

// randomStream is a stream that can also be read at any offset.
type randomStream struct{ *stream }

var _ layers.RandomAccess = (*randomStream)(nil)

// reader returns the stream, with random access if it has it.
func (s *stream) reader() io.Reader {
	if s.random == nil {
		return s
	}
	return &randomStream{s}
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
		s.arriving.Note(s.read, s.size)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
