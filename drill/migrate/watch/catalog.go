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

// catalog holds the catalog of a database at one moment.
type catalog struct {
	relations   map[uint32]*relation // tables, materialized views and indexes
	toast       map[uint32]*relation // the table of a TOAST table
	constraints map[uint32]*constraint
	enums       map[uint32]string
	definitions map[definition][32]byte
}

// relation is a table, a materialized view or an index.
type relation struct {
	oid          uint32
	schema, name string
	ident        string    // schema.name, quoted for SQL
	kind         byte      // pg_class.relkind: r, p, m, i, I
	file         uint32    // 0: no storage
	of           *relation // the table of an index
	root         *relation // the root of a partition; otherwise the relation itself
	rows         int64     // estimate; of a partitioned table the sum of its partitions
	bytes        int64
	columns      map[int16]*column

	// Only for indexes.
	valid, whole bool // whole: not a partial index
	keys         []int16

	ofOID, rootOID, toastOID uint32
}

// column is a column of a table.
type column struct {
	name, typ      string
	ident          string // its name, quoted for SQL
	notNull        bool
	stored         bool // GENERATED … STORED
	serial         bool // its default is a sequence
	hasValues      bool // a row has a value other than null
	hasValuesKnown bool
}

type constraint struct {
	oid       uint32
	name      string
	ident     string // its name, quoted for SQL
	table     *relation
	kind      byte // pg_constraint.contype: c, f, n, p, u, x
	validated bool
	refers    *relation // the target of a foreign key
	keys      []int16
	notNulls  []string // columns that cannot be null if it is valid
}

// definition identifies a part of the schema.
type definition struct{ relation, part, name string }

// table returns the table that locks on the relation are counted for: the table
// of an index, the root of a partition.
func (r *relation) table() *relation {
	if r.of != nil {
		return r.of.table()
	}
	return r.root
}

func (r *relation) isTable() bool { return r.kind == 'r' || r.kind == 'p' || r.kind == 'm' }

// readCatalog reads the catalog of the database that conn is connected to.
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

// readTables reads in this order because each part refers to those before it.
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
	err := forEachRow(ctx, conn, relationsSQL, []any{
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
	return forEachRow(ctx, conn, columnsSQL, []any{
		&table, &number, &col.name, &col.ident, &col.typ, &col.notNull, &generated, &col.serial, &col.hasValues,
	}, func() error {
		one := col
		one.stored, one.hasValuesKnown = generated == "s", one.hasValues || generated == "v" // a virtual column stores no values
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
	return forEachRow(ctx, conn, constraintsSQL, []any{
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
	return forEachRow(ctx, conn, indexesSQL, []any{&index, &table, &valid, &whole, &keys}, func() error {
		if r := c.relations[index]; r != nil {
			r.valid, r.whole, r.keys = valid, whole, append([]int16(nil), keys...)
		}
		return nil
	})
}

func (c *catalog) readEnums(ctx context.Context, conn *pgx.Conn) error {
	var oid uint32
	var ident string
	return forEachRow(ctx, conn, enumsSQL, []any{&oid, &ident}, func() error {
		c.enums[oid] = ident
		return nil
	})
}

func forEachRow(ctx context.Context, conn *pgx.Conn, sql string, into []any, do func() error) error {
	rows, err := conn.Query(ctx, sql, pgx.QueryExecModeExec)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, do)
	return err
}

// notNullCheck matches the server's definition of a constraint that excludes
// nulls: CHECK ((a IS NOT NULL)) and, since 18, NOT NULL a.
var notNullCheck = regexp.MustCompile(`("(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*) IS NOT NULL|^NOT NULL ("(?:[^"]|"")+"|[^ ]+)`)

// notNulls returns the columns that cannot be null under a check constraint. It
// returns none for a check with OR.
func notNulls(def string) (columns []string) {
	if strings.Contains(strings.ToUpper(def), " OR ") {
		return nil
	}
	for _, m := range notNullCheck.FindAllStringSubmatch(def, -1) {
		columns = append(columns, sqltext.Unquote(m[1]+m[2]))
	}
	return columns
}
