package watch

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// comparison compares a database before and after a migration.
type comparison struct {
	before, after *catalog
	counted, now  counters
	timeline      *timeline
	emptied       map[*relation]bool
}

// emptyWithin is the time limit of the query whether a table has rows.
const emptyWithin = 20 * time.Second

// findEmptied queries the tables that may have lost all rows: those with a new
// file, and those with deleted rows.
func (c *comparison) findEmptied(ctx context.Context, conn *pgx.Conn) error {
	c.emptied = map[*relation]bool{}
	for oid, was := range c.before.relations {
		is := c.after.relations[oid]
		if was.kind != 'r' || was.rows == 0 || is == nil || is.kind != 'r' {
			continue
		}
		if was.file == is.file && c.now.tables[oid].deleted == c.counted.tables[oid].deleted {
			continue
		}
		var hasRows bool
		err := queryWithin(ctx, conn, emptyWithin, "select exists (select from only "+is.ident+")", &hasRows)
		switch {
		case isTimeout(err):
			hasRows = true // unknown: do not report a loss
		case err != nil:
			return fmt.Errorf("check whether %s has rows: %w", is.ident, err)
		}
		c.emptied[was] = !hasRows || was.file != is.file && (c.timeline.log.state.truncated[was] || c.timeline.log.state.truncated[was.root])
	}
	return resetTimeout(ctx, conn)
}

// rewritten returns the tables and indexes with a new file, and their relations
// before the migration. It omits tables that were emptied.
func (c *comparison) rewritten() (all []outcome.Rewrite, of []*relation) {
	kinds := map[byte]string{'r': "table", 'm': "materialized view", 'i': "index"}
	for _, oid := range slices.Sorted(maps.Keys(c.before.relations)) {
		was, is := c.before.relations[oid], c.after.relations[oid]
		if is == nil || was.file == 0 || was.file == is.file || kinds[was.kind] == "" {
			continue
		}
		if c.emptied[was] || was.of != nil && c.emptied[was.of] {
			continue
		}
		all = append(all, outcome.Rewrite{Name: was.ident, Kind: kinds[was.kind], Bytes: was.bytes})
		of = append(of, was)
	}
	return all, of
}

// dropped returns the tables and columns with values that no longer exist, and
// the tables that were emptied.
func (c *comparison) dropped() (all []outcome.Dropped) {
	for oid, was := range c.before.relations {
		is := c.after.relations[oid]
		switch {
		case !was.isTable() || was.rows <= 0 || was.kind == 'm':
		case is == nil:
			if root := c.after.relations[was.root.oid]; was.root == was || root != nil {
				all = append(all, outcome.Dropped{Name: was.ident, Kind: "table", Rows: was.rows})
			}
		case c.emptied[was]:
			all = append(all, outcome.Dropped{Name: was.ident, Kind: "truncated table", Rows: was.rows})
		case was.root == was: // the columns of a partition are those of its root
			for number, col := range was.columns {
				if is.columns[number] == nil && col.hasValues {
					all = append(all, outcome.Dropped{Name: was.ident + "." + col.ident, Kind: "column", Rows: was.rows})
				}
			}
		}
	}
	slices.SortFunc(all, func(a, b outcome.Dropped) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// leftBehind returns the indexes that have become invalid, and the constraints
// that are not validated and were not so before.
func (c *comparison) leftBehind() (all []outcome.Left) {
	for oid, is := range c.after.relations {
		was := c.before.relations[oid]
		if is.of != nil && !is.valid && (was == nil || was.valid) {
			all = append(all, outcome.Left{Name: is.ident, Table: is.of.ident, Kind: "invalid index"})
		}
	}
	for oid, is := range c.after.constraints {
		was := c.before.constraints[oid]
		if !is.validated && (was == nil || was.validated) {
			all = append(all, outcome.Left{Name: is.ident, Table: is.table.ident, Kind: "constraint not validated"})
		}
	}
	slices.SortFunc(all, func(a, b outcome.Left) int {
		return cmp.Or(strings.Compare(a.Table, b.Table), strings.Compare(a.Name, b.Name))
	})
	return all
}

// schemaChanges returns the changed definitions. For a relation that was added or
// removed it does not list the parts.
func (c *comparison) schemaChanges() (all []outcome.Change) {
	add := func(d definition, was string) {
		if d.relation != "" && d.name != "" {
			for _, part := range []string{"tables", "views", "materialized_views", "foreign_tables"} {
				_, before := c.before.definitions[definition{d.relation, part, ""}]
				_, after := c.after.definitions[definition{d.relation, part, ""}]
				if before != after {
					return
				}
			}
		}
		n := d.relation
		if d.name != "" && n != "" {
			n += "." + sqltext.Quote(d.name)
		} else if n == "" {
			n = d.name
		}
		all = append(all, outcome.Change{Kind: d.part, Name: n, Was: was})
	}
	for d, digest := range c.after.definitions {
		old, known := c.before.definitions[d]
		switch {
		case !known:
			add(d, "added")
		case old != digest:
			add(d, "changed")
		}
	}
	for d := range c.before.definitions {
		if _, exists := c.after.definitions[d]; !exists {
			add(d, "removed")
		}
	}
	slices.SortFunc(all, func(a, b outcome.Change) int {
		return cmp.Or(strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name), strings.Compare(a.Was, b.Was))
	})
	return all
}

// rowCounts returns the rows that were read and written in all tables, and those
// written per table. It omits the bookkeeping of migration tools from the latter.
func (c *comparison) rowCounts() (read, written int64, by map[string]int64) {
	by = map[string]int64{}
	for oid, now := range c.now.tables {
		was := c.counted.tables[oid]
		read += max(0, now.read-was.read)
		if n := now.written - was.written; n > 0 {
			written += n
			if !isBookkeeping(now.schema, now.table) {
				by[now.name] += n
			}
		}
	}
	return read, written, by
}

// assemble returns the result of the watch.
func (w *Watch) assemble(ctx context.Context, conn *pgx.Conn, c *comparison) (Seen, error) {
	var wal pgtype.Int8
	if err := conn.QueryRow(ctx, "select pg_wal_lsn_diff($1::text::pg_lsn, $2::text::pg_lsn)::bigint", c.now.wal, c.counted.wal).Scan(&wal); err != nil {
		return Seen{}, fmt.Errorf("measure the WAL: %w", err)
	}
	rewritten, of := c.rewritten()
	read, written, by := c.rowCounts()
	s := Seen{Refused: c.timeline.log.refused, Blocked: c.timeline.blocked(), Written: by}
	s.Migration = outcome.Migration{
		Statements: c.timeline.list(), StatementsTotal: c.timeline.log.total,
		Rewritten: rewritten, Dropped: c.dropped(), Left: c.leftBehind(), Schema: c.schemaChanges(),
		RowsRead: read, RowsWritten: written, WALBytes: wal.Int64, WALLevel: w.walLevel, GrowthBytes: c.now.size - c.counted.size,
	}
	s.Findings = c.findings(s.Migration, of, w.server.Database)
	return s, nil
}
