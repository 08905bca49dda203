package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/words"
)

// tableChecks returns the checks of verify.tables, sorted by table.
func tableChecks(conn *pgx.Conn, db *database, tables map[string]config.Table, taken snapshot.Range) []*check {
	if len(tables) == 0 {
		return []*check{notConfigured("tables", "table", "verify.tables")}
	}
	var list []*check
	for _, configured := range slices.Sorted(maps.Keys(tables)) {
		expected := tables[configured]
		list = append(list, ofRows(func(ctx context.Context) (verdict, error) {
			return checkTable(ctx, conn, db, configured, expected.MinRows)
		}))
		if newest := expected.Newest; newest != nil {
			list = append(list, ofCatalog(func(ctx context.Context) (verdict, error) {
				return checkNewest(ctx, conn, db, configured, *newest, taken)
			}))
		}
	}
	return list
}

func notConfigured(name, kind, key string) *check {
	return ofCatalog(func(context.Context) (verdict, error) {
		return verdict{check: outcome.Check{
			Name: name, Kind: kind, Status: outcome.CheckNotConfigured, RestsOn: "nothing: the config has no " + key, ConfigPath: key,
		}}, nil
	})
}

// checkTable checks that a table exists and has at least minRows rows.
func checkTable(ctx context.Context, conn *pgx.Conn, db *database, configured string, minRows int64) (verdict, error) {
	v := verdict{check: outcome.Check{
		Name: configured, Kind: "table", Status: outcome.CheckPassed, Expect: "exists", RestsOn: "a count of every row of the table, children included",
		ConfigPath: config.Path("verify", "tables", configured),
	}}
	if minRows > 0 {
		v.check.Expect = "at least " + words.Count(minRows, "row")
	}
	r, err := db.lookUp(configured)
	if err != nil {
		return v.fail(outcome.TableMissing, "missing", err.Error()), nil
	}
	rows, err := db.rowsOf(ctx, conn, r)
	if err != nil {
		if endsStage(ctx, conn, err) {
			return v, err
		}
		return v.fail(outcome.RowsMissing, "cannot be read", fmt.Sprintf("%s cannot be read: %s", configured, pgerr.Describe(err))), nil
	}
	v.check.Saw = words.Count(rows, "row")
	if rows < minRows {
		return v.fail(outcome.RowsMissing, v.check.Saw,
			fmt.Sprintf("%s has %s, expected at least %s", configured, words.Count(rows, "row"), words.Number(minRows))), nil
	}
	return v, nil
}

// lookUp returns the relation that the config names.
func (db *database) lookUp(configured string) (*relation, error) {
	schema, table, err := config.SplitTable(configured)
	if err != nil {
		return nil, err
	}
	if r := db.byName[name{schema, table}]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("table %s does not exist", configured)
}

// rowsOf returns count(*) of a relation, children included. Most relations have
// been counted already.
func (db *database) rowsOf(ctx context.Context, conn *pgx.Conn, r *relation) (int64, error) {
	alone := r.Kind == "r" && !r.HasChildren
	root := r.Kind == "p" && db.rootOf(r) == r
	if (alone || root) && r.unreadable == "" {
		return r.rows, nil
	}
	var rows int64
	err := conn.QueryRow(ctx, "select count(*) from "+r.ident(), pgx.QueryExecModeExec).Scan(&rows)
	return rows, err
}

// endsStage reports whether an error ends the stage and not only the check.
func endsStage(ctx context.Context, conn *pgx.Conn, err error) bool {
	return ctx.Err() != nil || conn.IsClosed() || sandboxCode(err) != ""
}

// fail returns the verdict as failed, with one more problem.
func (v verdict) fail(code outcome.Code, saw, text string) verdict {
	v.check.Status, v.check.Saw = outcome.CheckFailed, saw
	v.problems = append(v.problems, problem{code: code, text: text})
	return v
}
