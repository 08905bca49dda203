package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// database holds the tables of the restored database, their numbers of rows, and its
// extensions.
type database struct {
	relations   map[uint32]*relation
	byName      map[name]*relation
	inAnySchema map[string][]*relation // by the name without schema
	extensions  map[string]string      // name → version

	unreadNames int // names in the dump that the server cannot convert
}

type name struct{ schema, name string }

// relation is a table, view or anything else that has rows.
type relation struct {
	OID           uint32
	Schema, Name  string
	Quoted        string // schema.table, quoted where SQL requires it
	Kind          string // pg_class.relkind
	Root          uint32 // the topmost partitioned table of a partition; 0: none
	HasChildren   bool   // by inheritance or partitioning
	FromExtension bool
	Bytes         int64 // with indexes and TOAST

	rows       int64
	counted    bool
	inParts    bool   // rows is the sum of several statements
	unreadable string // why the rows could not be counted; empty: they were
}

func (r *relation) ident() string { return sqltext.Identifier(r.Schema, r.Name) }

// holdsRows reports whether the relation itself stores rows.
func (r *relation) holdsRows() bool { return r.Kind == "r" }

// isTable reports whether the relation is a table, partitioned or not.
func (r *relation) isTable() bool { return r.Kind == "r" || r.Kind == "p" }

const relationsSQL = `
select c.oid, n.nspname, c.relname, format('%I.%I', n.nspname, c.relname), c.relkind::text,
       case when c.relispartition then coalesce(pg_partition_root(c.oid)::oid, 0::oid) else 0::oid end,
       c.relhassubclass,
       exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'),
       pg_total_relation_size(c.oid)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp_)'
order by n.nspname, c.relname`

// readDatabase reads what the catalog contains. It does not count rows.
func readDatabase(ctx context.Context, conn *pgx.Conn) (*database, error) {
	db := &database{
		relations: map[uint32]*relation{}, byName: map[name]*relation{}, inAnySchema: map[string][]*relation{},
		extensions: map[string]string{},
	}
	if err := db.readRelations(ctx, conn); err != nil {
		return nil, fmt.Errorf("list the restored tables: %w", err)
	}
	if err := db.readExtensions(ctx, conn); err != nil {
		return nil, fmt.Errorf("list the restored extensions: %w", err)
	}
	return db, nil
}

func (db *database) readRelations(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, relationsSQL)
	if err != nil {
		return err
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*relation, error) {
		var r relation
		return &r, row.Scan(&r.OID, &r.Schema, &r.Name, &r.Quoted, &r.Kind, &r.Root, &r.HasChildren, &r.FromExtension, &r.Bytes)
	})
	for _, r := range list {
		db.relations[r.OID] = r
		db.byName[name{r.Schema, r.Name}] = r
		db.inAnySchema[r.Name] = append(db.inAnySchema[r.Name], r)
	}
	return err
}

// named returns the tables, views and the like with a name. An empty schema stands for
// any.
func (db *database) named(schema, table string) (list []*relation) {
	if schema == "" {
		return db.inAnySchema[table]
	}
	if r := db.byName[name{schema, table}]; r != nil {
		list = append(list, r)
	}
	return list
}

func (db *database) readExtensions(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, `select extname, extversion from pg_extension`)
	if err != nil {
		return err
	}
	var extension, version string
	_, err = pgx.ForEachRow(rows, []any{&extension, &version}, func() error {
		db.extensions[extension] = version
		return nil
	})
	return err
}

// count counts the rows of every table that is not counted yet. A partitioned table has the sum of
// its partitions. A table that cannot be read is not an error: the check of rows
// reports it.
func (db *database) count(ctx context.Context, s *sessions, p outcome.Progress) error {
	var list []*relation
	for _, r := range db.storedRelations() {
		if !r.counted {
			list = append(list, r)
		}
	}
	// The largest first, so that no session is left with it at the end.
	slices.SortStableFunc(list, func(a, b *relation) int { return cmp.Compare(b.Bytes, a.Bytes) })
	var mu sync.Mutex
	var done int64
	err := readEach(ctx, s, list, func(_ context.Context, conn *pgx.Conn) (reader[*relation], error) {
		return func(ctx context.Context, r *relation) error {
			if err := r.count(ctx, conn); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			p.Report(done, int64(len(list)))
			return nil
		}, nil
	})
	if err != nil {
		return fmt.Errorf("count the restored rows: %w", err)
	}
	for _, r := range db.storedRelations() {
		db.addToRoot(r)
	}
	return nil
}

func (r *relation) count(ctx context.Context, conn *pgx.Conn) error {
	err := conn.QueryRow(ctx, "select count(*) from only "+r.ident(), pgx.QueryExecModeExec).Scan(&r.rows)
	switch {
	case err == nil:
		r.counted = true
	case ctx.Err() != nil, conn.IsClosed(), sandboxCode(err) != "":
		return fmt.Errorf("%s: %w", r.Quoted, err)
	default:
		r.unreadable = pgerr.Describe(err)
	}
	return nil
}

func (db *database) addToRoot(r *relation) {
	root := db.relations[r.Root]
	if root == nil {
		return
	}
	root.rows += r.rows
	root.Bytes += r.Bytes
	root.unreadable = cmp.Or(root.unreadable, r.unreadable)
}

// storedRelations returns the relations that store rows themselves, sorted by name.
func (db *database) storedRelations() []*relation {
	var list []*relation
	for _, r := range db.relations {
		if r.holdsRows() {
			list = append(list, r)
		}
	}
	sortByName(list)
	return list
}

// rootOf returns the table under which a relation is reported and compared: for a
// partition, the topmost partitioned table.
func (db *database) rootOf(r *relation) *relation {
	if root := db.relations[r.Root]; root != nil {
		return root
	}
	return r
}

// tables returns every table that is not a partition, sorted by name.
func (db *database) tables() []outcome.Table {
	var list []*relation
	for _, r := range db.relations {
		if r.isTable() && db.rootOf(r) == r {
			list = append(list, r)
		}
	}
	sortByName(list)
	tables := make([]outcome.Table, 0, len(list))
	for _, r := range list {
		tables = append(tables, outcome.Table{Name: r.Quoted, Rows: r.rows, Bytes: r.Bytes})
	}
	return tables
}

func sortByName(list []*relation) {
	slices.SortFunc(list, func(a, b *relation) int { return strings.Compare(a.Quoted, b.Quoted) })
}
