// Package stdin is the source of a backup that arrives on standard input. It can be read
// only once.
package stdin

import (
	"context"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Name is what messages call the backup.
const Name = "standard input"

// Source is a stream. Its only object is what arrives on it.
type Source struct {
	r   io.Reader
	now func() time.Time
}

var (
	_ locate.Source   = (*Source)(nil)
	_ locate.Streamer = (*Source)(nil)
)

// New returns the source of a stream.
func New(r io.Reader, now func() time.Time) *Source { return &Source{r: r, now: now} }

// List returns the stream, whose size is unknown.
func (s *Source) List(context.Context) ([]locate.Object, error) {
	return []locate.Object{{Key: Name, Size: locate.UnknownSize, ModifiedAt: s.now().Truncate(time.Second)}}, nil
}

// ReadRange fails: a stream has no ranges.
func (s *Source) ReadRange(context.Context, locate.Object, int64, int64) (io.ReadCloser, error) {
	return nil, outcome.Fail(outcome.SourceUnreachable, Name+" can only be read from its beginning to its end")
}

// URI returns the name of the stream.
func (s *Source) URI(locate.Object) string { return Name }

// LongestSilence is how long no byte may arrive: longer than a drill.
const LongestSilence = 24 * time.Hour

// Stream returns the stream, whose reading ends with the context. A second call continues
// where the first one ended.
func (s *Source) Stream(ctx context.Context, _ locate.Object) (io.ReadCloser, error) {
	return io.NopCloser(locate.Patiently(ctx, LongestSilence, s.r)), nil
}
