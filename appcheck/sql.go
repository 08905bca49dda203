package appcheck

import (
	"context"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/verify/query"
)

// query runs one statement as the application's role. It may write: the
// database is a copy.
func (t tools) query(ctx context.Context, sql string) answer {
	conn, err := t.server.Connect(ctx, t.access.Database, t.access.Role, t.access.Password)
	if err != nil {
		return answer{problem: pgerr.Redacted(err).Error()}
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing) // its one statement is over
	}()
	if deadline, ok := ctx.Deadline(); ok {
		// The server would not notice that nobody waits any more.
		limit := fmt.Sprintf("set statement_timeout = %d", max(1, time.Until(deadline).Milliseconds()+1000))
		if _, err := conn.Exec(ctx, limit); err != nil {
			return answer{problem: pgerr.Describe(err)}
		}
	}
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return answer{problem: pgerr.Describe(err)}
	}
	result, err := query.Read(rows)
	if err != nil {
		return answer{problem: pgerr.Describe(err)}
	}
	return answer{
		saw:      result.String(),
		env:      map[string]any{"value": result.Value, "rows": result.Rows},
		byItself: true,
	}
}
