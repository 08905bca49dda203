// Package layers peels a backup: it decrypts and decompresses it and opens archives until
// only the dump is left. It recognises each layer by its first bytes, never by a name,
// and reads each to its end, because a checksum that comes last counts too.
package layers

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	bufferSize  = 64 << 10
	sniffLength = 4096 // bytes from which a layer is recognised, including a tar header
	maxDepth    = 4    // layers that are opened
)

// Opener opens backups.
type Opener struct {
	Keys       Keyring
	IDs        []string // of the backup, which Databasus' encryption needs
	Member     string   // glob of the member of a tar or zip that is the dump; empty: the only one
	MaxDecoded int64    // bytes that each layer may decode to; 0: unlimited
	KeepTar    bool     // a dump in pg_dump's tar format is one stream, as pg_restore reads it
	// Dir is where a zip archive inside another layer is unpacked, because its directory is
	// at its end. Empty: the system's directory for temporary files.
	Dir string
}

// Layer is one opened layer.
type Layer struct {
	Name   string // age, gzip, tar …
	Key    string // recipient or fingerprint of the key that opened it; empty: not encrypted
	Member string // of a tar or zip; untrusted
}

// Stream is the dump inside a backup.
type Stream struct {
	// Files are the files of a dump in pg_dump's tar or directory format. If they are nil, the
	// Stream itself is the dump.
	Files  *Files
	Layers []Layer // that were opened, from the outside in

	br      *bufio.Reader // the dump
	source  *source
	levels  []*level
	closers []func() error
}

// Names returns the names of the layers.
func (s *Stream) Names() []string {
	names := make([]string, 0, len(s.Layers))
	for _, l := range s.Layers {
		names = append(names, l.Name)
	}
	return names
}

// Read reads the dump. It returns Failures: stream_truncated, stream_corrupt,
// backup_empty, disk_budget_exceeded and others about a layer, and errors of the backup's
// own reader, wrapped.
func (s *Stream) Read(p []byte) (int, error) { return s.br.Read(p) }

// Peek returns the next n bytes of the dump without reading them, or fewer at its end. n is
// at most 4096. It returns none for a dump of several files.
func (s *Stream) Peek(n int) ([]byte, error) {
	if s.br == nil {
		return nil, nil
	}
	head, err := s.br.Peek(n)
	return bytes.Clone(head), err
}

// Failed returns the first error of the backup's reader or of a layer. What it caused
// further inside is not damage there.
func (s *Stream) Failed() error { return s.outermost().failed() }

// Close frees what the layers use. The backup's reader stays open.
func (s *Stream) Close() error {
	var errs []error
	for _, c := range slices.Backward(s.closers) {
		errs = append(errs, c())
	}
	s.closers = nil
	return errors.Join(errs...)
}

// Findings returns what the layers have found. They are complete at the end of the Stream.
func (s *Stream) Findings() (found []outcome.Finding) {
	for _, l := range s.levels {
		if l.findings != nil {
			found = append(found, l.findings()...)
		}
	}
	return found
}

// Trailing returns how many bytes are behind the end of the layers, after all of them was
// read, and the outermost layer that has such bytes. Zeros are padding and do not count.
func (s *Stream) Trailing() (n int64, layer string) {
	for _, l := range s.levels {
		if l.trailing == nil || l.trailing() == 0 {
			continue
		}
		n += l.trailing()
		layer = cmp.Or(layer, l.Name)
	}
	return n, layer
}

// Open opens the layers of a backup, and returns the dump in it. It returns the errors of
// [Stream.Read], key_missing and key_wrong, member_missing and member_ambiguous, and
// format_unsupported for a layer that this version does not open: that proves nothing about
// what is inside.
func (o Opener) Open(ctx context.Context, r io.Reader) (*Stream, error) {
	s := &Stream{source: &source{r: Cancelable(ctx, r)}}
	if err := o.peelAll(ctx, s, r); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func (o Opener) peelAll(ctx context.Context, s *Stream, raw io.Reader) error {
	var from io.Reader = s.source
	for {
		br := bufio.NewReaderSize(from, bufferSize)
		head, err := br.Peek(sniffLength)
		switch {
		case len(head) == 0 && err != io.EOF: //nolint:errorlint // an error of the source may wrap it
			return s.failure(err)
		case len(head) == 0:
			return errEmpty("it has no bytes")
		}
		l, err := o.peel(s, opened{ctx: ctx, br: br, head: head, raw: raw, outer: s.outermost()})
		if err != nil {
			return s.failure(err)
		}
		if l == nil {
			s.br = br
			return nil
		}
		if s.Files = l.files; s.Files != nil && l.Name == "" { // the dump itself is a tar archive
			return nil
		}
		if len(s.Layers) == maxDepth {
			return outcome.Fail(outcome.FormatUnsupported, "the backup has more than %d layers of encryption, compression and archives", maxDepth).
				WithHint("wrap the backup in fewer layers")
		}
		l.outer, l.budget = s.outermost(), Budget{Max: o.MaxDecoded}
		s.Layers, s.levels = append(s.Layers, l.Layer), append(s.levels, l)
		if s.Files != nil {
			o.decryptFiles(ctx, s)
			return nil
		}
		from, raw = l, nil
	}
}

// outermost returns the innermost level so far, which is around the next one.
func (s *Stream) outermost() failing {
	if len(s.levels) == 0 {
		return s.source
	}
	return s.levels[len(s.levels)-1]
}

// failure returns err, or the error further outside that caused it.
func (s *Stream) failure(err error) error {
	if outer := s.Failed(); outer != nil {
		return outer
	}
	return err
}

// failing is a reader that remembers its first error, so that what it causes further
// inside is not taken for damage there.
type failing interface {
	failed() error
	offset() int64 // bytes that were read
}

// level is the inside of one layer.
type level struct {
	Layer
	r     io.Reader
	files *Files
	at    func() int64 // bytes of the outside that were used; nil: unknown
	outer failing

	findings func() []outcome.Finding // may be nil
	trailing func() int64             // may be nil
	explain  func(err error) error    // turns an error into a Failure; nil: as usual

	budget Budget
	err    error // the first one
}

func (l *level) failed() error {
	if l.err != nil && l.err != io.EOF { //nolint:errorlint // stored as it is
		return l.err
	}
	return l.outer.failed()
}

func (l *level) offset() int64 { return l.budget.Spent }

// Read reads the inside of the layer.
func (l *level) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	if over := l.budget.Spend(n); over != nil {
		err = over
	}
	if err != nil {
		l.err = l.judge(err)
	}
	return n, l.err
}

func (l *level) judge(err error) error {
	if outer := l.outer.failed(); outer != nil {
		return outer
	}
	switch {
	case err == io.EOF && l.budget.Spent == 0: //nolint:errorlint // a decoder's own end
		return errEmpty("the " + l.Name + " stream contains no data")
	case err == io.EOF: //nolint:errorlint // see above
		return err
	}
	return l.fail(err)
}

// fail returns the Failure for an error of the decoder. Its offset is that in the file,
// so only the outermost layer has one.
func (l *level) fail(err error) error {
	if l.explain != nil {
		err = l.explain(err)
	}
	var f *outcome.Failure
	if !errors.As(err, &f) {
		f = outcome.Fail(outcome.StreamCorrupt, "decode %s: %w", l.Name, err)
	}
	if _, outermost := l.outer.(*source); outermost && l.at != nil && f.Offset == 0 && isDamage(f.Code) {
		f.Offset = l.at()
	}
	return f
}

func isDamage(code outcome.Code) bool {
	return code == outcome.StreamCorrupt || code == outcome.StreamTruncated
}

func errEmpty(what string) error {
	return outcome.Fail(outcome.BackupEmpty, "the backup is empty: %s", what)
}

// source records the first error of the reader below the layers.
type source struct {
	r    io.Reader
	read int64
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.read += int64(n)
	if err != nil && err != io.EOF && s.err == nil {
		s.err = fmt.Errorf("read backup: %w", err)
	}
	return n, err
}

func (s *source) failed() error { return s.err }
func (s *source) offset() int64 { return s.read }
