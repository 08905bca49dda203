package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/words"
)

// convertNames asks the server to convert the names of a promise that only a server
// can convert. It removes from the promise what has a name that the server cannot
// convert either, and returns the number of such names.
func convertNames(ctx context.Context, conn *pgx.Conn, p inspect.Promise) (_ inspect.Promise, unread int, err error) {
	if len(p.Unread.Bytes) == 0 {
		return p, 0, nil
	}
	converted := map[string]string{} // by the name in the promise
	for _, promised := range slices.Sorted(maps.Keys(p.Unread.Bytes)) {
		var text string
		err := conn.QueryRow(ctx, "select pg_catalog.convert_from($1::bytea, $2)", []byte(p.Unread.Bytes[promised]), p.Unread.Encoding).Scan(&text)
		switch {
		case err == nil:
			converted[promised] = text
		case endsStage(ctx, conn, err):
			return p, 0, fmt.Errorf("convert the names of the dump: %w", err)
		default:
			unread++
		}
	}
	r := renaming{bytes: p.Unread.Bytes, converted: converted}
	p.Objects = renamed(p.Objects, func(o *inspect.Object) bool {
		return r.apply(&o.Schema, &o.Name, &o.Table)
	})
	p.Tables = renamed(p.Tables, func(t *inspect.Table) bool {
		t.Columns = slices.Clone(t.Columns)
		t.Columns = slices.DeleteFunc(t.Columns, func(c string) bool { return !r.apply(&c) })
		for i := range t.Columns {
			r.apply(&t.Columns[i])
		}
		return r.apply(&t.Schema, &t.Name)
	})
	p.Sequences = renamed(p.Sequences, func(s *inspect.Sequence) bool { return r.apply(&s.Schema, &s.Name) })
	return p, unread, nil
}

// renaming replaces the names of a promise by those of the catalog.
type renaming struct{ bytes, converted map[string]string }

// apply replaces names. It returns false if one of them could not be converted.
func (r renaming) apply(names ...*string) bool {
	for _, n := range names {
		if _, unread := r.bytes[*n]; !unread {
			continue
		}
		name, ok := r.converted[*n]
		if !ok {
			return false
		}
		*n = name
	}
	return true
}

// renamed returns a copy of a list without the items that rename rejects.
func renamed[T any](list []T, rename func(*T) bool) []T {
	kept := make([]T, 0, len(list))
	for _, item := range list {
		if rename(&item) {
			kept = append(kept, item)
		}
	}
	return kept
}

// unreadNames explains why a check is unknown.
func unreadNames(n int, encoding string) string {
	return "the server cannot convert " + words.Count(n, "name") + " in the dump from " + encoding
}
