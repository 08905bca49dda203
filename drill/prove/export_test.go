package prove

import (
	"context"

	"github.com/drillgres/drillgres/drill/inspect"
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

// Promised returns what the dump promises in the drill of the control.
func Promised(c Control, intact inspect.Promise) inspect.Promise { return c.loss.promise(intact) }
