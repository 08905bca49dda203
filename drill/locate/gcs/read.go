package gcs

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"

	"cloud.google.com/go/storage"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// ReadRange opens length bytes from offset of exactly the listed object. It requests
// the object by its generation. All storage classes, also ARCHIVE, are read at once.
func (s *Source) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if length == 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	op := operation{doing: "read " + s.URI(o), permission: "storage.objects.get", read: true}
	bucket, err := s.bucket(ctx)
	if err != nil {
		return nil, s.failure(ctx, op, err)
	}
	object := bucket.Object(s.folder.Name(o))
	if generation, err := strconv.ParseInt(o.VersionID, 10, 64); err == nil {
		object = object.Generation(generation)
	}
	r, err := object.NewRangeReader(ctx, offset, length)
	if err != nil {
		return nil, s.failure(ctx, op, err)
	}
	if err := checkResponse(op.doing, o, r, offset, length); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// checkResponse checks that the server honoured the range.
func checkResponse(doing string, o locate.Object, r *storage.Reader, offset, length int64) error {
	if r.Attrs.Size != o.Size {
		return outcome.Fail(outcome.BackupChanged, "%s: it has %d bytes instead of %d", doing, r.Attrs.Size, o.Size)
	}
	if r.Attrs.StartOffset != offset || r.Remain() != length {
		return rangeIgnored(doing)
	}
	return nil
}

func rangeIgnored(doing string) *outcome.Failure {
	return outcome.Fail(outcome.SourceUnreachable, "%s: the server returned other bytes than the requested range", doing).
		WithHint("use a server and a proxy that support range requests")
}

func version(generation int64) string {
	if generation <= 0 {
		return ""
	}
	return strconv.FormatInt(generation, 10)
}
