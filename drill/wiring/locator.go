package wiring

import (
	"cmp"
	"context"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/databasus"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/stdin"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/producer"
)

// Locator opens its source when Locate is called, so that an error is a failure of the
// locate stage.
type Locator struct {
	Open  func(context.Context) (locate.Source, error)
	Rules locate.Rules
	Now   func() time.Time

	backup config.Backup
	opener *layers.Opener // of the backup's layers, which a backup tool may determine; may be nil
	byKey  bool           // even the newest backup counts as chosen by its key
}

// Asked returns how the backup is to be chosen.
func (l Locator) Asked() outcome.Chosen { return l.Rules.Asked() }

// layout is a source, and the rules for it.
type layout struct {
	locate.Locator
	tool    producer.Producer // if known
	known   bool
	objects []locate.Object // at the source; nil if the rules do not depend on them
}

// layOut opens the source. If the config names no backup tool and no names, the layout of the
// source shows them.
func (l Locator) layOut(ctx context.Context) (layout, error) {
	source, err := l.Open(ctx)
	if err != nil {
		return layout{}, err
	}
	var objects []locate.Object
	if !l.Rules.File && l.backup.Command == nil {
		if objects, err = source.List(ctx); err != nil {
			objects = nil // the locator reports it
		}
	}
	rules := l.Rules
	if _, local := source.(locate.LocalPath); rules.File && !local { // the key is the last part of the URL, without its query
		rules.Want = path.Base(source.URI(locate.Object{}))
	}
	tool, known := producerOf(l.backup)
	switch {
	case rules.File:
		known = false
	case known:
		applyProducer(tool, l.backup.Database, keysOf(objects), &rules)
	case l.recognizes():
		if tool, _, known = producer.Recognize(keysOf(objects)); known {
			applyRecognized(tool, &rules)
		}
	}
	return layout{locate.Locator{Source: source, Rules: rules, Now: l.Now}, tool, known, objects}, nil
}

// Locate opens the source and chooses a backup.
func (l Locator) Locate(ctx context.Context) (locate.Backup, error) {
	at, err := l.layOut(ctx)
	if err != nil {
		return locate.Backup{Chosen: l.Asked()}, err
	}
	b, err := at.Locate(ctx)
	if at.known {
		b.Producer = at.tool.Name
	}
	if l.byKey {
		b.Chosen = outcome.ChosenKey
	}
	if l.opener != nil {
		l.adaptOpener(ctx, b, at.tool, at.objects)
	}
	return b, err
}

// Backups opens the source and returns every backup from which Locate chooses the newest,
// newest first, and findings about them.
func (l Locator) Backups(ctx context.Context) (source locate.Source, backups []locate.Stored, found []outcome.Finding, err error) {
	at, err := l.layOut(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	backups, found, err = at.Backups(ctx)
	return at.Source, backups, found, err
}

// adaptOpener sets what the layers of the chosen backup need besides the config.
func (l Locator) adaptOpener(ctx context.Context, b locate.Backup, tool producer.Producer, objects []locate.Object) {
	l.opener.IDs = databasus.IDs(b.Key, l.metadata(ctx, b, objects))
	if b.Producer == "" {
		return
	}
	l.opener.Member = cmp.Or(l.opener.Member, tool.Member)
	if tool.OpenSSL != nil {
		l.opener.Keys = keyringOf(withOpenSSL(l.backup, *tool.OpenSSL))
	}
}

// metadata returns the file that Databasus writes beside a backup, or nil.
func (l Locator) metadata(ctx context.Context, b locate.Backup, objects []locate.Object) []byte {
	const most = 64 << 10
	for _, o := range objects {
		if o.Key != b.Key+".metadata" || o.Size > most {
			continue
		}
		head, _, err := locate.Backup{Object: o, Source: b.Source, URI: b.Source.URI(o)}.ReadHead(ctx)
		if err == nil {
			return head
		}
	}
	return nil
}

// recognizes reports whether the layout of the source counts.
func (l Locator) recognizes() bool {
	b := l.backup
	return (b.Producer == "" || b.Producer == config.AutoProducer) && b.Match == "" && len(b.Parts) == 0 && b.Globals == "" && !l.Rules.File
}

// NewLocator returns the locator of a backup: Latest, a key at the source, or the path
// of a file on this machine.
func NewLocator(db *config.Database, want string, now func() time.Time) Locator {
	from := db.Backup
	rules := locate.Rules{Match: from.Match, Parts: from.Parts, Globals: from.Globals, Keep: time.Duration(from.Retention.Keep), Gap: time.Duration(from.Retention.Gap), MaxAge: time.Duration(from.MaxAge), MinSize: int64(from.MinSize), Want: want}
	if isPath(want) {
		// A file from the command line need not match the rules of the config.
		from, rules = config.Backup{From: config.Text(want)}, locate.Rules{File: true}
	}
	open := func(ctx context.Context) (locate.Source, error) { return OpenSource(ctx, from, now) }
	return Locator{Open: open, Rules: rules, Now: now, backup: from}
}

// locatorFor returns the locator of a drill.
func locatorFor(db *config.Database, o DrillOptions, now func() time.Time) Locator {
	switch {
	case o.Stream != nil:
		l := NewNamedLocator(db, now)
		l.Open = func(context.Context) (locate.Source, error) { return stdin.New(o.Stream, now), nil }
		return l
	case o.Named:
		return NewNamedLocator(db, now)
	default:
		l := NewLocator(db, o.Backup, now)
		l.byKey = o.ByKey
		return l
	}
}

// NewNamedLocator returns the locator of a backup that is the source itself: a file, the
// directory of a dump in directory format, or an object.
func NewNamedLocator(db *config.Database, now func() time.Time) Locator {
	open := func(ctx context.Context) (locate.Source, error) { return OpenSource(ctx, db.Backup, now) }
	return Locator{Open: open, Rules: locate.Rules{File: true}, Now: now, backup: db.Backup}
}

// isPath reports whether backup is the path of a local file, not a key at the source.
func isPath(backup string) bool {
	return filepath.IsAbs(backup) || strings.HasPrefix(backup, "./") || strings.HasPrefix(backup, "../")
}
