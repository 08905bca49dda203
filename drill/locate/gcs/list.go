package gcs

import (
	"context"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/store"
)

// pageSize is the most objects that the API lists on one page.
const pageSize = 1000

// List returns the objects of the folder, or the one object that the URL names.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	return s.folder.List(ctx, s.list)
}

func (s *Source) list(ctx context.Context, prefix string, limit int) ([]locate.Object, error) {
	op := operation{doing: "list " + s.URI(locate.Object{}), permission: "storage.objects.list"}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	bucket, err := s.bucket(ctx)
	if err != nil {
		return nil, s.failure(ctx, op, err)
	}
	var objects []locate.Object
	for token := ""; ; {
		var page []*storage.ObjectAttrs
		next, err := store.Within(ctx, store.PageTimeout, func(ctx context.Context) (string, error) {
			return iterator.NewPager(bucket.Objects(ctx, query(prefix)), pageSize, token).NextPage(&page)
		})
		if err != nil {
			return nil, s.failure(ctx, op, err)
		}
		for _, attrs := range page {
			objects = append(objects, toObject(attrs))
		}
		if next == "" || limit > 0 && len(objects) >= limit {
			return objects, nil
		}
		if next == token { // an incomplete listing could hide the newest backup
			return nil, store.NotAStore(op.doing, "the listing returns the same page repeatedly", endpointKey)
		}
		token = next
	}
}

// query requests only the attributes that toObject uses.
func query(prefix string) *storage.Query {
	q := &storage.Query{Prefix: prefix, Projection: storage.ProjectionNoACL}
	_ = q.SetAttrSelection([]string{"Name", "Size", "Created", "Updated", "Etag", "Generation", "StorageClass"}) // all exist
	return q
}

// toObject returns the object with the time at which its content was written. The
// time of its last update would be wrong: a lifecycle rule that changes the storage
// class of an old backup would make it the newest.
func toObject(a *storage.ObjectAttrs) locate.Object {
	o := locate.Object{
		Key: a.Name, Size: a.Size, ModifiedAt: a.Created, ETag: a.Etag,
		VersionID: version(a.Generation), StorageClass: a.StorageClass,
	}
	if o.ModifiedAt.IsZero() {
		o.ModifiedAt = a.Updated
	}
	if o.StorageClass == "STANDARD" {
		o.StorageClass = ""
	}
	return o
}
