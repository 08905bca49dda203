package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/drillgres/drillgres/drill/record"
)

// Note records what a receiver knows of a database.
func (s *Store) Note(ctx context.Context, n record.Notice) error {
	db, err := s.open(ctx)
	if err != nil {
		return err
	}
	document, err := json.Marshal(n)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `
insert into restore_drill_notice (database, receiver, kind, notice) values (?, ?, ?, ?)
on conflict (database, receiver, kind) do update set notice = excluded.notice`,
		n.Database, n.Receiver, string(n.Kind), string(document))
	return explained(err)
}

// Notices returns the notices of a database.
func (s *Store) Notices(ctx context.Context, database string) ([]record.Notice, error) {
	db, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `select notice from restore_drill_notice where database = ?`, database)
	if err != nil {
		return nil, explained(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err reports what matters
	var list []record.Notice
	for rows.Next() {
		var document string
		if err := rows.Scan(&document); err != nil {
			return nil, explained(err)
		}
		var n record.Notice
		if err := json.Unmarshal([]byte(document), &n); err != nil {
			return nil, fmt.Errorf("a notice of %s is damaged: %w", database, err)
		}
		list = append(list, n)
	}
	return list, explained(rows.Err())
}
