package s3

import (
	"context"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/locate"
)

// Resolve asks for the object's version, which a listing does not give. It is
// also the first thing that reading the object needs to be allowed.
func (s *Source) Resolve(ctx context.Context, o locate.Object) (locate.Object, error) {
	version, err := s.bucket.Version(ctx, s.inBucket(o))
	if err != nil {
		return o, err
	}
	o.VersionID = version
	return o, nil
}

// ReadRange asks for the bytes of exactly the listed object. It tries again
// without the version where only the current one may be read (s3:GetObject
// without s3:GetObjectVersion): the ETag still guards the bytes.
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

// inBucket is an object of the source as the bucket knows it.
func (s *Source) inBucket(o locate.Object) locate.Object {
	o.Key = s.fullKey(o)
	return o
}
