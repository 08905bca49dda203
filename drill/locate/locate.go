// Package locate finds the backup to drill. It lists a source, chooses an object,
// and checks its age and size before it reads the object.
package locate

import (
	"context"
	"io"
	"io/fs"
	"slices"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/words"
)

// Object is one file or object at a source.
type Object struct {
	Key          string    // within the source; untrusted: check it before using it as a path
	Size         int64     // bytes
	ModifiedAt   time.Time // by the source's clock
	ETag         string    // without quotes; empty if the source has none
	VersionID    string
	StorageClass string // of an object store; empty: the standard class
	Files        int    // number of files of a dump in directory format, which counts as one object; otherwise 0
	SameAs       string // key of another object that is the same file, by a link; empty: none
	Undated      bool   // the source does not state when it was modified: ModifiedAt is when it was listed
	Broken       bool   // it is a link to something outside the source that does not exist
}

// CheckSame returns backup_changed if a file has changed since it was listed. shown is its name
// in the message.
func (o Object) CheckSame(shown string, info fs.FileInfo) error {
	if info.Size() != o.Size {
		return outcome.Fail(outcome.BackupChanged, "%s was being written while it was read: %s when it was listed, %s now",
			shown, words.Size(o.Size), words.Size(info.Size()))
	}
	if !info.ModTime().Equal(o.ModifiedAt) {
		return outcome.Fail(outcome.BackupChanged, "%s was rewritten while it was read, at %s",
			shown, info.ModTime().UTC().Format("15:04:05.000 MST"))
	}
	return nil
}

// Source is a place where backups are stored.
//
// List and ReadRange return Failures: source_denied, source_unreachable,
// source_not_found; ReadRange also backup_changed and backup_archived. If the
// context is done, they return its cause instead.
type Source interface {
	// List returns every object below the source's prefix, from all pages.
	List(ctx context.Context) ([]Object, error)
	// ReadRange opens length bytes from offset of exactly the object that was
	// listed, with the same ETag and version. The range must be within its size.
	// The caller closes the reader. The context also ends the reading. Errors
	// during reading are transport errors: the caller may call ReadRange again
	// for the missing bytes.
	ReadRange(ctx context.Context, o Object, offset, length int64) (io.ReadCloser, error)
	// URI returns the printable URI of the object, or that of the source for the
	// zero Object.
	URI(o Object) string
}

// Kind is one kind of source and how to open it.
type Kind = place.Entry[config.Backup, Source]

// Kinds is the registry of sources.
type Kinds = place.Registry[config.Backup, Source]

// LocalPath is implemented by a source whose objects are local files. They are
// read in place instead of being copied.
type LocalPath interface {
	// LocalPath returns the path of the file. It returns an empty string for a key
	// that points outside the source.
	LocalPath(o Object) string
}

// UnknownSize is the size of an object that only reading it shows.
const UnknownSize = -1

// Streamer is implemented by a source whose object can be read only once, from its beginning
// to its end.
type Streamer interface {
	// Stream opens the object. Read returns io.EOF only if the object was read completely.
	// Close ends what produces it.
	Stream(ctx context.Context, o Object) (io.ReadCloser, error)
}

// Watcher is implemented by a source whose objects may change while they are
// read, and that can detect such a change afterwards.
type Watcher interface {
	// Unchanged fails with backup_changed if the object is no longer the one that
	// was listed.
	Unchanged(ctx context.Context, o Object) error
}

// CheckUnchanged fails with backup_changed if the backup is at a Watcher and was changed
// since it was listed.
func (b Backup) CheckUnchanged(ctx context.Context) error {
	w, ok := b.Source.(Watcher)
	if !ok {
		return nil
	}
	files := b.Files()
	for _, p := range b.Before {
		files = append(files, Backup{Object: p.Object, Members: p.Members}.Files()...)
	}
	for _, o := range files {
		if err := w.Unchanged(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// Files returns the stored objects of the backup: itself, or the files of a directory.
func (b Backup) Files() []Object {
	if len(b.Members) > 0 {
		return slices.Clone(b.Members)
	}
	return []Object{b.Object}
}

// Sequential is implemented by a source that may have to read an object from its
// beginning, whatever the range. Such a source fails by itself if no bytes arrive,
// because ReadRange may have to skip many before the first one of the range.
type Sequential interface {
	// Sequential reports whether that is so. It is known once the object was listed.
	Sequential(o Object) bool
}

// Resolver is implemented by a source that can return more about a single object
// than its listing does, such as its version.
type Resolver interface {
	Resolve(ctx context.Context, o Object) (Object, error)
}

// Backup is the chosen object and its source.
type Backup struct {
	Object
	Source   Source
	Members  []Object // the files of a dump in directory format, of which Key is the folder
	URI      string
	Before   []Part // restored before it, in this order
	Role     string // in a set: schema, data or dump; empty: the dump
	Chosen   outcome.Chosen
	Named    bool   // chosen by its name, so it may be of any age
	SHA256   string // from the sidecar file KEY.sha256, lower-case hex; empty: none
	Matched  int    // number of objects it was chosen from
	Producer string // the backup tool, if the layout of the source is that of a known one
	Findings []outcome.Finding

	candidates []Object // that it was chosen from
	stored     []Stored // the same with all of their objects
}
