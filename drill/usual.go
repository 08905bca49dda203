package drill

import (
	"context"
	"fmt"
	"slices"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// findShrunk reports a backup that has less than a tenth of the usual size. With an error of
// the history, the backup was compared only with what is at its source.
func (d Drill) findShrunk(ctx context.Context, e evidence) (*outcome.Finding, error) {
	sizes, err := d.sizesVerified(ctx, e.file.Contents.Source)
	return e.backup.FindShrunk(sizes), err
}

// findUncompared reports that the history could not be read, for a check: a drill has the
// drift check, which says so.
func (d Drill) findUncompared(err error) *outcome.Finding {
	if err == nil || d.Demands == nil {
		return nil
	}
	return &outcome.Finding{
		Code:    "history_unavailable",
		Message: d.redacted(fmt.Sprintf("the newest backup of %s was not compared with those that drills verified, by its size or the name of its database: %v", d.Database, err)),
		Hint:    historyHint,
	}
}

// historyHint is what to do about a history that a check cannot read.
const historyHint = "correct record.history or the place that it names, and run drillgres doctor"

// sizesVerified returns the sizes of the backups that the last drills verified and that
// have the same format and layers.
func (d Drill) sizesVerified(ctx context.Context, s inspect.Source) (sizes []locate.VerifiedSize, err error) {
	if d.VerifiedBefore == nil {
		return nil, nil
	}
	before, err := d.VerifiedBefore(ctx)
	if err != nil {
		return nil, err
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
	return sizes, nil
}
