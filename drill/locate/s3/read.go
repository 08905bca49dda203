package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Resolve asks for the object's version, which a listing does not give. It is
// also the first thing that reading the object needs to be allowed.
func (s *Source) Resolve(ctx context.Context, o locate.Object) (locate.Object, error) {
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket: aws.String(s.bucket),
		Key:    aws.String(s.fullKey(o)),
	})
	if err != nil {
		return o, s.failure(ctx, s.reading("look at", o), err)
	}
	if err := s.sameETag(o, out.ETag); err != nil {
		return o, err
	}
	o.VersionID = aws.ToString(out.VersionId)
	if o.VersionID == "null" { // written before the bucket kept versions
		o.VersionID = ""
	}
	return o, nil
}

// ReadRange asks for the bytes of exactly the listed object: by its ETag, and
// by its version where that is known and may be read.
func (s *Source) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if length == 0 {
		return io.NopCloser(strings.NewReader("")), nil
	}
	out, err := s.get(ctx, o, offset, length)
	if err != nil {
		return nil, s.failure(ctx, s.reading("read", o), err)
	}
	if err := s.checkAnswer(o, out, offset, length); err != nil {
		return nil, errors.Join(err, out.Body.Close())
	}
	return out.Body, nil
}

// get tries again without the version where only the current one may be read
// (s3:GetObject without s3:GetObjectVersion): the ETag still guards the bytes.
func (s *Source) get(ctx context.Context, o locate.Object, offset, length int64) (*s3.GetObjectOutput, error) {
	in := &s3.GetObjectInput{
		Bucket: aws.String(s.bucket),
		Key:    aws.String(s.fullKey(o)),
		Range:  aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)),
	}
	if o.ETag != "" {
		in.IfMatch = aws.String(`"` + o.ETag + `"`)
	}
	if o.VersionID == "" || s.unversioned.Load() {
		return s.client.GetObject(ctx, in)
	}
	in.VersionId = aws.String(o.VersionID)
	out, err := s.client.GetObject(ctx, in)
	if err == nil || !isDenied(err) {
		return out, err
	}
	in.VersionId = nil
	out, err = s.client.GetObject(ctx, in)
	s.unversioned.Store(err == nil)
	return out, err
}

func (s *Source) reading(verb string, o locate.Object) operation {
	return operation{verb: verb, object: s.URI(o), permission: "s3:GetObject", class: o.StorageClass, read: true}
}

// checkAnswer does not trust a server to honour Range and If-Match.
func (s *Source) checkAnswer(o locate.Object, out *s3.GetObjectOutput, offset, length int64) error {
	if err := s.sameETag(o, out.ETag); err != nil {
		return err
	}
	if out.ContentRange == nil {
		if offset == 0 && length == o.Size && aws.ToInt64(out.ContentLength) == length {
			return nil // the whole object was asked for
		}
		return outcome.Fail(outcome.SourceUnreachable, "read %s: the server answers a range with the whole object", s.URI(o)).
			WithHint("use an S3 service, or a proxy before it, that supports ranged reads")
	}
	want := fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, o.Size)
	if got := aws.ToString(out.ContentRange); got != want {
		return outcome.Fail(outcome.BackupChanged, "read %s: the server gives %q where %q was listed", s.URI(o), got, want)
	}
	return nil
}

func (s *Source) sameETag(o locate.Object, got *string) error {
	etag := strings.Trim(aws.ToString(got), `"`)
	if o.ETag == "" || etag == "" || etag == o.ETag {
		return nil
	}
	return outcome.Fail(outcome.BackupChanged, "%s was replaced after it was listed: its ETag was %s and is %s", s.URI(o), o.ETag, etag)
}
