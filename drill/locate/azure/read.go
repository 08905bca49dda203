package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Resolve returns the object with its version, which a listing does not contain. It is
// also the first request that needs permission to read the blob.
func (s *Source) Resolve(ctx context.Context, o locate.Object) (locate.Object, error) {
	client := s.client.NewBlobClient(s.folder.Name(o))
	got, err := client.GetProperties(ctx, &blob.GetPropertiesOptions{AccessConditions: pinned(o)})
	if err != nil {
		return o, s.failure(ctx, s.readOperation("check", o), err)
	}
	o.VersionID = value(got.VersionID)
	return o, nil
}

// ReadRange opens length bytes from offset of exactly the listed blob. It requests the
// blob by its ETag, and by its version if that is known. It retries without the version
// if the credentials may read only the current one: a SAS may be for the blob alone.
func (s *Source) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if length == 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if o.VersionID == "" || s.unversioned.Load() {
		return s.read(ctx, o, "", offset, length)
	}
	body, err := s.read(ctx, o, o.VersionID, offset, length)
	if err == nil || outcome.AsFailure(err).Code != outcome.SourceDenied {
		return body, err
	}
	body, err = s.read(ctx, o, "", offset, length)
	s.unversioned.Store(err == nil)
	return body, err
}

func (s *Source) read(ctx context.Context, o locate.Object, version string, offset, length int64) (io.ReadCloser, error) {
	op := s.readOperation("read", o)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	client := s.client.NewBlobClient(s.folder.Name(o))
	if version != "" {
		var err error
		if client, err = client.WithVersionID(version); err != nil {
			return nil, s.failure(ctx, op, err)
		}
	}
	out, err := client.DownloadStream(ctx, &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: offset, Count: length}, AccessConditions: pinned(o),
	})
	if err != nil {
		return nil, s.failure(ctx, op, err)
	}
	if err := checkResponse(op.doing, o, out, offset, length); err != nil {
		return nil, errors.Join(err, out.Body.Close())
	}
	return out.Body, nil
}

func (s *Source) readOperation(verb string, o locate.Object) operation {
	return operation{doing: verb + " " + s.URI(o), class: o.StorageClass, read: true}
}

// pinned returns the condition that the blob is the one that was listed.
func pinned(o locate.Object) *blob.AccessConditions {
	if o.ETag == "" {
		return nil
	}
	etag := azcore.ETag(`"` + o.ETag + `"`)
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &etag}}
}

// checkResponse checks that the server honoured Range and If-Match.
func checkResponse(doing string, o locate.Object, out blob.DownloadStreamResponse, offset, length int64) error {
	if etag := strings.Trim(string(value(out.ETag)), `"`); o.ETag != "" && etag != "" && etag != o.ETag {
		return outcome.Fail(outcome.BackupChanged, "%s: it was replaced after it was listed: its ETag changed from %s to %s", doing, o.ETag, etag)
	}
	want := fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, o.Size)
	switch got := value(out.ContentRange); {
	case got == want, got == "" && length == o.Size && value(out.ContentLength) == length:
		return nil
	case got == "":
		return outcome.Fail(outcome.SourceUnreachable, "%s: the server returned the whole blob for a range request", doing).
			WithHint("use a server and a proxy that support range requests")
	default:
		return outcome.Fail(outcome.BackupChanged, "%s: the server returned range %q instead of %q", doing, got, want)
	}
}
