package drill

import (
	"context"
	"slices"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// findShrunk reports a backup that has less than a tenth of the usual size.
func (d Drill) findShrunk(ctx context.Context, e evidence) *outcome.Finding {
	return e.backup.FindShrunk(d.sizesVerified(ctx, e.file.Contents.Source))
}

// sizesVerified returns the sizes of the backups that the last drills verified and that
// have the same format and layers. If the history cannot be read, the drift check says so.
func (d Drill) sizesVerified(ctx context.Context, s inspect.Source) (sizes []locate.VerifiedSize) {
	if d.VerifiedBefore == nil {
		return nil
	}
	before, err := d.VerifiedBefore(ctx)
	if err != nil {
		return nil
	}
	for _, b := range before {
		size := b.SizeBytes
		if len(b.Parts) > 0 {
			size = 0
		}
		for _, p := range b.Parts {
			size += p.SizeBytes
		}
		if b.Format == string(s.Format) && slices.Equal(b.Layers, s.Layers) && size > 0 {
			sizes = append(sizes, locate.VerifiedSize{URI: b.URI, Bytes: size})
		}
	}
	return sizes
}
