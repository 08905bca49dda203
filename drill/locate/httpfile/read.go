package httpfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// ReadRange opens length bytes from offset of the file that was listed: with the same
// ETag, or the same time, if the server states them, and with the same size. If the
// server answers with the whole file, the reader skips what precedes the offset.
func (s *Source) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if length == 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	inner, cancel := context.WithCancelCause(ctx)
	b := &body{ctx: inner, cancel: cancel, left: length, stall: s.stall}
	answer, err := s.send(inner, s.conditions(o, offset, length)) //nolint:bodyclose // body closes it
	if err != nil {
		cancel(nil)
		return nil, err
	}
	b.answer = answer.Body
	b.watch = time.AfterFunc(s.stall, func() { cancel(fmt.Errorf("no bytes for %s", words.Span(s.stall))) })
	if b.skip, err = s.check(o, answer, offset, length); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// conditions returns the headers that ask for a part of exactly the listed file.
func (s *Source) conditions(o locate.Object, offset, length int64) http.Header {
	h := http.Header{"Range": {fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)}}
	switch {
	case o.ETag != "" && !strings.HasPrefix(o.ETag, "W/"): // a weak one never matches
		h.Set("If-Match", `"`+o.ETag+`"`)
	case !o.Undated:
		h.Set("If-Unmodified-Since", o.ModifiedAt.UTC().Format(http.TimeFormat))
	}
	return h
}

// check checks that the answer is of the listed file. It returns how many bytes precede
// the part.
func (s *Source) check(o locate.Object, answer *http.Response, offset, length int64) (skip int64, err error) {
	partial := answer.StatusCode == http.StatusPartialContent
	if !partial && answer.StatusCode != http.StatusOK {
		return 0, s.refused(answer, true)
	}
	if !partial && answer.ContentLength != o.Size && isPage(answer) {
		return 0, s.pageFailure()
	}
	if err := s.checkSame(o, answer); err != nil {
		return 0, err
	}
	if !partial {
		if answer.ContentLength < 0 {
			return 0, outcome.Fail(outcome.SourceUnreachable, "read %s: the server does not state the size of its response", s.URI(o))
		}
		return offset, s.checkSize(o, answer.ContentLength)
	}
	if err := s.checkSize(o, totalOf(answer)); err != nil {
		return 0, err
	}
	want := fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, o.Size)
	if got := answer.Header.Get("Content-Range"); got != want {
		return 0, outcome.Fail(outcome.SourceUnreachable, "read %s: the server returned range %q instead of %q", s.URI(o), got, want).
			WithHint("check the server and the proxies before it: they answer a range request with another range")
	}
	return 0, nil
}

// checkSame compares the ETag and the time, if the server states them again.
func (s *Source) checkSame(o locate.Object, answer *http.Response) error {
	if tag := etagOf(answer); o.ETag != "" && tag != "" {
		if tag != o.ETag {
			return outcome.Fail(outcome.BackupChanged, "%s was replaced after it was listed: its ETag changed from %q to %q", s.URI(o), o.ETag, tag)
		}
		return nil
	}
	if at := modifiedAt(answer); !o.Undated && !at.IsZero() && !at.Equal(o.ModifiedAt) {
		return outcome.Fail(outcome.BackupChanged, "%s was replaced while it was read, at %s", s.URI(o), at.UTC().Format("15:04:05 MST"))
	}
	return nil
}

func (s *Source) checkSize(o locate.Object, size int64) error {
	if size == o.Size {
		return nil
	}
	if size < 0 {
		return outcome.Fail(outcome.SourceUnreachable, "read %s: the server does not state the size of the file", s.URI(o))
	}
	return outcome.Fail(outcome.BackupChanged, "%s was being written while it was read: %s when it was listed, %s now",
		s.URI(o), words.Size(o.Size), words.Size(size))
}

// body is the part of a response that was asked for. It fails if no bytes arrive.
type body struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	watch  *time.Timer
	stall  time.Duration
	answer io.ReadCloser
	skip   int64 // bytes before the part
	left   int64 // bytes of the part
}

func (b *body) Read(p []byte) (int, error) {
	if b.skip > 0 {
		if err := b.skipAll(); err != nil {
			return 0, err
		}
	}
	if b.left == 0 {
		return 0, io.EOF
	}
	n, err := b.read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

func (b *body) skipAll() error {
	buf := make([]byte, 64<<10)
	for b.skip > 0 {
		n, err := b.read(buf[:min(int64(len(buf)), b.skip)])
		b.skip -= int64(n)
		if err != nil && b.skip > 0 {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return err
		}
	}
	return nil
}

func (b *body) read(p []byte) (int, error) {
	n, err := b.answer.Read(p)
	if n > 0 {
		b.watch.Reset(b.stall)
	}
	if err != nil && b.ctx.Err() != nil {
		return n, context.Cause(b.ctx)
	}
	return n, err
}

func (b *body) Close() error {
	b.watch.Stop()
	b.cancel(nil)
	return b.answer.Close()
}
