package inspect

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Scan reads a backup to its end, once, and returns its contents. It detects the
// layers and the format from the content, never from the name.
//
// On an error, Contents holds what was read before it. Scan wraps errors of r.
// Every other error is a Failure about the stream (see [StreamLevel]) or about the
// dump in it. A stream that does not decode takes precedence over an earlier error
// in the dump.
func Scan(ctx context.Context, r io.Reader, o layers.Opener) (Contents, error) {
	return NewSet(&o).Scan(ctx, r)
}

// Set reads the parts of one backup, in restore order: what an earlier part creates, a later
// one may fill.
type Set struct {
	opener  *layers.Opener
	k       *catalog
	earlier []Source
	taken   []snapshot.Stated // of the parts with rows
}

// NewSet returns a Set without parts. What the Opener holds counts when a part is scanned.
func NewSet(o *layers.Opener) *Set { return &Set{opener: o, k: newCatalog()} }

// FollowedBy lets others follow the scan of a set that has one part.
func (s *Set) FollowedBy(a *Arriving) { s.k.arriving = a }

// Scan reads the next part. Source of the Contents is about this part, and Earlier about those
// before it. TakenAt is the oldest that a part with rows states. Needs and Promises are about all parts so far. See the function [Scan] for its errors.
func (s *Set) Scan(ctx context.Context, r io.Reader) (Contents, error) {
	stream, err := s.opener.Open(ctx, r)
	return s.scan(stream, err)
}

// ScanDirectory is Scan for a dump in directory format on this machine's disk.
func (s *Set) ScanDirectory(ctx context.Context, path string) (Contents, error) {
	stream, err := s.opener.OpenPath(ctx, path)
	return s.scan(stream, err)
}

// ScanFiles is Scan for the files of a dump in directory format.
func (s *Set) ScanFiles(ctx context.Context, files *layers.Files) (Contents, error) {
	return s.scan(s.opener.OpenFiles(ctx, files), nil)
}

func (s *Set) scan(stream *layers.Stream, err error) (c Contents, _ error) {
	arriving := s.k.arriving
	defer func() { arriving.end(c.Source, err) }()
	if err != nil {
		return Contents{}, err
	}
	defer func() { _ = stream.Close() }()

	k, spent := s.k, &layers.Budget{Max: s.opener.MaxDecoded}
	k.beginPart()
	rowsBefore := k.sumOfRows()
	f, err := scan(stream, k, spent)
	c = k.contents()
	c.Source.addLayers(stream)
	if len(stream.Layers) > 0 && !StreamLevel(err) {
		err = withOffsetIn(err, "the decoded data")
	}
	if streamErr := drain(stream, f); streamErr != nil {
		err = streamErr
	}
	if c.Source.TrailingBytes, c.Source.TrailingLayer = stream.Trailing(); f != nil {
		c.Source.DecodedBytes = f.offset()
	}
	c.Source.Fills = c.Source.Fills || c.Source.ArchiveVersion != "" || c.Source.DumpCount > 0 || !k.promise().IsEmpty()
	c.Earlier, c.Misordered = slices.Clone(s.earlier), k.misordered()
	s.earlier = append(s.earlier, c.Source)
	if k.sumOfRows() > rowsBefore && !c.Source.TakenAt.IsZero() {
		s.taken = append(s.taken, c.Source.TakenAt)
	}
	if len(s.taken) > 0 {
		c.Source.TakenAt = slices.MinFunc(s.taken, func(a, b snapshot.Stated) int { return a.Clock.Compare(b.Clock) })
	}
	return c, err
}

// sumOfRows returns a number that grows with each row of the current database.
func (k *catalog) sumOfRows() (sum int64) {
	for _, t := range k.c.Tables {
		if sum += t.Bytes; t.Data {
			sum++
		}
	}
	return sum + int64(k.c.LargeObjects)
}

// scan reads the dump of a stream.
func scan(stream *layers.Stream, k *catalog, spent *layers.Budget) (*feed, error) {
	if stream.Files != nil {
		return nil, readFiles(stream, k, spent)
	}
	f := newFeed(&meteredReader{r: stream, spent: spent}, feedBuffer)
	return f, read(f, k, spent)
}

// drain reads a stream to its end, and returns its error.
func drain(stream *layers.Stream, f *feed) error {
	if f != nil {
		return f.drain()
	}
	for {
		_, err := stream.Files.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // an error of the source may wrap it
			return nil
		case err != nil:
			return err
		}
	}
}

// addLayers records the layers around the dump.
func (s *Source) addLayers(stream *layers.Stream) {
	s.Layers = stream.Names()
	for _, l := range stream.Layers {
		if l.Key != "" {
			s.Key = l.Key
		}
		if l.Member != "" {
			s.Member = l.Member
		}
	}
	s.LayerFindings = stream.Findings()
}

// StreamLevel reports whether err is about reading and decoding the bytes. The fetch
// stage reports such errors; the inspect stage reports errors in the dump. An error
// that is not a Failure is stream-level.
func StreamLevel(err error) bool {
	if err == nil {
		return false
	}
	var f *outcome.Failure
	if !errors.As(err, &f) {
		return true
	}
	switch f.Code {
	case outcome.NotADump, outcome.DumpTruncated, outcome.DumpCorrupt, outcome.DumpHostile:
		return false
	default:
		return true
	}
}

func isFailure(err error) bool {
	var f *outcome.Failure
	return errors.As(err, &f)
}

func hasCode(err error, code outcome.Code) bool {
	var f *outcome.Failure
	return errors.As(err, &f) && f.Code == code
}
