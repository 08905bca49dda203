// Package s3 stores evidence in a bucket, below a prefix, with object lock where the bucket
// has it.
package s3

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/bucket"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Kind is the kind of s3:// URLs.
var Kind = evidence.StoreKind{
	Kind: bucket.Kind,
	Open: func(ctx context.Context, e config.Evidence) (evidence.Store, error) {
		return New(ctx, bucket.At(string(e.To), e.S3), e.Lock)
	},
}

// Store is a folder of a bucket.
type Store struct {
	bucket *bucket.Bucket
	folder string // empty, or with a slash at its end
	mode   string // of object lock
}

var (
	_ evidence.Store  = (*Store)(nil)
	_ evidence.Locker = (*Store)(nil)
)

// New reads the AWS configuration. It does not connect. lock is governance or compliance.
func New(ctx context.Context, o bucket.Options, lock string) (*Store, error) {
	o.URLKey, o.Section = "evidence.to", "evidence.s3"
	b, err := bucket.Open(ctx, o)
	if err != nil {
		return nil, asEvidence(err)
	}
	s := &Store{bucket: b, mode: bucket.GovernanceLock}
	if lock == "compliance" {
		s.mode = bucket.ComplianceLock
	}
	if b.Path != "" {
		s.folder = b.Path + "/"
	}
	return s, nil
}

// asEvidence replaces the code of a bucket's failure, such as source_denied, by that of
// evidence.
func asEvidence(err error) error {
	f := outcome.AsFailure(err)
	if f == nil || f.Code == outcome.Internal || f.Code == outcome.Interrupted || f.Code == outcome.ConfigInvalid {
		return err
	}
	replaced := outcome.Fail(outcome.EvidenceUnavailable, "%w", err)
	if f.Hint != "" {
		replaced = replaced.WithHint("%s", f.Hint)
	}
	return replaced
}

// List returns the keys below a folder, without the prefix of the store.
func (s *Store) List(ctx context.Context, folder string) ([]string, error) {
	if err := s.bucket.CheckCredentials(ctx); err != nil {
		return nil, asEvidence(err)
	}
	prefix := s.folder
	if folder != "" {
		prefix += folder + "/"
	}
	objects, err := s.bucket.List(ctx, prefix)
	if err != nil {
		return nil, asEvidence(err)
	}
	paths := make([]string, 0, len(objects))
	for _, o := range objects {
		if !strings.HasSuffix(o.Key, "/") { // the marker of a folder
			paths = append(paths, strings.TrimPrefix(o.Key, s.folder))
		}
	}
	slices.Sort(paths)
	return paths, nil
}

// Read returns an object.
func (s *Store) Read(ctx context.Context, path string) ([]byte, error) {
	content, found, err := s.bucket.Get(ctx, locate.Object{Key: s.folder + path}, evidence.MaxFile)
	switch {
	case err == nil && !found:
		return nil, fmt.Errorf("%s: %w", s.bucket.URI(s.folder+path), fs.ErrNotExist)
	case errors.Is(err, bucket.ErrTooLarge):
		return nil, fmt.Errorf("%s: %w", s.bucket.URI(s.folder+path), evidence.ErrUnfit)
	}
	return content, asEvidence(err)
}

// Lock returns the mode in which the bucket keeps objects.
func (s *Store) Lock(ctx context.Context) (string, error) {
	can, err := s.bucket.CanLock(ctx)
	if err != nil || !can {
		return "", asEvidence(err)
	}
	return s.mode, nil
}

// Add writes a new object. An attempt whose answer was lost may have written it already.
func (s *Store) Add(ctx context.Context, path string, content []byte, keep evidence.Retention) error {
	key := s.folder + path
	var written bool
	var err error
	if keep.Until.IsZero() {
		written, err = s.bucket.PutNew(ctx, key, content)
	} else {
		written, err = s.bucket.PutNewLocked(ctx, key, content, keep.Mode, keep.Until)
	}
	if err != nil || written {
		return asEvidence(err)
	}
	stored, err := s.Read(ctx, path)
	if err == nil && !bytes.Equal(stored, content) {
		err = outcome.Fail(outcome.EvidenceUnavailable, "write %s: %w", s.bucket.URI(key), fs.ErrExist).
			WithHint("find out who wrote it: no two runs have the same id")
	}
	return err
}

// Close closes idle connections.
func (s *Store) Close() error { return s.bucket.Close() }
