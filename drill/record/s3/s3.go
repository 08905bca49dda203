// Package s3 keeps the history of drills in a bucket, below a prefix:
//
//	drills/<database>/<run>.json                one drill, its whole JSON result, never changed
//	accepted/<database>/<run>/<when>-<hash>.json  one acceptance
//	index/<database>.json                       what is known of the drills at a glance
//	check.json                                  what doctor writes to see that it may
//
// The listing of drills/ is the truth. The index only saves reading each of
// them: it is held against the listing, object by object, and what it lacks is
// read. So two runners that end at the same moment may leave an index without
// one of them, and nothing is missing for that. Objects of other names are left
// alone.
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
	parallel = 16       // requests at once
	largest  = 64 << 20 // bytes of one object
)

// Options say in which bucket, and how to reach it.
type Options = bucket.Options

// Kind is that of s3:// URLs.
var Kind = record.Kind{
	Kind: bucket.Kind,
	Open: func(ctx context.Context, r config.Record) (record.Store, error) {
		return New(ctx, bucket.At(r.History.Reveal(), r.S3))
	},
}

// Store is a folder of a bucket.
type Store struct {
	bucket *bucket.Bucket
	folder string // "" or with a slash at its end
}

var (
	_ record.Store     = (*Store)(nil)
	_ record.Rebuilder = (*Store)(nil)
)

// New reads the AWS configuration but asks nothing of the network.
func New(ctx context.Context, o Options) (*Store, error) {
	o.URLKey, o.Section = "record.history", "record.s3"
	b, err := bucket.Open(ctx, o)
	if err != nil {
		return nil, named(err)
	}
	s := &Store{bucket: b}
	if b.Path != "" {
		s.folder = b.Path + "/"
	}
	return s, nil
}

// Close ends the connections that are kept for further requests.
func (s *Store) Close() error { return s.bucket.Close() }

// named gives a bucket's failures the code of a history's: source_… is of
// backups.
func named(err error) error {
	f := outcome.AsFailure(err)
	if f == nil || f.Code == outcome.Internal || f.Code == outcome.Interrupted || f.Code == outcome.ConfigInvalid {
		return err
	}
	hint := f.Hint
	if hint == "" {
		hint = "see that the object store of record.history can be reached from here, and correct record.s3"
	}
	return outcome.Fail(outcome.HistoryUnavailable, "%w", err).WithHint("%s", hint)
}

// Add records a drill, and brings the index up to date. That the latter does
// not work is no failure: the drill is on record, and the listing has it.
func (s *Store) Add(ctx context.Context, e record.Entry, result []byte) (bool, error) {
	if err := s.bucket.CheckCredentials(ctx); err != nil {
		return false, named(err)
	}
	key := s.drillKey(e.ID)
	// Looked for first, so that also a store that ignores the condition of
	// PutNew overwrites nothing.
	if _, found, err := s.bucket.Get(ctx, locate.Object{Key: key}, largest); err != nil || found {
		return false, named(err)
	}
	written, err := s.bucket.PutNew(ctx, key, result)
	if err != nil || !written {
		return false, named(err)
	}
	_ = s.reindex(ctx, e.Database)
	return true, nil
}

// Results are the documents of these drills.
func (s *Store) Results(ctx context.Context, drills []record.ID) ([][]byte, error) {
	objects := make([]locate.Object, len(drills))
	for i, id := range drills {
		objects[i].Key = s.drillKey(id)
	}
	return s.getAll(ctx, objects)
}

// getAll reads objects, which were listed, several at once.
func (s *Store) getAll(ctx context.Context, objects []locate.Object) ([][]byte, error) {
	contents := make([][]byte, len(objects))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, o := range objects {
		g.Go(func() error {
			content, found, err := s.bucket.Get(ctx, o, largest)
			if err == nil && !found {
				err = outcome.Fail(outcome.HistoryUnavailable, "%s was removed while it was read", s.bucket.URI(o.Key))
			}
			contents[i] = content
			return err
		})
	}
	return contents, named(g.Wait())
}

// Accept records an acceptance beside those of the same drill.
func (s *Store) Accept(ctx context.Context, a record.Acceptance) error {
	content, err := json.Marshal(a)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(content)
	key := s.acceptedFolder(a.Database) + escape(a.RunID) + "/" + a.At.UTC().Format("20060102T150405.000000Z") + "-" + hex.EncodeToString(sum[:4]) + ".json"
	_, err = s.bucket.PutNew(ctx, key, content) // where it is there, it is this one
	return named(err)
}

// Acceptances are those of a database, or all.
func (s *Store) Acceptances(ctx context.Context, database string) ([]record.Acceptance, error) {
	folder := s.folder + "accepted/"
	if database != "" {
		folder = s.acceptedFolder(database)
	}
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
	list := make([]record.Acceptance, len(contents))
	for i, content := range contents {
		if err := json.Unmarshal(content, &list[i]); err != nil {
			return nil, s.damaged(objects[i], err)
		}
		if a := list[i]; !strings.HasPrefix(objects[i].Key, s.acceptedFolder(a.Database)+escape(a.RunID)+"/") {
			return nil, s.damaged(objects[i], fmt.Errorf("it is about run %s of %s", a.RunID, a.Database))
		}
	}
	return list, nil
}

func (s *Store) list(ctx context.Context, prefix string) ([]locate.Object, error) {
	if err := s.bucket.CheckCredentials(ctx); err != nil {
		return nil, named(err)
	}
	objects, err := s.bucket.List(ctx, prefix)
	return objects, named(err)
}

func (s *Store) damaged(o locate.Object, err error) error {
	return outcome.Fail(outcome.HistoryUnavailable, "%s is not as drillgres wrote it: %w", s.bucket.URI(o.Key), err).
		WithHint("find out who wrote to the history, then move that object away or restore it")
}

// Check writes an object that is no drill, and sees that the store does not
// write it again where it is asked to write only what is not there.
func (s *Store) Check(ctx context.Context) error {
	if _, err := s.list(ctx, s.folder+"drills/"); err != nil {
		return err
	}
	key, content := s.folder+"check.json", []byte(`{"about": "drillgres doctor writes this to see that it may"}`)
	if err := s.bucket.Put(ctx, key, content); err != nil {
		return named(err)
	}
	written, err := s.bucket.PutNew(ctx, key, content)
	if err == nil && written {
		return outcome.Fail(outcome.HistoryUnavailable, "the store ignores If-None-Match: it would write over what is on record").
			WithHint("use an S3 service that supports conditional writes, or versions and locks of the bucket")
	}
	return named(err)
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

// escape makes one part of a key of any text: of other characters than these,
// and of a dot at the beginning, the bytes are percent-encoded.
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
