package bucket

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
	"github.com/drillgres/drillgres/drill/words"
)

// Version returns the version of a listed object, which a listing does not
// contain. It returns an empty string if the bucket keeps no versions.
func (b *Bucket) Version(ctx context.Context, o locate.Object) (string, error) {
	out, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(b.name), Key: aws.String(o.Key)})
	if err != nil {
		return "", b.failure(ctx, b.readOperation("check", o), err)
	}
	if err := b.checkETag(o, out.ETag); err != nil {
		return "", err
	}
	if version := aws.ToString(out.VersionId); version != "null" { // "null": written before versioning was enabled
		return version, nil
	}
	return "", nil
}

// ReadRange opens length bytes from offset of exactly the listed object. It
// requests the object by its ETag, and by its version if that is known.
func (b *Bucket) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	in := b.getInput(o)
	in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", offset, offset+length-1))
	out, err := b.client.GetObject(ctx, in)
	if err != nil {
		return nil, b.failure(ctx, b.readOperation("read", o), err)
	}
	if err := b.checkResponse(o, out, offset, length); err != nil {
		return nil, errors.Join(err, out.Body.Close())
	}
	return out.Body, nil
}

func (b *Bucket) getInput(o locate.Object) *s3.GetObjectInput {
	in := &s3.GetObjectInput{Bucket: aws.String(b.name), Key: aws.String(o.Key)}
	if o.ETag != "" {
		in.IfMatch = aws.String(`"` + o.ETag + `"`)
	}
	if o.VersionID != "" {
		in.VersionId = aws.String(o.VersionID)
	}
	return in
}

func (b *Bucket) readOperation(verb string, o locate.Object) operation {
	return operation{verb: verb, object: b.URI(o.Key), permission: "s3:GetObject", class: o.StorageClass, read: true}
}

// checkResponse checks that the server honoured Range and If-Match.
func (b *Bucket) checkResponse(o locate.Object, out *s3.GetObjectOutput, offset, length int64) error {
	if err := b.checkETag(o, out.ETag); err != nil {
		return err
	}
	if out.ContentRange == nil {
		if offset == 0 && length == o.Size && aws.ToInt64(out.ContentLength) == length {
			return nil // the whole object was requested
		}
		return outcome.Fail(outcome.SourceUnreachable, "read %s: the server returned the whole object for a range request", b.URI(o.Key)).
			WithHint("use an S3 service and a proxy that support range requests")
	}
	want := fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, o.Size)
	if got := aws.ToString(out.ContentRange); got != want {
		return outcome.Fail(outcome.BackupChanged, "read %s: the server returned range %q instead of %q", b.URI(o.Key), got, want)
	}
	return nil
}

func (b *Bucket) checkETag(o locate.Object, got *string) error {
	etag := strings.Trim(aws.ToString(got), `"`)
	if o.ETag == "" || etag == "" || etag == o.ETag {
		return nil
	}
	return outcome.Fail(outcome.BackupChanged, "%s was replaced after it was listed: its ETag changed from %s to %s", b.URI(o.Key), o.ETag, etag)
}

// ErrTooLarge is the error of Get for an object of more than its limit.
var ErrTooLarge = errors.New("it is larger than")

// Get reads a whole object of at most limit bytes. It returns false if the object
// does not exist. If o has an ETag, Get fails for an object with another ETag.
func (b *Bucket) Get(ctx context.Context, o locate.Object, limit int64) (content []byte, found bool, err error) {
	content, err = again(ctx, b, func() ([]byte, error) { return b.getWhole(ctx, o, limit+1) })
	if codeOf(err) == "NoSuchKey" {
		return nil, false, nil
	}
	if err != nil {
		op := operation{verb: "read", object: b.URI(o.Key), permission: "s3:GetObject", class: o.StorageClass}
		return nil, false, b.failure(ctx, op, err)
	}
	if int64(len(content)) > limit {
		return nil, false, outcome.Fail(outcome.SourceUnreachable, "read %s: %w %s", b.URI(o.Key), ErrTooLarge, words.Size(limit))
	}
	return content, true, nil
}

// getWhole reads an object, up to limit bytes of it.
func (b *Bucket) getWhole(ctx context.Context, o locate.Object, limit int64) ([]byte, error) {
	out, err := b.client.GetObject(ctx, b.getInput(o))
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(out.Body, limit))
	return content, errors.Join(err, out.Body.Close())
}
