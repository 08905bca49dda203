package appcheck

import (
	"context"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/verify/query"
)

// query runs a statement as the application's role. The statement may write,
// because the database is a copy.
func (t targets) query(ctx context.Context, sql string) answer {
	conn, err := t.server.Session(ctx, t.access.Database, provision.SessionOptions{
		As: provision.Credentials{Role: t.access.Role, Password: t.access.Password},
	})
	if err != nil {
		return answer{problem: err.Error()}
	}
	defer provision.Close(ctx, conn)
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return answer{problem: pgerr.Describe(err)}
	}
	result, err := query.Read(rows)
	if err != nil {
		return answer{problem: pgerr.Describe(err)}
	}
	return answer{
		saw:    result.String(),
		env:    map[string]any{"value": result.Value, "rows": result.Rows},
		passes: true,
	}
}
