package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// maxAhead holds, for each type, how far after the snapshot a value may be and still
// count as written before it. A later value is a plan and does not show when a
// row was written. A value without a time zone may be local time east of UTC.
var maxAhead = map[string]time.Duration{
	"timestamp with time zone":    5 * time.Minute,
	"timestamp without time zone": 14 * time.Hour,
	"date":                        24 * time.Hour,
}

// checkNewest measures how long before the backup the newest row was written.
func checkNewest(ctx context.Context, conn *pgx.Conn, db *database, configured string, n config.Newest, taken snapshot.Range) (verdict, error) {
	within := time.Duration(n.Within)
	v := verdict{check: outcome.Check{
		Name: configured + " newest " + n.Column, Kind: "table", Status: outcome.CheckPassed,
		Expect: fmt.Sprintf("at most %s before the backup", words.Span(within)), RestsOn: "the column's maximum, compared with the time of the backup",
		ConfigPath: config.Path("verify", "tables", configured, "newest"),
	}}
	r, err := db.lookUp(configured)
	if err != nil {
		return v.fail(outcome.TableMissing, "missing", err.Error()), nil
	}
	if !taken.Known() {
		v.check = unknown(v.check, "the time of the backup is not known")
		return v, nil
	}
	kind, err := columnType(ctx, conn, r, n.Column)
	if err != nil {
		return v, err
	}
	if kind == "" {
		saw := "no such column"
		return v.fail(outcome.QueryFailed, saw, fmt.Sprintf("%s has no column %s", configured, n.Column)), nil
	}
	if _, ok := maxAhead[kind]; !ok {
		return v.fail(outcome.QueryFailed, "its type is "+kind,
			fmt.Sprintf("%s.%s is of type %s: newest needs a date, timestamp or timestamptz", configured, n.Column, kind)), nil
	}
	newest, err := newestValue(ctx, conn, r, n.Column, taken.Latest.Add(maxAhead[kind]))
	if err != nil {
		if endsStage(ctx, conn, err) {
			return v, err
		}
		return v.fail(outcome.QueryFailed, "cannot be read", fmt.Sprintf("%s.%s cannot be read: %s", configured, n.Column, pgerr.Describe(err))), nil
	}
	return v.judgeAge(configured+"."+n.Column, kind, newest, taken, within), nil
}

// judgeAge compares the newest value with the time of the backup. A date counts
// as the end of its day, because its rows may have been written that late. If the
// time of the snapshot is a range, the value is stale if it is stale at every time
// in the range, and recent if it is recent at every time.
func (v verdict) judgeAge(column, kind string, newest *time.Time, taken snapshot.Range, within time.Duration) verdict {
	if newest == nil {
		return v.fail(outcome.DataStale, "no value before the backup", column+" has no value from before the backup")
	}
	written, layout := *newest, time.RFC3339
	if kind == "date" {
		written, layout = newest.AddDate(0, 0, 1), time.DateOnly
	}
	least, most := max(0, taken.Earliest.Sub(written)), max(0, taken.Latest.Sub(written))
	value, age := newest.UTC().Format(layout), words.Span(most)
	if words.Span(least) != age {
		age = words.Span(least) + " to " + age
	}
	v.check.Saw = fmt.Sprintf("newest %s, %s before the backup", value, age)
	switch {
	case least > within:
		return v.fail(outcome.DataStale, v.check.Saw,
			fmt.Sprintf("the newest %s is from %s, %s before the backup; at most %s is allowed", column, value, age, words.Span(within)))
	case most > within:
		v.check = unknown(v.check, v.check.Saw+": the backup does not say exactly when it was taken")
	}
	return v
}

// columnTypeSQL returns the type of a column, with domains resolved.
const columnTypeSQL = `
with recursive base (type) as (
  select atttypid from pg_attribute where attrelid = $1 and attname = $2 and attnum > 0 and not attisdropped
  union all
  select t.typbasetype from base b join pg_type t on t.oid = b.type where t.typbasetype <> 0
)
select format_type(b.type, null) from base b join pg_type t on t.oid = b.type where t.typbasetype = 0`

// columnType returns the type of a column, or "" if the column does not exist.
func columnType(ctx context.Context, conn *pgx.Conn, r *relation, column string) (kind string, err error) {
	err = conn.QueryRow(ctx, columnTypeSQL, r.OID, column).Scan(&kind)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look up column %s of %s: %w", column, r.Quoted, err)
	}
	return kind, nil
}

// newestValue returns the newest value that is not later than latest, or nil. The
// condition is written so that an index on the column can be used.
func newestValue(ctx context.Context, conn *pgx.Conn, r *relation, column string, latest time.Time) (*time.Time, error) {
	var newest *time.Time
	ident := sqltext.Identifier(column)
	sql := fmt.Sprintf("select max(%[1]s)::timestamptz from %[2]s where %[1]s <= $1::timestamptz and %[1]s > '-infinity'", ident, r.ident())
	err := conn.QueryRow(ctx, sql, latest).Scan(&newest)
	return newest, err
}
