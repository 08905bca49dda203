package s3

import (
	"context"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/locate"
)

// Resolve returns the object with its version, which a listing does not contain.
// It is also the first request that needs permission to read the object.
func (s *Source) Resolve(ctx context.Context, o locate.Object) (locate.Object, error) {
	version, err := s.bucket.Version(ctx, s.inBucket(o))
	if err != nil {
		return o, err
	}
	o.VersionID = version
	return o, nil
}

// ReadRange opens length bytes from offset of exactly the listed object. It
// retries without the version if the credentials may read only the current one
// (s3:GetObject without s3:GetObjectVersion). The ETag still identifies the bytes.
func (s *Source) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if length == 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	o = s.inBucket(o)
	if o.VersionID == "" || s.unversioned.Load() {
		o.VersionID = ""
		return s.bucket.ReadRange(ctx, o, offset, length)
	}
	body, err := s.bucket.ReadRange(ctx, o, offset, length)
	if err == nil || !isDenied(err) {
		return body, err
	}
	o.VersionID = ""
	body, err = s.bucket.ReadRange(ctx, o, offset, length)
	s.unversioned.Store(err == nil)
	return body, err
}

// inBucket returns an object of the source with its key in the bucket.
func (s *Source) inBucket(o locate.Object) locate.Object {
	o.Key = s.fullKey(o)
	return o
}
