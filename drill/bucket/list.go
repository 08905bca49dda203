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

// credentialsTimeout bounds how long the chain of credentials may search: on
// a machine without any it asks a metadata service that may not answer.
const credentialsTimeout = 15 * time.Second

// CheckCredentials fails with source_denied where there are none.
func (b *Bucket) CheckCredentials(ctx context.Context) error {
	if b.creds == nil {
		return b.noCredentials("the configuration names none")
	}
	bounded, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if _, err := b.creds.Retrieve(bounded); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return b.noCredentials(strings.TrimPrefix(err.Error(), "failed to refresh cached credentials, "))
	}
	return nil
}

func (b *Bucket) noCredentials(why string) error {
	return outcome.Fail(outcome.SourceDenied, "no credentials for %s: %s", b.URI(b.Path), why).
		WithHint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with %s.profile or AWS_PROFILE", b.section)
}

// List returns the objects whose keys begin with prefix, sorted by key.
func (b *Bucket) List(ctx context.Context, prefix string) ([]locate.Object, error) {
	pages := s3.NewListObjectsV2Paginator(b.client, b.listInput(prefix))
	var objects []locate.Object
	token := ""
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		page, err := b.objectsOf(ctx, out, err)
		if err != nil {
			return nil, err
		}
		objects = append(objects, page...)
		if !aws.ToBool(out.IsTruncated) {
			break
		}
		// A listing without its end would hide the newest backup.
		switch next := aws.ToString(out.NextContinuationToken); next {
		case "":
			return nil, b.notS3("the listing is incomplete and names no next page")
		case token:
			return nil, b.notS3("the listing returns the same page again and again")
		default:
			token = next
		}
	}
	return objects, nil
}

// First returns the first object whose key begins with prefix; false if there
// is none.
func (b *Bucket) First(ctx context.Context, prefix string) (locate.Object, bool, error) {
	in := b.listInput(prefix)
	in.MaxKeys = aws.Int32(1)
	out, err := b.client.ListObjectsV2(ctx, in)
	page, err := b.objectsOf(ctx, out, err)
	if err != nil || len(page) == 0 {
		return locate.Object{}, false, err
	}
	return page[0], true, nil
}

// listInput asks for encoded keys: a control character in one key would
// otherwise make the whole page unreadable as XML.
func (b *Bucket) listInput(prefix string) *s3.ListObjectsV2Input {
	return &s3.ListObjectsV2Input{
		Bucket:       aws.String(b.name),
		Prefix:       aws.String(prefix),
		EncodingType: types.EncodingTypeUrl,
	}
}

// objectsOf returns the objects of one page. It refuses an answer that names no
// bucket: a web page, read as XML, looks like a listing without objects, and no
// backup must be missing because of that.
func (b *Bucket) objectsOf(ctx context.Context, out *s3.ListObjectsV2Output, err error) ([]locate.Object, error) {
	if err != nil {
		return nil, b.failure(ctx, operation{verb: "list", object: b.URI(b.Path), permission: "s3:ListBucket"}, err)
	}
	if out.Name == nil && len(out.Contents) == 0 {
		return nil, b.notS3("the answer is not a listing")
	}
	objects := make([]locate.Object, len(out.Contents))
	for i, item := range out.Contents {
		if objects[i], err = describe(item, out.EncodingType); err != nil {
			return nil, b.notS3(err.Error())
		}
	}
	return objects, nil
}

func (b *Bucket) notS3(why string) error {
	return outcome.Fail(outcome.SourceUnreachable, "list %s: %s", b.URI(b.Path), why).
		WithHint("check that %s.endpoint is the address of an S3 service", b.section)
}

func describe(item types.Object, encoding types.EncodingType) (locate.Object, error) {
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
