package verify

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/words"
)

// amcheck is what the server's amcheck can do.
type amcheck struct {
	btree, heap, gin bool
	missing          string // why there is none at all; empty: there is
	state            string // SQLSTATE of that
}

// The functions of amcheck's library, as functions of the session: they go
// with it, however it ends, so that neither the application nor a comparison of the
// content ever sees them. The extension itself would have to be made in the restored
// database, and one that the dump brings may be anywhere, or be another's work. Their
// signatures are those of amcheck 1.2, 1.3 and 1.5; a library goes on serving
// the older ones, for the sake of pg_upgrade.
const (
	btreeFunction = `create function pg_temp.bt_index_check(index regclass, heapallindexed boolean)
returns void language c strict as '$libdir/amcheck', 'bt_index_check'`
	heapFunction = `create function pg_temp.verify_heapam(relation regclass, on_error_stop boolean, check_toast boolean, skip text,
  startblock bigint, endblock bigint, blkno out bigint, offnum out integer, attnum out integer, msg out text)
returns setof record language c as '$libdir/amcheck', 'verify_heapam'`
	ginFunction = `create function pg_temp.gin_index_check(index regclass)
returns void language c strict as '$libdir/amcheck', 'gin_index_check'`
)

// definition makes a function although the session only reads, and keeps the
// restored database's event triggers from having a say in it: before 17 the replica's
// role is the only way.
const definition = `begin read write; set local session_replication_role = replica; %s; commit`

// The major from which on amcheck has the function.
const (
	heapSince = 14
	ginSince  = 18
)

// loadAmcheck makes amcheck's functions, those that there are, in a session.
func loadAmcheck(ctx context.Context, conn *pgx.Conn, major int) (a amcheck, err error) {
	for _, f := range []struct {
		sql   string
		since int
		has   *bool
	}{{btreeFunction, 0, &a.btree}, {heapFunction, heapSince, &a.heap}, {ginFunction, ginSince, &a.gin}} {
		if major < f.since || a.missing != "" {
			continue
		}
		err := define(ctx, conn, f.sql)
		if err != nil && (pgerr.State(err) == "" || ends(ctx, conn, err)) {
			return a, err
		}
		*f.has = err == nil
		if err != nil {
			a.missing, a.state = pgerr.Describe(err), pgerr.State(err)
		}
	}
	return a, nil
}

func define(ctx context.Context, conn *pgx.Conn, function string) error {
	_, err := conn.Exec(ctx, fmt.Sprintf(definition, function), pgx.QueryExecModeSimpleProtocol)
	if _, refused := pgerr.From(err); refused && !conn.IsClosed() {
		if _, undo := conn.Exec(ctx, "rollback", pgx.QueryExecModeSimpleProtocol); undo != nil {
			return undo
		}
	}
	return err
}

// finding tells of an amcheck that is not there; nil: it is.
func (a amcheck) finding() *outcome.Finding {
	if a.missing == "" {
		return nil
	}
	f := outcome.Finding{
		Code:    "amcheck_missing",
		Message: "neither the pages of tables nor indexes were checked: " + a.missing,
		Hint:    "set postgres.image to an image with Postgres' contrib modules",
	}
	if a.state != pgerrcode.UndefinedFile {
		f.Hint = "look at the event triggers that the dump brings: something in the database keeps amcheck from being used"
	}
	return &f
}

// planAmcheck checks the pages of tables and the structure of indexes, as far
// as amcheck knows them.
func (k *scrutiny) planAmcheck() {
	if k.amcheck.missing != "" {
		k.pages.off, k.indexes.off = "no amcheck: "+k.amcheck.missing, "no amcheck: "+k.amcheck.missing
		return
	}
	if !k.amcheck.heap {
		k.pages.off = fmt.Sprintf("Postgres %d has no verify_heapam", k.server.Major)
	}
	for _, t := range k.stored.tables {
		if k.amcheck.heap && t.Method == "heap" {
			k.pages.tasks = append(k.pages.tasks, verifyHeap(t))
		}
	}
	for _, i := range k.stored.indexes {
		switch {
		case i.Method == "btree":
			k.indexes.tasks = append(k.indexes.tasks, checkBtree(i, k.level == deep))
		case i.Method == "gin" && k.amcheck.gin:
			k.indexes.tasks = append(k.indexes.tasks, checkGin(i))
		}
	}
}

// verifyHeap reads the pages of a table and those of its TOAST values. What it
// says of them holds numbers, no values of rows.
func verifyHeap(t storedRelation) *task {
	const sql = `select count(*) over (), format('block %s', blkno) || coalesce(format(', item %s', offnum), '') || coalesce(format(', column %s', attnum), '') || ': ' || msg
from pg_temp.verify_heapam($1::oid::regclass, false, true, 'none', null, null) limit 1`
	return &task{name: t.Quoted, by: "verify_heapam", bytes: t.Bytes, carryOut: func(ctx context.Context, conn *pgx.Conn) (string, error) {
		var places int64
		var first string
		err := conn.QueryRow(ctx, sql, pgx.QueryExecModeExec, t.OID).Scan(&places, &first)
		if errors.Is(err, pgx.ErrNoRows) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s is damaged in %s, the first: %s", t.Quoted, words.Count(places, "place"), first), nil
	}}
}

func checkBtree(i storedRelation, againstRows bool) *task {
	by := "bt_index_check"
	if againstRows {
		by += " with heapallindexed"
	}
	return &task{name: i.Quoted, by: by, bytes: i.Bytes, carryOut: func(ctx context.Context, conn *pgx.Conn) (string, error) {
		_, err := conn.Exec(ctx, "select pg_temp.bt_index_check($1::oid::regclass, $2)", pgx.QueryExecModeExec, i.OID, againstRows)
		return "", err
	}}
}

func checkGin(i storedRelation) *task {
	return &task{name: i.Quoted, by: "gin_index_check", bytes: i.Bytes, carryOut: func(ctx context.Context, conn *pgx.Conn) (string, error) {
		_, err := conn.Exec(ctx, "select pg_temp.gin_index_check($1::oid::regclass)", pgx.QueryExecModeExec, i.OID)
		return "", err
	}}
}
