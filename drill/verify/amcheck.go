package verify

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/words"
)

// amcheck holds which functions of amcheck the server has.
type amcheck struct {
	btree, heap, gin bool
	missing          string // why no function can be used; empty: amcheck works
	state            string // SQLSTATE of missing
}

// The functions of amcheck's library, as functions of the session. They
// disappear with the session, so neither the application nor a comparison of the
// content sees them. Creating the extension would change the restored database,
// and an extension from the dump can be in any schema or be someone else's code.
// The signatures are those of amcheck 1.2, 1.3 and 1.5. A newer library still
// supports the older ones, for pg_upgrade.
const (
	btreeFunction = `create function pg_temp.bt_index_check(index regclass, heapallindexed boolean)
returns void language c strict as '$libdir/amcheck', 'bt_index_check'`
	heapFunction = `create function pg_temp.verify_heapam(relation regclass, on_error_stop boolean, check_toast boolean, skip text,
  startblock bigint, endblock bigint, blkno out bigint, offnum out integer, attnum out integer, msg out text)
returns setof record language c as '$libdir/amcheck', 'verify_heapam'`
	ginFunction = `create function pg_temp.gin_index_check(index regclass)
returns void language c strict as '$libdir/amcheck', 'gin_index_check'`
)

// defineSQL creates a function in a session that is otherwise read-only, and
// without running the restored database's event triggers: before 17,
// session_replication_role is the only way to disable them.
const defineSQL = `begin read write; set local session_replication_role = replica; %s; commit`

// The first major whose amcheck has the function.
const (
	heapSince = 14
	ginSince  = 18
)

// loadAmcheck creates amcheck's functions in a session, as far as the major has
// them.
func loadAmcheck(ctx context.Context, conn *pgx.Conn, major int) (a amcheck, err error) {
	for _, f := range []struct {
		sql   string
		since int
		has   *bool
	}{{btreeFunction, 0, &a.btree}, {heapFunction, heapSince, &a.heap}, {ginFunction, ginSince, &a.gin}} {
		if major < f.since || a.missing != "" {
			continue
		}
		err := defineFunction(ctx, conn, f.sql)
		if err != nil && (pgerr.State(err) == "" || endsStage(ctx, conn, err)) {
			return a, err
		}
		*f.has = err == nil
		if err != nil {
			a.missing, a.state = pgerr.Describe(err), pgerr.State(err)
		}
	}
	return a, nil
}

func defineFunction(ctx context.Context, conn *pgx.Conn, function string) error {
	_, err := conn.Exec(ctx, fmt.Sprintf(defineSQL, function), pgx.QueryExecModeSimpleProtocol)
	if _, refused := pgerr.From(err); refused && !conn.IsClosed() {
		if _, undo := conn.Exec(ctx, "rollback", pgx.QueryExecModeSimpleProtocol); undo != nil {
			return undo
		}
	}
	return err
}

// finding returns the finding about a missing amcheck, or nil.
func (a amcheck) finding() *outcome.Finding {
	if a.missing == "" {
		return nil
	}
	f := outcome.Finding{
		Code:    "amcheck_missing",
		Message: "table pages and index structure were not checked: " + a.missing,
		Hint:    "set postgres.image to an image with Postgres' contrib modules",
	}
	if a.state != pgerrcode.UndefinedFile {
		f.Hint = "check the event triggers in the dump: something in the database prevents amcheck from being used"
	}
	return &f
}

// planAmcheck adds the tasks that check the pages of tables and the structure of
// indexes, for the access methods that amcheck supports.
func (r *integrityRun) planAmcheck() {
	if r.methods.amcheck.missing != "" {
		r.pages.unavailable, r.indexes.unavailable = "no amcheck: "+r.methods.amcheck.missing, "no amcheck: "+r.methods.amcheck.missing
		return
	}
	if !r.methods.amcheck.heap {
		r.pages.unavailable = fmt.Sprintf("Postgres %d has no verify_heapam", r.server.Major)
	}
	for _, t := range r.stored.tables {
		if one := r.methods.verifyHeap(t); one != nil {
			r.pages.tasks = append(r.pages.tasks, one)
		}
	}
	for _, i := range r.stored.indexes {
		if one := r.methods.checkIndex(i); one != nil {
			r.indexes.tasks = append(r.indexes.tasks, one)
		}
	}
}

// verifyHeap returns the task that checks the pages of a table and of its TOAST
// values, or nil if amcheck cannot. Its messages contain numbers and no values of rows.
func (m methods) verifyHeap(t storedRelation) *task {
	if !m.amcheck.heap || t.Method != "heap" {
		return nil
	}
	pages := &task{name: t.Quoted, method: "verify_heapam", bytes: t.Bytes}
	ranges := blockRanges(t.Blocks, m.major >= tidRangeSince)
	for _, r := range ranges {
		sql, where := r.verifyHeapSQL(), ""
		if len(ranges) > 1 {
			where = " of a part of it"
		}
		pages.addPart(t, sql, func(ctx context.Context, conn *pgx.Conn) (string, error) {
			var places int64
			var first string
			err := conn.QueryRow(ctx, sql, pgx.QueryExecModeExec, t.OID).Scan(&places, &first)
			if errors.Is(err, pgx.ErrNoRows) {
				return "", nil
			}
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("%s is damaged in %s%s, the first: %s", t.Quoted, words.Count(places, "place"), where, first), nil
		})
	}
	return pages
}

// verifyHeapSQL returns the query for the damage in a part of the table $1.
func (r blockRange) verifyHeapSQL() string {
	first, last := "null", "null"
	if r.start > 0 {
		first = strconv.FormatInt(r.start, 10)
	}
	if r.end > 0 {
		last = strconv.FormatInt(r.end-1, 10)
	}
	return fmt.Sprintf(`select count(*) over (), format('block %%s', blkno) || coalesce(format(', item %%s', offnum), '') || coalesce(format(', column %%s', attnum), '') || ': ' || msg
from pg_temp.verify_heapam($1::oid::regclass, false, true, 'none', %s, %s) limit 1`, first, last)
}

// checkIndex returns the task that checks the structure of an index, or nil if amcheck cannot.
func (m methods) checkIndex(i storedRelation) *task {
	one := &task{name: i.Quoted, bytes: i.Bytes}
	var sql string
	switch {
	case i.Method == "btree" && m.amcheck.btree && m.deep:
		one.method, sql = "bt_index_check with heapallindexed", "pg_temp.bt_index_check($1::oid::regclass, true)"
	case i.Method == "btree" && m.amcheck.btree:
		one.method, sql = "bt_index_check", "pg_temp.bt_index_check($1::oid::regclass, false)"
	case i.Method == "gin" && m.amcheck.gin:
		one.method, sql = "gin_index_check", "pg_temp.gin_index_check($1::oid::regclass)"
	default:
		return nil
	}
	one.addPart(i, "", func(ctx context.Context, conn *pgx.Conn) (string, error) {
		_, err := conn.Exec(ctx, "select "+sql, pgx.QueryExecModeExec, i.OID)
		return "", err
	})
	return one
}
