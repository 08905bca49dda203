// Package store contains what the sources in object stores share: which folder or
// object a URL names, the timeouts of connections, and what network errors mean.
package store

import (
	"context"
	"path"
	"strings"
	"sync/atomic"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Lister returns the objects whose names begin with prefix, from all pages; with a
// limit other than 0 only the first ones by name. It returns the Failures of
// [locate.Source].
type Lister func(ctx context.Context, prefix string, limit int) ([]locate.Object, error)

// Folder is what a URL names: a folder of a store, or a single object. An Object of
// the source holds its key in the folder.
type Folder struct {
	Root string // URI of the whole store: gs://bucket
	Path string // of the URL, without a trailing slash; empty: the whole store

	single atomic.Bool // set by List if the URL names an object
}

// List returns the objects of the folder, or the one object that the URL names.
// gs://bucket/prod is the folder prod/ and does not include production/, which may
// contain the backups of another database.
func (f *Folder) List(ctx context.Context, list Lister) ([]locate.Object, error) {
	all, err := list(ctx, f.prefix(), 0)
	if err != nil {
		return nil, err
	}
	var objects []locate.Object
	for _, o := range all {
		o.Key = strings.TrimPrefix(o.Key, f.prefix())
		if o.Key != "" && !strings.HasSuffix(o.Key, "/") { // skip the marker object of a folder
			objects = append(objects, o)
		}
	}
	if len(objects) > 0 || f.Path == "" {
		return objects, nil
	}
	return f.listSingle(ctx, list)
}

// listSingle returns the object with exactly the URL's name, if it exists. That
// name sorts first among all names that begin with it. A denied request is not a
// failure: credentials may allow listing only the folder, which has succeeded.
func (f *Folder) listSingle(ctx context.Context, list Lister) ([]locate.Object, error) {
	first, err := list(ctx, f.Path, 1)
	if ctx.Err() == nil && IsDenied(err) {
		return nil, nil
	}
	if err != nil || len(first) == 0 || first[0].Key != f.Path {
		return nil, err
	}
	f.single.Store(true)
	first[0].Key = path.Base(f.Path)
	return first[:1], nil
}

// Name returns the object's name in the store.
func (f *Folder) Name(o locate.Object) string {
	if f.single.Load() {
		return f.Path
	}
	return f.prefix() + o.Key
}

// URI returns the printable URI of the object, or that of the folder for the zero
// Object. Unprintable characters are percent-encoded.
func (f *Folder) URI(o locate.Object) string {
	name := f.Path
	if o.Key != "" && o.Key != "." {
		name = f.Name(o)
	}
	return strings.TrimSuffix(f.Root+"/"+locate.Escape(name), "/")
}

func (f *Folder) prefix() string {
	if f.Path == "" {
		return ""
	}
	return f.Path + "/"
}

// IsDenied reports whether err is a Failure with the code source_denied.
func IsDenied(err error) bool {
	return err != nil && outcome.AsFailure(err).Code == outcome.SourceDenied
}
