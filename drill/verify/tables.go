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

// tableChecks are the checks that verify.tables asks for, sorted by table.
func tableChecks(conn *pgx.Conn, db *database, tables map[string]config.Table, taken snapshot.Range) []check {
	if len(tables) == 0 {
		return []check{notConfigured("tables", "table", "verify.tables")}
	}
	var list []check
	for _, configured := range slices.Sorted(maps.Keys(tables)) {
		expected := tables[configured]
		list = append(list, func(ctx context.Context) (verdict, error) {
			return checkTable(ctx, conn, db, configured, expected.MinRows)
		})
		if newest := expected.Newest; newest != nil {
			list = append(list, func(ctx context.Context) (verdict, error) {
				return checkNewest(ctx, conn, db, configured, *newest, taken)
			})
		}
	}
	return list
}

func notConfigured(name, kind, key string) check {
	return func(context.Context) (verdict, error) {
		return verdict{check: outcome.Check{
			Name: name, Kind: kind, Status: outcome.CheckNotConfigured, RestsOn: "nothing: the config has no " + key, ConfigPath: key,
		}}, nil
	}
}

// checkTable looks for a table and for the rows that it must have.
func checkTable(ctx context.Context, conn *pgx.Conn, db *database, configured string, minRows int64) (verdict, error) {
	v := verdict{check: outcome.Check{
		Name: configured, Kind: "table", Status: outcome.CheckPassed, Expect: "exists", RestsOn: "count(*) of the table, children included",
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
		if ends(ctx, conn, err) {
			return v, err
		}
		return v.fail(outcome.RowsMissing, "cannot be read", fmt.Sprintf("%s cannot be read: %s", configured, pgerr.Describe(err))), nil
	}
	v.check.Saw = words.Count(rows, "row")
	if rows < minRows {
		return v.fail(outcome.RowsMissing, v.check.Saw,
			fmt.Sprintf("%s holds %s, expected at least %s", configured, words.Count(rows, "row"), words.Number(minRows))), nil
	}
	return v, nil
}

// lookUp finds the relation that the config names.
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

// rowsOf is what count(*) of a relation says, children included. Most are
// counted already.
func (db *database) rowsOf(ctx context.Context, conn *pgx.Conn, r *relation) (int64, error) {
	alone := r.Kind == "r" && !r.HasChildren
	root := r.Kind == "p" && db.whole(r) == r
	if (alone || root) && r.trouble == "" {
		return r.rows, nil
	}
	var rows int64
	err := conn.QueryRow(ctx, "select count(*) from "+r.ident(), pgx.QueryExecModeExec).Scan(&rows)
	return rows, err
}

// ends tells whether an error ends the stage rather than the check.
func ends(ctx context.Context, conn *pgx.Conn, err error) bool {
	return ctx.Err() != nil || conn.IsClosed() || resource(err) != ""
}

// fail makes it a failed check with one problem.
func (v verdict) fail(code outcome.Code, saw, text string) verdict {
	v.check.Status, v.check.Saw = outcome.CheckFailed, saw
	v.problems = append(v.problems, problem{code: code, text: text})
	return v
}
