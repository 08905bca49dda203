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

// index is an index as it lies in the bucket. One of another version, or one
// that does not read, counts as none.
type index struct {
	Version int       `json:"version"`
	Drills  []indexed `json:"drills"`
}

// indexVersion 2: entries have a kind, and say how the backup was chosen.
const indexVersion = 2

// indexed is an entry, and the ETag of the object that it was made from.
type indexed struct {
	ETag  string       `json:"etag"`
	Entry record.Entry `json:"entry"`
}

// Entries are the drills of a database, or all. Nothing is written: who may
// only read can ask, too.
func (s *Store) Entries(ctx context.Context, database string) ([]record.Entry, error) {
	byDatabase, err := s.drills(ctx, database)
	if err != nil {
		return nil, err
	}
	var entries []record.Entry
	for name, objects := range byDatabase {
		is, _, err := s.upToDate(ctx, name, objects)
		if err != nil {
			return nil, err
		}
		for _, d := range is.Drills {
			entries = append(entries, d.Entry)
		}
	}
	return entries, nil
}

// Rebuild reads every drill and makes all indexes anew.
func (s *Store) Rebuild(ctx context.Context) (drills int, err error) {
	byDatabase, err := s.drills(ctx, "")
	if err != nil {
		return 0, err
	}
	for name, objects := range byDatabase {
		is, _, err := s.completed(ctx, index{}, objects)
		if err != nil {
			return drills, err
		}
		if err := s.putIndex(ctx, name, is); err != nil {
			return drills, err
		}
		drills += len(is.Drills)
	}
	return drills, nil
}

// reindex writes the index of a database, unless it is up to date.
func (s *Store) reindex(ctx context.Context, database string) error {
	byDatabase, err := s.drills(ctx, database)
	if err != nil {
		return err
	}
	is, changed, err := s.upToDate(ctx, database, byDatabase[database])
	if err != nil || !changed {
		return err
	}
	return s.putIndex(ctx, database, is)
}

func (s *Store) putIndex(ctx context.Context, database string, is index) error {
	content, err := json.Marshal(is)
	if err != nil {
		return err
	}
	return named(s.bucket.Put(ctx, s.indexKey(database), content))
}

// drills lists the objects of drills, by database. Objects with other names
// than a drill would have are not ours.
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
		if id, ok := s.drillOf(o.Key); ok {
			byDatabase[id.Database] = append(byDatabase[id.Database], o)
		}
	}
	return byDatabase, nil
}

// drillOf is the drill that a key names, if it names one.
func (s *Store) drillOf(key string) (id record.ID, ok bool) {
	database, run, found := strings.Cut(strings.TrimPrefix(key, s.folder+"drills/"), "/")
	run, isDocument := strings.CutSuffix(run, ".json")
	if !found || !isDocument || run == "" {
		return id, false
	}
	id.Database, _ = url.PathUnescape(database) // what does not come back the same is no key of ours
	id.RunID, _ = url.PathUnescape(run)
	return id, s.drillKey(id) == key
}

// upToDate is the index of a database, brought up to date with what is listed.
// changed tells whether it was not.
func (s *Store) upToDate(ctx context.Context, database string, listed []locate.Object) (is index, changed bool, err error) {
	content, found, err := s.bucket.Get(ctx, locate.Object{Key: s.indexKey(database)}, largest)
	if err != nil {
		return index{}, false, named(err)
	}
	var was index
	if !found || json.Unmarshal(content, &was) != nil || was.Version != indexVersion {
		was = index{}
	}
	return s.completed(ctx, was, listed)
}

// completed is an index of exactly what is listed. What was not in it, or was
// made from another object, is read.
func (s *Store) completed(ctx context.Context, was index, listed []locate.Object) (is index, changed bool, err error) {
	known := map[string]indexed{}
	for _, d := range was.Drills {
		known[s.drillKey(d.Entry.ID)] = d
	}
	is = index{Version: indexVersion, Drills: []indexed{}}
	var unknown []locate.Object
	for _, o := range listed {
		if d, ok := known[o.Key]; ok && d.ETag == o.ETag && o.ETag != "" {
			is.Drills = append(is.Drills, d)
			continue
		}
		unknown = append(unknown, o)
	}
	contents, err := s.getAll(ctx, unknown)
	if err != nil {
		return is, false, err
	}
	for i, o := range unknown {
		id, _ := s.drillOf(o.Key) // as it was listed
		r, err := record.Decode(id, contents[i])
		if err == nil && (r.RunID != id.RunID || r.Database != id.Database) {
			err = fmt.Errorf("it holds run %s of %s", r.RunID, r.Database)
		}
		if err != nil {
			return is, false, s.damaged(o, err)
		}
		is.Drills = append(is.Drills, indexed{o.ETag, record.EntryOf(r)})
	}
	return is, len(unknown) > 0 || len(was.Drills) != len(is.Drills), nil
}
