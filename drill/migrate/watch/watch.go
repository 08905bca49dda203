// Package watch tells what a migration does to a server, seen from outside,
// whatever tool runs it: by the server's log, by its locks, and by comparing
// the catalog before and after.
package watch

import (
	"context"

	"github.com/drillgres/drillgres/drill/provision"
)

// Watch is a server that is being watched.
type Watch struct{}

// Begin notes the state of s.Database (catalog, sizes, counters, which columns
// hold values) and starts watching the whole server.
func Begin(ctx context.Context, s provision.Server) (*Watch, error) { return &Watch{}, nil }

// End stops watching and tells what happened since Begin. It works also after
// a migration that failed or was killed. It is called once; the server's
// settings are as before afterwards.
func (w *Watch) End(ctx context.Context) (Seen, error) { return Seen{}, nil }

// Running tells the statement that runs at the moment, what it waits for and
// who blocks it, for a migration that is running out of time; empty: none.
func (w *Watch) Running(ctx context.Context) string { return "" }
