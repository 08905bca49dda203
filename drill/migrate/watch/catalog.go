package watch

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/fingerprint"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// catalog is a database at one moment.
type catalog struct {
	relations   map[uint32]*relation // tables, materialized views and indexes
	toast       map[uint32]*relation // the table, by its TOAST table
	constraints map[uint32]*constraint
	enums       map[uint32]string
	definitions map[definition][32]byte
}

// relation is a table, a materialized view or an index.
type relation struct {
	oid          uint32
	schema, name string
	ident        string    // schema.name, quoted as SQL needs it
	kind         byte      // r, p, m, i, I as pg_class has it
	file         uint32    // 0: none of its own
	of           *relation // an index's table
	root         *relation // that it is a partition of; itself, if none
	rows         int64     // about; of a partitioned table those of its partitions
	bytes        int64
	columns      map[int16]*column

	// Of an index.
	valid, whole bool // whole: of all rows
	keys         []int16

	ofOID, rootOID, toastOID uint32
}

// column is one of a table.
type column struct {
	name, typ  string
	ident      string // its name, quoted as SQL needs it
	notNull    bool
	stored     bool // computed and stored
	serial     bool // takes its values from a sequence
	holds      bool // a value other than null
	holdsKnown bool
}

type constraint struct {
	oid       uint32
	name      string
	ident     string // its name, quoted as SQL needs it
	table     *relation
	kind      byte // c, f, n, p, u, x as pg_constraint has it
	validated bool
	refers    *relation // a foreign key's target
	keys      []int16
	notNulls  []string // columns that it proves not to be null
}

// definition names a part of the schema.
type definition struct{ relation, part, name string }

// table is what a lock on the relation counts for: an index's table, and a
// partition's root.
func (r *relation) table() *relation {
	if r.of != nil {
		return r.of.table()
	}
	return r.root
}

func (r *relation) isTable() bool { return r.kind == 'r' || r.kind == 'p' || r.kind == 'm' }

// readCatalog reads what the log and the locks are understood by.
func readCatalog(ctx context.Context, conn *pgx.Conn) (*catalog, error) {
	c := &catalog{
		relations: map[uint32]*relation{}, toast: map[uint32]*relation{}, constraints: map[uint32]*constraint{},
		enums: map[uint32]string{}, definitions: map[definition][32]byte{},
	}
	for what, read := range map[string]func(context.Context, *pgx.Conn) error{"tables": c.readTables, "enums": c.readEnums} {
		if err := read(ctx, conn); err != nil {
			return nil, fmt.Errorf("read the catalog: %s: %w", what, err)
		}
	}
	definitions, err := fingerprint.Definitions(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, d := range definitions {
		c.definitions[definition{d.Relation, d.Part, d.Name}] = d.Digest
	}
	return c, nil
}

// readTables reads in one order, because each part refers to the one before.
func (c *catalog) readTables(ctx context.Context, conn *pgx.Conn) error {
	for _, read := range []func(context.Context, *pgx.Conn) error{c.readRelations, c.readColumns, c.readConstraints, c.readIndexes} {
		if err := read(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}

func (c *catalog) readRelations(ctx context.Context, conn *pgx.Conn) error {
	var r relation
	var kind string
	var rows float64
	err := each(ctx, conn, relationsSQL, []any{
		&r.oid, &r.schema, &r.name, &r.ident, &kind, &r.file, &r.ofOID, &r.rootOID, &r.toastOID, &rows,
	}, func() error {
		one := r
		one.kind, one.rows, one.columns = kind[0], int64(rows), map[int16]*column{}
		c.relations[one.oid] = &one
		return nil
	})
	if err != nil {
		return err
	}
	for _, r := range c.relations {
		r.of, r.root = c.relations[r.ofOID], c.relations[r.rootOID]
		if r.root == nil {
			r.root = r
		}
		if r.toastOID != 0 {
			c.toast[r.toastOID] = r
		}
	}
	return nil
}

func (c *catalog) readColumns(ctx context.Context, conn *pgx.Conn) error {
	var table uint32
	var number int16
	var col column
	var generated string
	return each(ctx, conn, columnsSQL, []any{
		&table, &number, &col.name, &col.ident, &col.typ, &col.notNull, &generated, &col.serial, &col.holds,
	}, func() error {
		one := col
		one.stored, one.holdsKnown = generated == "s", one.holds || generated == "v" // a virtual one stores nothing
		if r := c.relations[table]; r != nil {
			r.columns[number] = &one
		}
		return nil
	})
}

func (c *catalog) readConstraints(ctx context.Context, conn *pgx.Conn) error {
	var k constraint
	var table, refers uint32
	var kind, def string
	return each(ctx, conn, constraintsSQL, []any{
		&k.oid, &k.name, &k.ident, &table, &kind, &k.validated, &refers, &k.keys, &def,
	}, func() error {
		one := k
		one.kind, one.table, one.refers = kind[0], c.relations[table], c.relations[refers]
		one.keys = append([]int16(nil), k.keys...)
		one.notNulls = notNulls(def)
		if one.table != nil {
			c.constraints[one.oid] = &one
		}
		return nil
	})
}

func (c *catalog) readIndexes(ctx context.Context, conn *pgx.Conn) error {
	var index, table uint32
	var valid, whole bool
	var keys []int16
	return each(ctx, conn, indexesSQL, []any{&index, &table, &valid, &whole, &keys}, func() error {
		if r := c.relations[index]; r != nil {
			r.valid, r.whole, r.keys = valid, whole, append([]int16(nil), keys...)
		}
		return nil
	})
}

func (c *catalog) readEnums(ctx context.Context, conn *pgx.Conn) error {
	var oid uint32
	var ident string
	return each(ctx, conn, enumsSQL, []any{&oid, &ident}, func() error {
		c.enums[oid] = ident
		return nil
	})
}

func each(ctx context.Context, conn *pgx.Conn, sql string, into []any, do func() error) error {
	rows, err := conn.Query(ctx, sql, pgx.QueryExecModeExec)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, do)
	return err
}

// notNullCheck is how the server writes what proves a column to hold no null:
// CHECK ((a IS NOT NULL)) and, from 18 on, NOT NULL a.
var notNullCheck = regexp.MustCompile(`("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*) IS NOT NULL|^NOT NULL ("(?:[^"]|"")+"|[^ ]+)`)

// notNulls are the columns that a check proves not to be null. A check with OR
// proves nothing.
func notNulls(def string) (columns []string) {
	if strings.Contains(strings.ToUpper(def), " OR ") {
		return nil
	}
	for _, m := range notNullCheck.FindAllStringSubmatch(def, -1) {
		columns = append(columns, sqltext.Unquote(m[1]+m[2]))
	}
	return columns
}
