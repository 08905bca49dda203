package wiring

import (
	"context"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
)

// Seen is the newest backup of a database, and what reading it showed.
type Seen struct {
	Backup   locate.Backup
	Contents inspect.Contents
	Broken   error // of the dump; nil: it is whole, as far as it was read
	Whole    bool  // it was read to its end
}

// LookOptions say how much of a backup Look reads.
type LookOptions struct {
	Now  func() time.Time
	Head bool                // only the beginning
	Read func(locate.Backup) // is called before a backup is read; may be nil
}

// Look locates the newest backup of a database and reads it, without a drill. It returns the
// errors of the locate stage and of reading; what is wrong with the dump is Broken.
func Look(ctx context.Context, db *config.Database, o LookOptions) (seen Seen, err error) {
	opener := openerOf(db, DecodedLimit, "")
	locator := NewLocator(db, Latest, o.Now)
	locator.opener = &opener
	if seen.Backup, err = locator.Locate(ctx); err != nil {
		return seen, err
	}
	if o.Read != nil {
		o.Read(seen.Backup)
	}
	if o.Head {
		head, whole, err := seen.Backup.ReadHead(ctx)
		if err != nil {
			return seen, err
		}
		seen.Contents, seen.Broken = inspect.Head(ctx, head, whole, opener, inspect.Policy{})
		seen.Whole = whole
		return seen, ctx.Err()
	}
	set := inspect.NewSet(&opener)
	const ahead = 24 * time.Hour // of a zone east of UTC
	set.WatchNewest(o.Now().Add(ahead))
	for _, p := range seen.Backup.Before {
		part := locate.Backup{Object: p.Object, Members: p.Members, Source: seen.Backup.Source, URI: p.URI}
		if _, err := ReadBackup(ctx, set, part); err != nil && seen.Broken == nil {
			seen.Broken = err
		}
	}
	contents, broken := ReadBackup(ctx, set, seen.Backup)
	if seen.Contents = contents; seen.Broken == nil {
		seen.Broken = broken
	}
	seen.Whole = true
	return seen, ctx.Err()
}

// ReadBackup reads a whole object, or the files of a dump in directory format, once.
func ReadBackup(ctx context.Context, set *inspect.Set, b locate.Backup) (inspect.Contents, error) {
	if local, ok := b.Source.(locate.LocalPath); ok && len(b.Members) > 0 {
		return set.ScanDirectory(ctx, local.LocalPath(b.Object))
	}
	if len(b.Members) > 0 {
		return set.ScanFiles(ctx, membersOf(ctx, b))
	}
	body, err := b.Open(ctx, b.Size)
	if err != nil {
		return inspect.Contents{}, err
	}
	defer func(c io.Closer) { _ = c.Close() }(body) // opened for reading only
	return set.Scan(ctx, body)
}

// membersOf returns the files of a dump in directory format at its source, the table of
// contents first.
func membersOf(ctx context.Context, b locate.Backup) *layers.Files {
	members := slices.Clone(b.Members)
	slices.SortStableFunc(members, func(x, y locate.Object) int { return dumpfile.ContentsFirst(path.Base(x.Key), path.Base(y.Key)) })
	var body io.ReadCloser
	return layers.NewFiles(func() (layers.File, error) {
		if body != nil {
			_ = body.Close() // opened for reading only
		}
		if body = nil; len(members) == 0 {
			return layers.File{}, io.EOF
		}
		o := members[0]
		members = members[1:]
		one := locate.Backup{Object: o, Source: b.Source, URI: b.Source.URI(o)}
		file := layers.File{Name: path.Base(o.Key), Size: o.Size, Reader: strings.NewReader("")}
		if o.Size == 0 {
			return file, nil
		}
		var err error
		if body, err = one.Open(ctx, o.Size); err == nil {
			file.Reader = body
		}
		return file, err
	})
}
