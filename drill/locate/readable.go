package locate

import (
	"context"
	"errors"
	"io"
	"path"
	"time"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const (
	// HeadSize is how many bytes of a backup ReadHead reads.
	HeadSize = 64 << 10
	// stallLimit is how long a source may send no byte.
	stallLimit = 30 * time.Second
)

// ReadHead returns the first bytes of the backup, and whether they are all of it. It
// returns the errors of [Backup.Open]. Of a dump in directory format it reads the table of
// contents.
func (b Backup) ReadHead(ctx context.Context) (head []byte, whole bool, err error) {
	for _, o := range b.Members {
		if dumpfile.IsContents(path.Base(o.Key)) {
			b.Object, b.Members = o, nil
			head, _, err = b.ReadHead(ctx)
			return head, false, err
		}
	}
	if streamer, ok := b.Source.(Streamer); ok {
		return readStreamHead(ctx, streamer, b.Object)
	}
	body, err := b.Open(ctx, min(b.Size, HeadSize))
	if err != nil {
		return nil, false, err
	}
	head, err = io.ReadAll(io.LimitReader(body, HeadSize))
	if err = errors.Join(err, body.Close()); err != nil {
		return nil, false, err
	}
	return head, int64(len(head)) == b.Size, nil
}

// readStreamHead reads the beginning of a stream, and ends what produces it.
func readStreamHead(ctx context.Context, s Streamer, o Object) (head []byte, whole bool, err error) {
	body, err := s.Stream(ctx, o)
	if err != nil {
		return nil, false, err
	}
	defer func() { _ = body.Close() }() // it is ended early
	head, err = io.ReadAll(io.LimitReader(body, HeadSize))
	return head, len(head) < HeadSize, err
}

// CheckReadable checks that the beginning of the backup can be read. It returns the
// errors of [Backup.ReadHead].
func (b Backup) CheckReadable(ctx context.Context) error {
	_, _, err := b.ReadHead(ctx)
	return err
}

// Open opens the first bytes of the backup. It returns the errors of
// [Source.ReadRange]. Errors during reading are Failures: source_unreachable if the
// source breaks off, or sends no byte for half a minute. If the context is done, they
// are its cause.
func (b Backup) Open(ctx context.Context, length int64) (io.ReadCloser, error) {
	return b.open(ctx, length, stallLimit)
}

func (b Backup) open(ctx context.Context, length int64, limit time.Duration) (io.ReadCloser, error) {
	if _, local := b.Source.(LocalPath); local {
		limit = Patience // which the source itself has
	}
	inner, cancel := context.WithCancelCause(ctx)
	s := &steady{inner: inner, cancel: cancel, backup: b, left: length, limit: limit}
	s.watch = time.AfterFunc(limit, func() {
		cancel(outcome.Fail(outcome.SourceUnreachable, "read %s: no bytes for %s", b.URI, words.Span(limit)))
	})
	body, err := b.Source.ReadRange(inner, b.Object, 0, length)
	if err != nil {
		s.stop()
		return nil, err
	}
	s.body = body
	return s, nil
}

// steady is a reader of a backup that fails if no bytes arrive.
type steady struct {
	inner  context.Context
	cancel context.CancelCauseFunc
	watch  *time.Timer
	limit  time.Duration
	backup Backup
	body   io.ReadCloser
	left   int64 // bytes that are still expected
}

func (s *steady) Read(p []byte) (int, error) {
	n, err := s.body.Read(p)
	s.left -= int64(n)
	if n > 0 {
		s.watch.Reset(s.limit)
	}
	switch {
	case err == nil, errors.Is(err, io.EOF) && s.left == 0:
		return n, err
	case s.inner.Err() != nil: // the cause of outer, or the stall
		return n, context.Cause(s.inner)
	case errors.Is(err, io.EOF):
		return n, outcome.Fail(outcome.SourceUnreachable, "read %s: the response ended %d bytes early", s.backup.URI, s.left)
	}
	var named *outcome.Failure
	if errors.As(err, &named) {
		return n, err
	}
	return n, outcome.Fail(outcome.SourceUnreachable, "read %s: %w", s.backup.URI, err)
}

func (s *steady) Close() error {
	s.stop()
	return s.body.Close()
}

func (s *steady) stop() {
	s.watch.Stop()
	s.cancel(nil)
}
