package verify

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// methods say how the tables and the indexes of one database are read.
type methods struct {
	major    int
	encoding string // of the database
	deep     bool   // indexes are compared with rows
	amcheck  amcheck
}

// methodsIn returns the methods for a database, and loads amcheck in the session.
func methodsIn(ctx context.Context, conn *pgx.Conn, major int, level string) (methods, error) {
	m := methods{major: major, deep: level == deep}
	const encoding = "select pg_encoding_to_char(encoding) from pg_database where datname = current_database()"
	if err := conn.QueryRow(ctx, encoding).Scan(&m.encoding); err != nil {
		return m, fmt.Errorf("read the encoding of the database: %w", err)
	}
	var err error
	if m.amcheck, err = loadAmcheck(ctx, conn, major); err != nil {
		return m, fmt.Errorf("load amcheck: %w", err)
	}
	return m, nil
}
