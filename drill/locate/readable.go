package locate

import (
	"context"
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// headSize is how many bytes of a backup ReadHead reads.
const headSize = 64 << 10

// ReadHead returns the first bytes of the backup, and whether they are all of it. It
// returns the errors of [Source.ReadRange], and source_unreachable.
func (b Backup) ReadHead(ctx context.Context) (head []byte, whole bool, err error) {
	body, err := b.Source.ReadRange(ctx, b.Object, 0, min(b.Size, headSize))
	if err != nil {
		return nil, false, err
	}
	head, err = io.ReadAll(io.LimitReader(body, headSize))
	if err = errors.Join(err, body.Close()); err != nil {
		return nil, false, outcome.Fail(outcome.SourceUnreachable, "read the first bytes of %s: %w", b.URI, err)
	}
	return head, int64(len(head)) == b.Size, nil
}

// CheckReadable checks that the beginning of the backup can be read. It returns the
// errors of [Backup.ReadHead].
func (b Backup) CheckReadable(ctx context.Context) error {
	_, _, err := b.ReadHead(ctx)
	return err
}
