package locate

import (
	"context"
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// firstBytes is how much of a backup is read to show that it can be.
const firstBytes = 64 << 10

// CheckReadable reads the beginning of the backup. Its errors are those of
// [Source.ReadRange], and source_unreachable.
func (b Backup) CheckReadable(ctx context.Context) error {
	body, err := b.Source.ReadRange(ctx, b.Object, 0, min(b.Size, firstBytes))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, body)
	if err = errors.Join(err, body.Close()); err != nil {
		return outcome.Fail(outcome.SourceUnreachable, "read the first bytes of %s: %w", b.URI, err)
	}
	return nil
}
