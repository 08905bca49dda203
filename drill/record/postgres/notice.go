package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/drillgres/drillgres/drill/record"
)

// Note records what a receiver knows of a database.
func (s *Store) Note(ctx context.Context, n record.Notice) error {
	document, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return s.do(ctx, func(ctx context.Context) error {
		_, err := s.db.ExecContext(ctx, `
insert into restore_drill_notice (database, receiver, kind, notice) values ($1, $2, $3, $4)
on conflict (database, receiver, kind) do update set notice = excluded.notice, noted_at = now()`,
			n.Database, n.Receiver, string(n.Kind), string(document))
		return err
	})
}

// Notices returns the notices of a database.
func (s *Store) Notices(ctx context.Context, database string) (list []record.Notice, err error) {
	err = s.query(ctx, func(row *sql.Rows) error {
		var document []byte
		if err := row.Scan(&document); err != nil {
			return err
		}
		var n record.Notice
		if err := json.Unmarshal(document, &n); err != nil {
			return fmt.Errorf("a notice of %s is damaged: %w", database, err)
		}
		list = append(list, n)
		return nil
	}, `select notice::text from restore_drill_notice where database = $1`, database)
	return list, err
}
