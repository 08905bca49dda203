package s3

import (
	"context"
	"path"
	"strings"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// List returns the objects of the folder, or the one object that the URL names.
// s3://bucket/prod is the folder prod/ and does not include production/, which may
// contain the backups of another database.
func (s *Source) List(ctx context.Context) ([]locate.Object, error) {
	if err := s.bucket.CheckCredentials(ctx); err != nil {
		return nil, err
	}
	objects, err := s.listFolder(ctx)
	if err != nil || len(objects) > 0 || s.bucket.Path == "" {
		return objects, err
	}
	return s.listSingle(ctx)
}

func (s *Source) listFolder(ctx context.Context) ([]locate.Object, error) {
	all, err := s.bucket.List(ctx, s.folder())
	if err != nil {
		return nil, err
	}
	var objects []locate.Object
	for _, o := range all {
		o.Key = strings.TrimPrefix(o.Key, s.folder())
		if o.Key != "" && !strings.HasSuffix(o.Key, "/") { // skip the marker object of a folder
			objects = append(objects, o)
		}
	}
	return objects, nil
}

// listSingle returns the object with exactly the URL's name, if it exists. That
// key sorts first among all keys that begin with it. A denied request is not a
// failure: credentials may allow listing only the folder, which has succeeded.
func (s *Source) listSingle(ctx context.Context) ([]locate.Object, error) {
	o, found, err := s.bucket.First(ctx, s.bucket.Path)
	if ctx.Err() == nil && isDenied(err) {
		return nil, nil
	}
	if err != nil || !found || o.Key != s.bucket.Path {
		return nil, err
	}
	o.Key = path.Base(s.bucket.Path)
	s.single.Store(true)
	return []locate.Object{o}, nil
}

func isDenied(err error) bool {
	return err != nil && outcome.AsFailure(err).Code == outcome.SourceDenied
}
