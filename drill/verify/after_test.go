package verify

import (
	"context"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// TestAfter checks that restore.after runs between the comparison with the dump, which is
// of every row, and the expectations of the config.
func TestAfter(t *testing.T) {
	deletes := func(ctx context.Context, s provision.Server) error {
		conn, err := s.Session(ctx, s.Database, provision.SessionOptions{})
		if err != nil {
			return err
		}
		defer provision.Close(ctx, conn)
		_, err = conn.Exec(ctx, "delete from public.a where id > 4; create table public.b (id int)")
		return err
	}
	failing := func(context.Context, provision.Server) error {
		return outcome.Fail(outcome.HookFailed, "restore.after[0]: no")
	}
	for name, c := range map[string]struct {
		after   func(context.Context, provision.Server) error
		rows    int64 // that the dump promises
		minRows int64
		code    outcome.Code
	}{
		"deletes":                                {deletes, 10, 4, ""},
		"deletes more than expected":             {deletes, 10, 5, outcome.RowsMissing},
		"rows missing before":                    {deletes, 11, 4, outcome.ContentIncomplete},
		"fails":                                  {failing, 10, 10, outcome.HookFailed},
		"fails because rows were missing before": {failing, 11, 10, outcome.ContentIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			s := restored(t, "create table a (id int); insert into a select generate_series(1, 10)")
			v := Verifier{After: c.after, Config: config.Verify{Tables: map[string]config.Table{"public.a": {MinRows: c.minRows}}}}
			report, code, text := verifyAll(t, v, s, inspect.Promise{Tables: []inspect.Table{{Schema: "public", Name: "a", Rows: c.rows, Data: true}}})
			want(t, "code ("+text+")", code, c.code)
			want(t, "tables", report.Tables[0].Rows, 10)
			if c.code == "" {
				want(t, "number of tables", len(report.Tables), 1)
				want(t, "restore.after", named(t, report, "restore.after").Status, outcome.CheckPassed)
				want(t, "table", named(t, report, "public.a").Saw, "4 rows")
			}
		})
	}
}
