package prove

import (
	"context"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/provision"
)

// ReadContent exports readContent.
func ReadContent(ctx context.Context, s provision.Server) (Content, error) {
	return readContent(ctx, s)
}

// Inflict removes from a restored database what the control removes.
func Inflict(ctx context.Context, s provision.Server, c Control) error {
	return inflict(ctx, s, c.loss)
}

// Read sets where each file of a backup can be damaged.
func Read(ctx context.Context, b *Backup) error { return b.read(ctx) }

// Locate locates a copy as the drill of it does.
func Locate(ctx context.Context, c Copy) (locate.Backup, error) {
	return copyLocator{c, time.Now}.Locate(ctx)
}

// Promised returns what the dump promises in the drill of the control.
func Promised(c Control, intact inspect.Promise) inspect.Promise { return c.loss.promise(intact) }
