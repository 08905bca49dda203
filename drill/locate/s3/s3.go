// Package s3 reads backups from an object store that speaks S3: AWS, R2, MinIO,
// Ceph and others.
package s3

import (
	"context"
	"sync/atomic"

	"github.com/drillgres/drillgres/drill/bucket"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
)

// Options say which folder of which bucket to read, and how to reach it. The
// URL is s3://bucket, s3://bucket/folder or s3://bucket/object.
type Options = bucket.Options

// Kind is that of s3:// URLs.
var Kind = locate.Kind{
	Kind: bucket.Kind,
	Open: func(ctx context.Context, b config.Backup) (locate.Source, error) {
		return New(ctx, bucket.At(string(b.From), b.S3))
	},
}

// Source is a folder of a bucket, or a single object.
type Source struct {
	bucket *bucket.Bucket

	// single is set by List when the URL names an object instead of a folder.
	single atomic.Bool
	// unversioned is set when the credentials may not read by version.
	unversioned atomic.Bool
}

var (
	_ locate.Source   = (*Source)(nil)
	_ locate.Resolver = (*Source)(nil)
)

// New reads the AWS configuration but asks nothing of the network. It fails
// with config_invalid, or with source_denied when the profile does not exist.
func New(ctx context.Context, o Options) (*Source, error) {
	o.URLKey, o.Section = "backup.from", "backup.s3"
	b, err := bucket.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return &Source{bucket: b}, nil
}

// Close ends the connections that are kept for further requests.
func (s *Source) Close() error { return s.bucket.Close() }

// URI is s3://bucket/key, what cannot be printed percent-encoded.
func (s *Source) URI(o locate.Object) string {
	if o.Key == "" || o.Key == "." { // the folder itself
		return s.bucket.URI(s.bucket.Path)
	}
	return s.bucket.URI(s.fullKey(o))
}

// fullKey is the key within the bucket; an Object's is within the folder.
func (s *Source) fullKey(o locate.Object) string {
	if s.single.Load() {
		return s.bucket.Path
	}
	return s.folder() + o.Key
}

func (s *Source) folder() string {
	if s.bucket.Path == "" {
		return ""
	}
	return s.bucket.Path + "/"
}
