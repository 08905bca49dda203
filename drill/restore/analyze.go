package restore

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
)

// quickTarget is the statistics target of the second stage of vacuumdb
// --analyze-in-stages. After that stage an operator starts the application.
const quickTarget = "10"

// analyze collects the planner's statistics. A dump does not contain them before
// Postgres 18, and without them the application is slow. An error of a function
// is only a finding: the rows are restored, and autovacuum in production has the
// same error.
func (r *run) analyze(ctx context.Context) error {
	conn, err := r.openAnalyzer(ctx)
	if err != nil {
		return explainNoSession(err)
	}
	defer provision.Close(ctx, conn)
	err = r.analyzeAll(ctx, conn)
	said, ok := pgerr.From(err)
	if !ok {
		return err
	}
	f := fromServer(evidence{ServerMajor: r.server.Major, Preloaded: r.server.Preloaded}, said, "")
	if f.SQLState = said.SQLState; said.OfSandbox() {
		return f
	}
	r.addFinding("analyze_failed", f.Remedy(), "ANALYZE ended early: "+f.Error())
	return nil
}

func (r *run) openAnalyzer(ctx context.Context) (*pgx.Conn, error) {
	conn, err := r.server.Session(ctx, r.server.Database, provision.SessionOptions{DatabaseSettings: true})
	if err != nil || !r.server.IsSandbox() {
		return conn, err
	}
	if _, err = conn.Exec(ctx, "set default_statistics_target = "+quickTarget); err != nil {
		provision.Close(ctx, conn)
		return nil, err
	}
	return conn, nil
}

// analyzeAll analyzes everything that ANALYZE does, over several sessions if that takes less time. The first
// error ends it.
func (r *run) analyzeAll(ctx context.Context, conn *pgx.Conn) error {
	lists, err := analyzeLists(ctx, conn)
	if err != nil {
		return err
	}
	sessions := min(r.jobs(), len(lists)/listsPerSession)
	if sessions < 2 {
		_, err := conn.Exec(ctx, "analyze")
		return err
	}
	queue := make(chan string, len(lists))
	for _, list := range lists {
		queue <- list
	}
	close(queue)
	g, ctx := errgroup.WithContext(ctx)
	work := func(conn *pgx.Conn) error {
		for list := range queue {
			if _, err := conn.Exec(ctx, "analyze "+list); err != nil {
				return err
			}
		}
		return nil
	}
	g.Go(func() error { return work(conn) })
	for range sessions - 1 {
		g.Go(func() error {
			conn, err := r.openAnalyzer(ctx)
			if err != nil { // the others do its work
				return nil //nolint:nilerr // for example because the server has no room for another session
			}
			defer provision.Close(ctx, conn)
			return work(conn)
		})
	}
	return g.Wait()
}

// Everything that ANALYZE without a table takes. It takes partitions with their table.
const analyzedSQL = `
select format('%I.%I', n.nspname, c.relname), coalesce(pg_relation_size(c.oid), 0)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'm') and not c.relispartition and c.relpersistence <> 't'`

// ANALYZE reads a sample of a table. What is larger takes hardly longer.
const (
	sampleBytes = 24 << 20 // of one table, and of all tables of one list
	mostNames   = 50       // in one list

	listsPerSession = 3 // or else it takes longer to open the session
)

// analyzeLists returns lists of tables for ANALYZE, those with the most to read first.
func analyzeLists(ctx context.Context, conn *pgx.Conn) (lists []string, err error) {
	// The database's own search_path, which ANALYZE needs, may put another pg_class in front.
	if _, err := conn.Exec(ctx, "set search_path = pg_catalog"); err != nil {
		return nil, err
	}
	type table struct {
		name  string
		bytes int64
	}
	rows, err := conn.Query(ctx, analyzedSQL)
	if err != nil {
		return nil, err
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (t table, err error) { return t, row.Scan(&t.name, &t.bytes) })
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "reset search_path"); err != nil {
		return nil, err
	}
	slices.SortStableFunc(tables, func(a, b table) int { return cmp.Compare(b.bytes, a.bytes) })
	var names []string
	var bytes int64
	for i, t := range tables {
		names, bytes = append(names, t.name), bytes+t.bytes
		if bytes >= sampleBytes || len(names) == mostNames || i == len(tables)-1 {
			lists = append(lists, strings.Join(names, ", "))
			names, bytes = nil, 0
		}
	}
	return lists, nil
}
