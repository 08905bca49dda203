package wiring

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Locator opens its source when Locate is called, so that an error is a failure of the
// locate stage.
type Locator struct {
	Open  func(context.Context) (locate.Source, error)
	Rules locate.Rules
	Now   func() time.Time
}

// Asked returns how the backup is to be chosen.
func (l Locator) Asked() outcome.Chosen { return l.Rules.Asked() }

// Locate opens the source and chooses a backup.
func (l Locator) Locate(ctx context.Context) (locate.Backup, error) {
	source, err := l.Open(ctx)
	if err != nil {
		return locate.Backup{Chosen: l.Asked()}, err
	}
	return locate.Locator{Source: source, Rules: l.Rules, Now: l.Now}.Locate(ctx)
}

// NewLocator returns the locator of a backup: Latest, a key at the source, or the path
// of a file on this machine.
func NewLocator(db *config.Database, want string, now func() time.Time) Locator {
	from := db.Backup
	rules := locate.Rules{Match: from.Match, Parts: from.Parts, Globals: from.Globals, MaxAge: time.Duration(from.MaxAge), MinSize: int64(from.MinSize), Want: want}
	if isPath(want) {
		// A file from the command line need not match the rules of the config.
		from, rules = config.Backup{From: config.Text(want)}, locate.Rules{File: true}
	}
	open := func(ctx context.Context) (locate.Source, error) { return OpenSource(ctx, from) }
	return Locator{Open: open, Rules: rules, Now: now}
}

// isPath reports whether backup is the path of a local file, not a key at the source.
func isPath(backup string) bool {
	return filepath.IsAbs(backup) || strings.HasPrefix(backup, "./") || strings.HasPrefix(backup, "../")
}
