package bucket

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// credentialsTimeout bounds the search for credentials. On a machine without any
// the SDK asks a metadata service, which may not answer.
const credentialsTimeout = 15 * time.Second

// CheckCredentials fails with source_denied if no credentials are available.
func (b *Bucket) CheckCredentials(ctx context.Context) error {
	if b.creds == nil {
		return b.noCredentialsFailure("the AWS configuration contains none")
	}
	bounded, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if _, err := b.creds.Retrieve(bounded); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return b.noCredentialsFailure(strings.TrimPrefix(err.Error(), "failed to refresh cached credentials, "))
	}
	return nil
}

func (b *Bucket) noCredentialsFailure(why string) error {
	return outcome.Fail(outcome.SourceDenied, "no credentials for %s: %s", b.URI(b.Path), why).
		WithHint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile with %s.profile or AWS_PROFILE", b.section)
}

// List returns the objects whose keys begin with prefix, sorted by key.
func (b *Bucket) List(ctx context.Context, prefix string) ([]locate.Object, error) {
	pages := s3.NewListObjectsV2Paginator(b.client, b.listInput(prefix))
	var objects []locate.Object
	token := ""
	for pages.HasMorePages() {
		out, err := again(ctx, b, func() (*s3.ListObjectsV2Output, error) { return pages.NextPage(ctx) })
		page, err := b.objectsOfPage(ctx, out, err)
		if err != nil {
			return nil, err
		}
		objects = append(objects, page...)
		if !aws.ToBool(out.IsTruncated) {
			break
		}
		// An incomplete listing could hide the newest backup.
		switch next := aws.ToString(out.NextContinuationToken); next {
		case "":
			return nil, b.notS3Failure("the listing is incomplete and has no continuation token")
		case token:
			return nil, b.notS3Failure("the listing returns the same page repeatedly")
		default:
			token = next
		}
	}
	return objects, nil
}

// First returns the first object whose key begins with prefix. It returns false
// if no such object exists.
func (b *Bucket) First(ctx context.Context, prefix string) (locate.Object, bool, error) {
	in := b.listInput(prefix)
	in.MaxKeys = aws.Int32(1)
	out, err := again(ctx, b, func() (*s3.ListObjectsV2Output, error) { return b.client.ListObjectsV2(ctx, in) })
	page, err := b.objectsOfPage(ctx, out, err)
	if err != nil || len(page) == 0 {
		return locate.Object{}, false, err
	}
	return page[0], true, nil
}

// listInput requests encoded keys. Otherwise a control character in one key would
// make the whole page invalid XML.
func (b *Bucket) listInput(prefix string) *s3.ListObjectsV2Input {
	return &s3.ListObjectsV2Input{
		Bucket:       aws.String(b.name),
		Prefix:       aws.String(prefix),
		EncodingType: types.EncodingTypeUrl,
	}
}

// objectsOfPage returns the objects of one page. It rejects a response without a
// bucket name: an HTML page that is parsed as XML looks like an empty listing, and
// the drill would report a missing backup.
func (b *Bucket) objectsOfPage(ctx context.Context, out *s3.ListObjectsV2Output, err error) ([]locate.Object, error) {
	if err != nil {
		return nil, b.failure(ctx, operation{verb: "list", object: b.URI(b.Path), permission: "s3:ListBucket"}, err)
	}
	if out.Name == nil && len(out.Contents) == 0 {
		return nil, b.notS3Failure("the response is not a listing")
	}
	objects := make([]locate.Object, len(out.Contents))
	for i, item := range out.Contents {
		if objects[i], err = toObject(item, out.EncodingType); err != nil {
			return nil, b.notS3Failure(err.Error())
		}
	}
	return objects, nil
}

func (b *Bucket) notS3Failure(why string) error {
	return outcome.Fail(outcome.SourceUnreachable, "list %s: %s", b.URI(b.Path), why).
		WithHint("check that %s.endpoint is the address of an S3 service", b.section)
}

func toObject(item types.Object, encoding types.EncodingType) (locate.Object, error) {
	key := aws.ToString(item.Key)
	if encoding == types.EncodingTypeUrl {
		decoded, err := url.QueryUnescape(key)
		if err != nil {
			return locate.Object{}, err
		}
		key = decoded
	}
	class := string(item.StorageClass)
	if class == string(types.ObjectStorageClassStandard) {
		class = ""
	}
	return locate.Object{
		Key:          key,
		Size:         aws.ToInt64(item.Size),
		ModifiedAt:   aws.ToTime(item.LastModified),
		ETag:         strings.Trim(aws.ToString(item.ETag), `"`),
		StorageClass: class,
	}, nil
}
