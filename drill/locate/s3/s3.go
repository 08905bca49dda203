// Package s3 reads backups from an S3-compatible object store: AWS, R2, MinIO,
// Ceph and others.
package s3

import (
	"context"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/drillgres/drillgres/drill/bucket"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
)

// Options selects the folder of a bucket and how to reach it. The URL is
// s3://bucket, s3://bucket/folder or s3://bucket/object.
type Options = bucket.Options

// Kind is the kind of source with s3:// URLs.
var Kind = locate.Kind{
	Kind: bucket.Kind,
	Open: func(ctx context.Context, b config.Backup) (locate.Source, error) {
		return New(ctx, bucket.At(string(b.From), b.S3))
	},
}

// Source is a folder of a bucket, or a single object.
type Source struct {
	bucket *bucket.Bucket

	// single is set by List if the URL names an object instead of a folder.
	single atomic.Bool
	// unversioned is set if the credentials do not allow reading by version.
	unversioned atomic.Bool
}

var (
	_ locate.Source   = (*Source)(nil)
	_ locate.Resolver = (*Source)(nil)
	_ locate.Clocked  = (*Source)(nil)

	_ locate.Postured = (*Source)(nil)
	_ locate.Expiring = (*Source)(nil)
)

// New reads the AWS configuration. It does not use the network. It fails with
// config_invalid, or with source_denied if the profile does not exist.
func New(ctx context.Context, o Options) (*Source, error) {
	o.URLKey, o.Section = "backup.from", "backup.s3"
	b, err := bucket.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	return &Source{bucket: b}, nil
}

// ServerTime returns the time by the store's clock, as described by locate.Clocked.
func (s *Source) ServerTime() (time.Time, bool) { return s.bucket.ServerTime() }

// Posture asks the store how it protects the bucket, as described by locate.Postured.
func (s *Source) Posture(ctx context.Context, notAccount string) locate.Posture {
	p := s.bucket.Posture(ctx, notAccount)
	if p.Folder = s.folder(); s.single.Load() {
		p.Folder = strings.TrimSuffix(s.bucket.Path, path.Base(s.bucket.Path))
	}
	return p
}

// Credentials describes the credentials, as described by locate.Expiring.
func (s *Source) Credentials(ctx context.Context) locate.Credentials {
	return s.bucket.Credentials(ctx)
}

// Close closes idle connections.
func (s *Source) Close() error { return s.bucket.Close() }

// URI returns s3://bucket/key, with unprintable characters percent-encoded.
func (s *Source) URI(o locate.Object) string {
	if o.Key == "" || o.Key == "." { // the folder itself
		return s.bucket.URI(s.bucket.Path)
	}
	return s.bucket.URI(s.fullKey(o))
}

// fullKey returns the object's key in the bucket. An Object holds its key in the
// folder.
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
