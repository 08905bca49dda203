package s3

import (
	"context"
	"encoding/json"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/record"
)

// allDatabases is the folder of notices about all databases. The name of a database has
// no percent sign in a key unless it is escaped, so the two never collide.
const allDatabases = "%all"

func (s *Store) noticesFolder(database string) string {
	if database == "" {
		return s.folder + "notices/" + allDatabases + "/"
	}
	return s.folder + "notices/" + escape(database) + "/"
}

// Note records what a receiver knows of a database.
func (s *Store) Note(ctx context.Context, n record.Notice) error {
	content, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := s.bucket.CheckCredentials(ctx); err != nil {
		return asHistory(err)
	}
	return asHistory(s.bucket.Put(ctx, s.noticesFolder(n.Database)+escape(n.Receiver)+"."+escape(string(n.Kind))+".json", content))
}

// Notices returns the notices of a database.
func (s *Store) Notices(ctx context.Context, database string) ([]record.Notice, error) {
	return readFolder(ctx, s, s.noticesFolder(database), func(locate.Object, record.Notice) error { return nil })
}
