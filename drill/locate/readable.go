package locate

import (
	"context"
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// probeSize is how many bytes of a backup CheckReadable reads.
const probeSize = 64 << 10

// CheckReadable checks that the beginning of the backup can be read. It returns
// the errors of [Source.ReadRange], and source_unreachable.
func (b Backup) CheckReadable(ctx context.Context) error {
	body, err := b.Source.ReadRange(ctx, b.Object, 0, min(b.Size, probeSize))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return outcome.Fail(outcome.SourceUnreachable, "read the first bytes of %s: %w", b.URI, err)
	}
	return nil
}
