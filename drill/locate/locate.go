// Package locate finds the backup to drill: it lists a source, chooses an
// object, and judges its age and size before a byte of it is read.
package locate

import (
	"context"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
)

// Object is one file or object at a source.
type Object struct {
	Key          string    // within the source; never used as a path before it was checked
	Size         int64     // bytes
	ModifiedAt   time.Time // by the source's clock
	ETag         string    // without its quotes; empty where the source has none
	VersionID    string
	StorageClass string // of an object store; empty: the usual one
	Files        int    // of a dump in directory format, which counts as one object; otherwise 0
}

// Source is a place where backups lie.
//
// Errors of both methods are Failures: source_denied, source_unreachable,
// source_not_found; of ReadRange also backup_changed and backup_archived. A
// context that ended gives its cause instead.
type Source interface {
	// List gives every object below the source's prefix, all pages of it.
	List(ctx context.Context) ([]Object, error)
	// ReadRange opens length bytes from offset of exactly the object that
	// was listed (same ETag and version); the range lies within its size.
	// The caller closes it. The context governs the reading too. Errors while
	// reading are transport errors, after which the caller may ask again from
	// where it stopped.
	ReadRange(ctx context.Context, o Object, offset, length int64) (io.ReadCloser, error)
	// URI is how a person would name the object, fit to be printed; of the
	// zero Object, how one would name the source.
	URI(o Object) string
}

// Kind is one kind of source, and how to open it.
type Kind = place.Entry[config.Backup, Source]

// Kinds is the registry of sources.
type Kinds = place.Registry[config.Backup, Source]

// LocalPath is implemented by a source whose objects are files of this machine:
// they are read in place instead of being copied.
type LocalPath interface {
	// LocalPath is empty for a key that does not lie within the source.
	LocalPath(o Object) string
}

// Watcher is implemented by a source that reads objects which others may be
// writing to, and can tell afterwards.
type Watcher interface {
	// Unchanged fails with backup_changed when the object is no longer the one
	// that was listed.
	Unchanged(ctx context.Context, o Object) error
}

// Resolver is implemented by a source that knows more of a single object than
// its listing tells, such as its version.
type Resolver interface {
	Resolve(ctx context.Context, o Object) (Object, error)
}

// Backup is the object that was chosen, and where it lies.
type Backup struct {
	Object
	Source   Source
	URI      string
	Chosen   outcome.Chosen
	SHA256   string // that is stored beside it (KEY.sha256), lower-case hex; empty: none
	Matched  int    // how many objects it was chosen from
	Findings []outcome.Finding
}
