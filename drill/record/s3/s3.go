// Package s3 stores the history of drills in a bucket, below a prefix:
//
//	drills/<database>/<run>.json                the JSON result of one drill, never changed
//	accepted/<database>/<run>/<when>-<hash>.json  one acceptance
//	index/<database>.json                       the entries of the drills
//	notices/<database>/<receiver>.<kind>.json   what a receiver was told, replaced by each notice
//	check.json                                  written by doctor to check its permission
//
// The listing of drills/ is authoritative. The index only saves reading each
// object: it is compared with the listing, and what it lacks is read. Two runners
// that end at the same moment may leave an index without one of their drills, which
// is then read from its object. Objects with other names are ignored.
package s3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/bucket"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

const (
	parallel = 16       // concurrent requests
	maxSize  = 64 << 20 // maximum size of one object in bytes
)

// Options names the bucket and how to reach it.
type Options = bucket.Options

// Kind is the kind of s3:// URLs.
var Kind = record.Kind{
	Kind: bucket.Kind,
	Open: func(ctx context.Context, r config.Record) (record.Store, error) {
		return New(ctx, bucket.At(r.History.Reveal(), r.S3))
	},
}

// Store is a history in a folder of a bucket.
type Store struct {
	bucket *bucket.Bucket
	folder string // empty, or with a slash at its end
}

var (
	_ record.Store     = (*Store)(nil)
	_ record.Rebuilder = (*Store)(nil)
)

// New reads the AWS configuration. It does not connect.
func New(ctx context.Context, o Options) (*Store, error) {
	o.URLKey, o.Section = "record.history", "record.s3"
	b, err := bucket.Open(ctx, o)
	if err != nil {
		return nil, asHistory(err)
	}
	s := &Store{bucket: b}
	if b.Path != "" {
		s.folder = b.Path + "/"
	}
	return s, nil
}

// Close closes idle connections.
func (s *Store) Close() error { return s.bucket.Close() }

// asHistory replaces the code of a bucket's failure, such as source_denied, by that
// of a history.
func asHistory(err error) error {
	f := outcome.AsFailure(err)
	if f == nil || f.Code == outcome.Internal || f.Code == outcome.Interrupted || f.Code == outcome.ConfigInvalid {
		return err
	}
	hint := f.Hint
	if hint == "" {
		hint = "check that the object store of record.history can be reached from this machine, and correct record.s3"
	}
	return outcome.Fail(outcome.HistoryUnavailable, "%w", err).WithHint("%s", hint)
}

// Add records a drill and updates the index. An error of the index is ignored,
// because the drill is recorded and the listing has it.
func (s *Store) Add(ctx context.Context, e record.Entry, result []byte) (bool, error) {
	if err := s.bucket.CheckCredentials(ctx); err != nil {
		return false, asHistory(err)
	}
	key := s.drillKey(e.ID)
	// Check first, so that a store that ignores the condition of PutNew overwrites
	// nothing either.
	if _, found, err := s.bucket.Get(ctx, locate.Object{Key: key}, maxSize); err != nil || found {
		return false, asHistory(err)
	}
	written, err := s.bucket.PutNew(ctx, key, result)
	if err != nil || !written {
		return false, asHistory(err)
	}
	_ = s.reindex(ctx, e.Database)
	return true, nil
}

// Results returns the documents of these drills.
func (s *Store) Results(ctx context.Context, drills []record.ID) ([][]byte, error) {
	objects := make([]locate.Object, len(drills))
	for i, id := range drills {
		objects[i].Key = s.drillKey(id)
	}
	return s.getAll(ctx, objects)
}

// getAll reads several objects at once. They must exist.
func (s *Store) getAll(ctx context.Context, objects []locate.Object) ([][]byte, error) {
	contents := make([][]byte, len(objects))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, o := range objects {
		g.Go(func() error {
			content, found, err := s.bucket.Get(ctx, o, maxSize)
			if err == nil && !found {
				err = outcome.Fail(outcome.HistoryUnavailable, "%s was removed while it was read", s.bucket.URI(o.Key))
			}
			contents[i] = content
			return err
		})
	}
	return contents, asHistory(g.Wait())
}

// Accept records an acceptance in addition to those of the same drill.
func (s *Store) Accept(ctx context.Context, a record.Acceptance) error {
	content, err := json.Marshal(a)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	key := s.acceptedFolder(a.Database) + escape(a.RunID) + "/" + a.At.UTC().Format("20060102T150405.000000Z") + "-" + hex.EncodeToString(sum[:4]) + ".json"
	_, err = s.bucket.PutNew(ctx, key, content) // an existing object with this key has the same content
	return asHistory(err)
}

// Acceptances returns the acceptances of a database, or of all databases if it is
// empty.
func (s *Store) Acceptances(ctx context.Context, database string) ([]record.Acceptance, error) {
	folder := s.folder + "accepted/"
	if database != "" {
		folder = s.acceptedFolder(database)
	}
	return readFolder(ctx, s, folder, func(o locate.Object, a record.Acceptance) error {
		if !strings.HasPrefix(o.Key, s.acceptedFolder(a.Database)+escape(a.RunID)+"/") {
			return fmt.Errorf("it is about run %s of %s", a.RunID, a.Database)
		}
		return nil
	})
}

// readFolder reads every JSON document below a folder. check returns what is wrong with one.
func readFolder[T any](ctx context.Context, s *Store, folder string, check func(locate.Object, T) error) ([]T, error) {
	listed, err := s.list(ctx, folder)
	if err != nil {
		return nil, err
	}
	var objects []locate.Object
	for _, o := range listed {
		if strings.HasSuffix(o.Key, ".json") {
			objects = append(objects, o)
		}
	}
	contents, err := s.getAll(ctx, objects)
	if err != nil {
		return nil, err
	}
	list := make([]T, len(contents))
	for i, content := range contents {
		err := json.Unmarshal(content, &list[i])
		if err == nil {
			err = check(objects[i], list[i])
		}
		if err != nil {
			return nil, s.damaged(objects[i], err)
		}
	}
	return list, nil
}

func (s *Store) list(ctx context.Context, prefix string) ([]locate.Object, error) {
	if err := s.bucket.CheckCredentials(ctx); err != nil {
		return nil, asHistory(err)
	}
	objects, err := s.bucket.List(ctx, prefix)
	return objects, asHistory(err)
}

func (s *Store) damaged(o locate.Object, err error) error {
	return outcome.Fail(outcome.HistoryUnavailable, "%s is not as drillgres wrote it: %w", s.bucket.URI(o.Key), err).
		WithHint("find out who wrote to the history, then move that object away or restore it")
}

// Check writes an object that is not a drill. It returns an error if the store
// overwrites the object in spite of If-None-Match.
func (s *Store) Check(ctx context.Context) error {
	if _, err := s.list(ctx, s.folder+"drills/"); err != nil {
		return err
	}
	key, content := s.folder+"check.json", []byte(`{"about": "drillgres doctor writes this to check its permission"}`)
	if err := s.bucket.Put(ctx, key, content); err != nil {
		return asHistory(err)
	}
	written, err := s.bucket.PutNew(ctx, key, content)
	if err == nil && written {
		return outcome.Fail(outcome.HistoryUnavailable, "the store ignores If-None-Match, so it would overwrite recorded drills").
			WithHint("use an S3 service that supports conditional writes, or versions and locks of the bucket")
	}
	return asHistory(err)
}

func (s *Store) drillKey(id record.ID) string {
	return s.drillsFolder(id.Database) + escape(id.RunID) + ".json"
}

func (s *Store) drillsFolder(database string) string {
	return s.folder + "drills/" + escape(database) + "/"
}

func (s *Store) acceptedFolder(database string) string {
	return s.folder + "accepted/" + escape(database) + "/"
}

func (s *Store) indexKey(database string) string {
	return s.folder + "index/" + escape(database) + ".json"
}

// escape returns any text as one part of a key. It percent-encodes the bytes of
// other characters than these, and a dot at the beginning.
func escape(text string) string {
	var b strings.Builder
	for i, c := range []byte(text) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
