package azure

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/store"
)

// List returns the blobs of the folder, or the one blob that the URL names.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	return s.folder.List(ctx, s.list)
}

func (s *Source) list(ctx context.Context, prefix string, limit int) ([]locate.Object, error) {
	op := operation{doing: "list " + s.URI(locate.Object{})}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var objects []locate.Object
	for marker := ""; ; {
		page, err := store.Within(ctx, store.PageTimeout, func(ctx context.Context) (container.ListBlobsFlatResponse, error) {
			return s.client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
				Prefix: &prefix, Marker: &marker, Include: container.ListBlobsInclude{Metadata: true},
			}).NextPage(ctx)
		})
		if err != nil {
			return nil, s.failure(ctx, op, err)
		}
		if page.Segment == nil { // an HTML page that is parsed as XML looks like an empty listing
			return nil, store.NotAStore(op.doing, "the response is not a listing", endpointKey)
		}
		for _, item := range page.Segment.BlobItems {
			if o, isBlob := toObject(item); isBlob {
				objects = append(objects, o)
			}
		}
		next := value(page.NextMarker)
		if next == "" || limit > 0 && len(objects) >= limit {
			return objects, nil
		}
		if next == marker { // an incomplete listing could hide the newest backup
			return nil, store.NotAStore(op.doing, "the listing returns the same page repeatedly", endpointKey)
		}
		marker = next
	}
}

// toObject returns the object of a listed blob. It returns false for a directory of an
// account with a hierarchical namespace, which is listed like an empty blob.
func toObject(item *container.BlobItem) (locate.Object, bool) {
	if item == nil || item.Name == nil || item.Properties == nil || isDirectory(item) {
		return locate.Object{}, false
	}
	p := item.Properties
	o := locate.Object{
		Key: *item.Name, Size: value(p.ContentLength), ModifiedAt: value(p.LastModified),
		ETag: strings.Trim(string(value(p.ETag)), `"`), VersionID: value(item.VersionID),
		StorageClass: string(value(p.AccessTier)),
	}
	if o.StorageClass == "Hot" {
		o.StorageClass = ""
	}
	return o, true
}

func isDirectory(item *container.BlobItem) bool {
	if value(item.Properties.ResourceType) == "directory" {
		return true
	}
	for name, v := range item.Metadata {
		if strings.EqualFold(name, "hdi_isfolder") && strings.EqualFold(value(v), "true") {
			return true
		}
	}
	return false
}

// value returns what p points to, or the zero value.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
