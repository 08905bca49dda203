package prove

import (
	"context"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
)

// ReadContent is what the intact drill reads of the restored database.
func ReadContent(ctx context.Context, s provision.Server) (Content, error) {
	return readContent(ctx, s)
}

// Inflict makes a restored database lose what the control takes away.
func Inflict(ctx context.Context, s provision.Server, c Control) error {
	return inflict(ctx, s, c.loss)
}

// Promised is what the dump promises in the control's drill.
func Promised(c Control, intact inspect.Promise) inspect.Promise { return c.loss.promise(intact) }
