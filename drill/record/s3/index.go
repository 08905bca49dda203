package s3

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/record"
)

// index is an index in the form that is stored in the bucket. One that cannot be
// read or has another version is ignored.
type index struct {
	Version int       `json:"version"`
	Drills  []indexed `json:"drills"`
}

// indexVersion 2 added to entries the kind and how the backup was chosen.
const indexVersion = 2

// indexed is an entry and the ETag of the object that it was read from.
type indexed struct {
	ETag  string       `json:"etag"`
	Entry record.Entry `json:"entry"`
}

// Entries returns the drills of a database, or of all databases if it is empty. It
// needs no permission to write.
func (s *Store) Entries(ctx context.Context, database string) ([]record.Entry, error) {
	byDatabase, err := s.drills(ctx, database)
	if err != nil {
		return nil, err
	}
	var entries []record.Entry
	for name, objects := range byDatabase {
		current, _, err := s.currentIndex(ctx, name, objects)
		if err != nil {
			return nil, err
		}
		for _, d := range current.Drills {
			entries = append(entries, d.Entry)
		}
	}
	return entries, nil
}

// Rebuild reads every drill and builds all indexes again.
func (s *Store) Rebuild(ctx context.Context) (drills int, err error) {
	byDatabase, err := s.drills(ctx, "")
	if err != nil {
		return 0, err
	}
	for name, objects := range byDatabase {
		current, _, err := s.updateIndex(ctx, index{}, objects)
		if err != nil {
			return drills, err
		}
		if err := s.putIndex(ctx, name, current); err != nil {
			return drills, err
		}
		drills += len(current.Drills)
	}
	return drills, nil
}

// reindex writes the index of a database, unless it is up to date.
func (s *Store) reindex(ctx context.Context, database string) error {
	byDatabase, err := s.drills(ctx, database)
	if err != nil {
		return err
	}
	current, changed, err := s.currentIndex(ctx, database, byDatabase[database])
	if err != nil || !changed {
		return err
	}
	return s.putIndex(ctx, database, current)
}

func (s *Store) putIndex(ctx context.Context, database string, current index) error {
	content, err := json.Marshal(current)
	if err != nil {
		return err
	}
	return asHistory(s.bucket.Put(ctx, s.indexKey(database), content))
}

// drills lists the objects of drills, by database. It ignores objects whose name is
// not that of a drill.
func (s *Store) drills(ctx context.Context, database string) (map[string][]locate.Object, error) {
	folder := s.folder + "drills/"
	if database != "" {
		folder = s.drillsFolder(database)
	}
	objects, err := s.list(ctx, folder)
	if err != nil {
		return nil, err
	}
	byDatabase := map[string][]locate.Object{}
	for _, o := range objects {
		if id, ok := s.parseKey(o.Key); ok {
			byDatabase[id.Database] = append(byDatabase[id.Database], o)
		}
	}
	return byDatabase, nil
}

// parseKey returns the drill that a key names, or false if it names none.
func (s *Store) parseKey(key string) (id record.ID, ok bool) {
	database, run, found := strings.Cut(strings.TrimPrefix(key, s.folder+"drills/"), "/")
	run, isDocument := strings.CutSuffix(run, ".json")
	if !found || !isDocument || run == "" {
		return id, false
	}
	id.Database, _ = url.PathUnescape(database) // a key that is not restored by drillKey below is not ours
	id.RunID, _ = url.PathUnescape(run)
	return id, s.drillKey(id) == key
}

// currentIndex returns the index of a database, updated from the listing. changed
// reports whether the stored index differs from it.
func (s *Store) currentIndex(ctx context.Context, database string, listed []locate.Object) (current index, changed bool, err error) {
	content, found, err := s.bucket.Get(ctx, locate.Object{Key: s.indexKey(database)}, maxSize)
	if err != nil {
		return index{}, false, asHistory(err)
	}
	var stored index
	if !found || json.Unmarshal(content, &stored) != nil || stored.Version != indexVersion {
		stored = index{}
	}
	return s.updateIndex(ctx, stored, listed)
}

// updateIndex returns an index of exactly the listed objects. It reads those that
// the stored index lacks or has with another ETag.
func (s *Store) updateIndex(ctx context.Context, stored index, listed []locate.Object) (current index, changed bool, err error) {
	known := map[string]indexed{}
	for _, d := range stored.Drills {
		known[s.drillKey(d.Entry.ID)] = d
	}
	current = index{Version: indexVersion, Drills: []indexed{}}
	var unknown []locate.Object
	for _, o := range listed {
		if d, ok := known[o.Key]; ok && d.ETag == o.ETag && o.ETag != "" {
			current.Drills = append(current.Drills, d)
			continue
		}
		unknown = append(unknown, o)
	}
	contents, err := s.getAll(ctx, unknown)
	if err != nil {
		return current, false, err
	}
	for i, o := range unknown {
		id, _ := s.parseKey(o.Key) // drills returned only keys that can be parsed
		r, err := record.Decode(id, contents[i])
		if err == nil && (r.RunID != id.RunID || r.Database != id.Database) {
			err = fmt.Errorf("it contains run %s of %s", r.RunID, r.Database)
		}
		if err != nil {
			return current, false, s.damaged(o, err)
		}
		current.Drills = append(current.Drills, indexed{o.ETag, record.EntryOf(r)})
	}
	return current, len(unknown) > 0 || len(stored.Drills) != len(current.Drills), nil
}
