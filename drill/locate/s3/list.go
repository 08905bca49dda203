package s3

import (
	"context"
	"net/url"
	"path"
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

// List gives the objects of the folder, or the one object that the URL names.
// s3://bucket/prod is the folder prod/, never production/ too: its backups
// would be those of another database.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	if err := s.checkCredentials(ctx); err != nil {
		return nil, err
	}
	objects, err := s.listFolder(ctx)
	if err != nil || len(objects) > 0 || s.path == "" {
		return objects, err
	}
	return s.listSingle(ctx)
}

func (s *Source) checkCredentials(ctx context.Context) error {
	if s.creds == nil {
		return s.noCredentials("the configuration names none")
	}
	bounded, cancel := context.WithTimeout(ctx, credentialsTimeout)
	defer cancel()
	if _, err := s.creds.Retrieve(bounded); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return s.noCredentials(strings.TrimPrefix(err.Error(), "failed to refresh cached credentials, "))
	}
	return nil
}

func (s *Source) noCredentials(why string) error {
	return outcome.Fail(outcome.SourceDenied, "no credentials for %s: %s", s.URI(locate.Object{}), why).
		WithHint("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile with backup.s3.profile or AWS_PROFILE")
}

func (s *Source) listFolder(ctx context.Context) ([]locate.Object, error) {
	in := s.listInput(s.folder())
	var objects []locate.Object
	for {
		out, err := s.listPage(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, item := range out.Contents {
			o, err := describe(item, out.EncodingType, s.folder())
			if err != nil {
				return nil, s.notS3(err.Error())
			}
			if o.Key != "" && !strings.HasSuffix(o.Key, "/") { // not a marker for a folder
				objects = append(objects, o)
			}
		}
		next := aws.ToString(out.NextContinuationToken)
		if !aws.ToBool(out.IsTruncated) || next == "" {
			return objects, nil
		}
		if next == aws.ToString(in.ContinuationToken) {
			return nil, s.notS3("the listing gives the same page again and again")
		}
		in.ContinuationToken = aws.String(next)
	}
}

// listSingle looks for an object of exactly the URL's name: of all keys that
// begin with it, it is the first. Credentials that may list the folder alone
// are no failure here, for that was listed.
func (s *Source) listSingle(ctx context.Context) ([]locate.Object, error) {
	in := s.listInput(s.path)
	in.MaxKeys = aws.Int32(1)
	out, err := s.listPage(ctx, in)
	if ctx.Err() == nil && err != nil && outcome.AsFailure(err).Code == outcome.SourceDenied {
		return nil, nil //nolint:nilerr // the folder was listed, and is empty
	}
	if err != nil {
		return nil, err
	}
	for _, item := range out.Contents {
		o, err := describe(item, out.EncodingType, "")
		if err != nil || o.Key != s.path {
			continue
		}
		o.Key = path.Base(s.path)
		s.single.Store(true)
		return []locate.Object{o}, nil
	}
	return nil, nil
}

// listInput asks for encoded keys: a control character in one key would
// otherwise make the whole page unreadable as XML.
func (s *Source) listInput(prefix string) *s3.ListObjectsV2Input {
	return &s3.ListObjectsV2Input{
		Bucket:       aws.String(s.bucket),
		Prefix:       aws.String(prefix),
		EncodingType: types.EncodingTypeUrl,
	}
}

// listPage refuses an answer that names no bucket: a web page, read as XML,
// looks like a listing without objects, and no backup is to be missing for that.
func (s *Source) listPage(ctx context.Context, in *s3.ListObjectsV2Input) (*s3.ListObjectsV2Output, error) {
	out, err := s.client.ListObjectsV2(ctx, in)
	if err != nil {
		return nil, s.failure(ctx, operation{verb: "list", object: s.URI(locate.Object{}), permission: "s3:ListBucket"}, err)
	}
	if out.Name == nil && len(out.Contents) == 0 {
		return nil, s.notS3("the answer is not a listing")
	}
	return out, nil
}

func (s *Source) notS3(why string) error {
	return outcome.Fail(outcome.SourceUnreachable, "list %s: %s", s.URI(locate.Object{}), why).
		WithHint("check that backup.s3.endpoint is the address of an S3 service")
}

func describe(item types.Object, encoding types.EncodingType, folder string) (locate.Object, error) {
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
		Key:          strings.TrimPrefix(key, folder),
		Size:         aws.ToInt64(item.Size),
		ModifiedAt:   aws.ToTime(item.LastModified),
		ETag:         strings.Trim(aws.ToString(item.ETag), `"`),
		StorageClass: class,
	}, nil
}
