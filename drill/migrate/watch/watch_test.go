package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/pgserver"
)

// migration connects like a migration tool, with the application_name of drillgres.
func (l lab) migration(t *testing.T) *pgx.Conn { return connect(t, l.Server, l.Database) }

// TestExtendedProtocol counts each statement once, and shows no parameter.
func TestExtendedProtocol(t *testing.T) {
	for _, major := range []string{"13", "18"} {
		t.Run(major, func(t *testing.T) {
			l := lab{shop(t, major, shopRows)}
			seen := watched(t, l.Server, func() {
				conn := l.migration(t)
				for _, sql := range []string{"begin", "alter table orders add column a int", "update orders set note = $1 where id = $2", "commit", "alter table orders drop column a"} {
					var args []any
					if strings.Contains(sql, "$1") {
						args = []any{"canary-value", 4711}
					}
					if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
						t.Fatal(err)
					}
				}
				closeNow(t, conn)
			})
			want(t, "total", seen.Migration.StatementsTotal, 3)
			want(t, "first", find(t, seen, "alter table orders add").Transaction, 1)
			want(t, "second", find(t, seen, "update orders").Transaction, 1)
			want(t, "third", find(t, seen, "alter table orders drop").Transaction, 0)
			want(t, "written", seen.Written, map[string]int64{})
			lock := find(t, seen, "alter table orders add").Locks[0]
			want(t, "lock", outcome.Lock{Table: lock.Table, Mode: lock.Mode, Blocks: lock.Blocks}, outcome.Lock{Table: "public.orders", Mode: "AccessExclusiveLock", Blocks: "both"})
			noCanary(t, seen)
		})
	}
}

func noCanary(t *testing.T, seen Seen) {
	t.Helper()
	all, err := json.Marshal(seen)
	if err != nil {
		t.Fatal(err)
	}
	if i := strings.Index(string(all), "canary"); i >= 0 {
		t.Errorf("the result contains a value: %s", all[max(0, i-200):i+20])
	}
}

// TestSeveralStatements: a text of several statements is one transaction.
func TestSeveralStatements(t *testing.T) {
	l := lab{shop(t, major, shopRows)}
	seen := watched(t, l.Server, func() {
		conn := l.migration(t)
		run(t, conn, "set lock_timeout = '1s'; alter table orders add column a int; insert into orders (id, note) values (4711, 'canary'); update customers set name = 'canary'")
		closeNow(t, conn)
	})
	want(t, "total", seen.Migration.StatementsTotal, 1)
	want(t, "findings", codes(seen), []string{"many_statements_under_lock public.orders"})
	want(t, "written", seen.Written, map[string]int64{"public.orders": 1, "public.customers": 1000})
	noCanary(t, seen)
}

// TestLocksAreSeen: pg_locks shows the locks that are not in a text, and their
// duration.
func TestLocksAreSeen(t *testing.T) {
	for _, major := range images.Majors("13", "15", "17", "18") {
		t.Run(major, func(t *testing.T) {
			s := shop(t, major, shopRows+`
create table events (id int, at date) partition by range (at); create table e1 partition of events for values from ('2026-01-01') to ('2027-01-01'); insert into events values (1, '2026-01-01')`)
			seen := bySQL(t, s, `
do $$ begin execute 'alter table orders add column a int'; perform pg_sleep(2); end $$;
begin; alter table e1 add check (id > 0); select pg_sleep(2); commit;`)
			orders, events := find(t, seen, "do ").Locks[0], find(t, seen, "alter table e1").Locks[0]
			for table, l := range map[string]outcome.Lock{"public.orders": orders, "public.events": events} {
				if l.Table != table || l.Mode != "AccessExclusiveLock" || l.Blocks != "both" || !l.Seen || l.HeldSeconds < 1 || l.HeldSeconds > 20 { // a busy machine takes samples rarely, and takes longer
					t.Errorf("%s: %+v", table, l)
				}
			}
			// Both are held for two seconds, so either may come first.
			blocked := map[string]string{}
			for _, b := range seen.Blocked {
				blocked[b.Table] = b.Statement
			}
			want(t, "blocked", blocked, map[string]string{"public.orders": "do '…';", "public.events": "alter table e1 add check (id > 0);"})
		})
	}
}

// TestRefused: the last error that does not follow from another explains a
// migration that failed.
func TestRefused(t *testing.T) {
	for _, major := range []string{"13", "18"} {
		t.Run(major, func(t *testing.T) {
			s := shop(t, major, shopRows)
			seen := watched(t, s, func() {
				psql(t, s, "select * from schema_migrations")
				psql(t, s, "begin; create unique index again on orders (customer); alter table orders add a int; select 'canary'; rollback;", "-v", "ON_ERROR_STOP=0")
			})
			want(t, "refused", seen.Refused, &Refused{
				SQLState: "23505", Message: `could not create unique index "again"`, Statement: "create unique index again on orders (customer);", Table: "public.orders",
			})
			want(t, "sqlstate", find(t, seen, "create unique index").SQLState, "23505")
			want(t, "changes", seen.Migration.Schema, nil)
			noCanary(t, seen)
		})
	}
}

// TestKilled: Running names the session that blocks a migration, and End reports
// a migration that was terminated.
func TestKilled(t *testing.T) {
	l := lab{shop(t, major, shopRows)}
	other := connect(t, l.Server, l.Database)
	seen := watchedWith(t, l.Server, func(w *Watch) {
		run(t, other, "begin; select 'canary', count(*) from orders")
		conn := l.migration(t)
		ended := make(chan error, 1)
		go func() {
			_, err := conn.Exec(t.Context(), "alter table orders drop column note", pgx.QueryExecModeSimpleProtocol)
			ended <- err
		}()
		running := ""
		for deadline := time.Now().Add(20 * time.Second); !strings.Contains(running, "waits") && time.Now().Before(deadline); {
			running = w.Running(t.Context())
		}
		if !strings.HasPrefix(running, "alter table orders drop column note (for ") || !strings.HasSuffix(running, "; it waits for a lock of another session, which is idle in transaction: begin; select '…', count(*) from orders") {
			t.Errorf("running: %s", running)
		}
		run(t, other, fmt.Sprintf("select pg_terminate_backend(%d)", conn.PgConn().PID()))
		if err := <-ended; err == nil {
			t.Error("the migration was not ended")
		}
		run(t, other, "rollback")
	})
	want(t, "refused", seen.Refused, nil)
	want(t, "dropped", seen.Migration.Dropped, nil)
	want(t, "sqlstate", find(t, seen, "alter table orders drop").SQLState, "57P01")
	want(t, "findings", codes(seen), []string{})
	noCanary(t, seen)
}

// TestUnloggedSession: a session that disables its log is seen by its locks.
func TestUnloggedSession(t *testing.T) {
	s := shop(t, major, shopRows)
	seen := bySQL(t, s, "set log_min_duration_statement = -1; do $$ begin lock orders; perform pg_sleep(2); end $$")
	if l := find(t, seen, "do ").Locks; len(l) != 1 || l[0].Mode != "AccessExclusiveLock" || !l[0].Seen || l[0].HeldSeconds < 0.5 {
		t.Errorf("locks: %+v", l)
	}
}

// TestOddNames: names can contain any characters.
func TestOddNames(t *testing.T) {
	const odd = "\"or\"\"ders\n; drop 'é\""
	s := shop(t, major, "create schema \"My Shop\"; create table \"My Shop\"."+odd+" as select g as \"a'b\", 'canary' as v from generate_series(1, 100) g")
	seen := bySQL(t, s, timeLimit+"set search_path to \"My Shop\"; alter table "+odd+" rename \"a'b\" to \"A\"; create index \"I\" on "+odd+" (\"A\"); alter table "+odd+" drop column v")
	want(t, "findings", codes(seen), []string{
		"blocks_writes \"My Shop\"." + odd, "drops_data \"My Shop\"." + odd + ".v",
	})
	noCanary(t, seen)
}

// TestOnlyOfTheDatabase: statements in other databases, and those of the watch
// itself, do not count.
func TestOnlyOfTheDatabase(t *testing.T) {
	s := shop(t, major, shopRows)
	seen := watched(t, s, func() {
		other := s
		other.Database = "postgres"
		psql(t, other, "create table elsewhere (a int); drop table elsewhere")
	})
	want(t, "total", seen.Migration.StatementsTotal, 0)
	want(t, "findings", codes(seen), []string{"nothing_to_migrate " + s.Database})
}

// TestSettingsAreRestored: End restores the settings of the server, of roles and
// of databases.
func TestSettingsAreRestored(t *testing.T) {
	s := shop(t, major, shopRows)
	conn := connect(t, s, s.Maintenance)
	run(t, conn, "alter system set log_min_duration_statement = 12345")
	run(t, conn, "alter database "+s.Database+" set log_min_duration_statement = 54321")
	t.Cleanup(func() {
		_, _ = conn.Exec(context.WithoutCancel(t.Context()), "alter system reset log_min_duration_statement")
	})
	before := settingsOf(t, conn)
	seen := bySQL(t, s, "alter table orders add a int")
	find(t, seen, "alter table orders")
	want(t, "settings", settingsOf(t, conn), before)
}

func settingsOf(t *testing.T, conn *pgx.Conn) (all []string) {
	t.Helper()
	rows, err := conn.Query(t.Context(), `select name || '=' || setting from pg_file_settings where name is not null
union all select setdatabase || '/' || setrole || ' ' || setconfig::text from pg_db_role_setting order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	if all, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestVeryMany: of very many statements, the most relevant ones are listed.
func TestVeryMany(t *testing.T) {
	s := shop(t, major, shopRows)
	const n = 30_000
	seen := bySQL(t, s, timeLimit+"begin;\n"+strings.Repeat("update unused set a = 1 where id = 4711;\n", n)+"alter table orders add a int; commit;\n"+
		strings.Repeat("insert into unused (a) select 1 where false;\n", 1000)+"drop table customers;")
	want(t, "total", seen.Migration.StatementsTotal, n+1000+3)
	if got := len(seen.Migration.Statements); got != maxListed {
		t.Errorf("%d statements are listed", got)
	}
	find(t, seen, "alter table orders")
	find(t, seen, "drop table customers")
}

// TestTheServerDies: Blame turns the error of End into sandbox_lost.
func TestTheServerDies(t *testing.T) {
	dying := &pgserver.Shared{Major: "15"}
	t.Cleanup(func() { _ = dying.Close() })
	s := dying.Get(t)
	w, err := Begin(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	psql(t, s, "select 1")
	data := path.Dir(path.Dir(s.Log.Path))
	if _, err := s.Exec(t.Context(), command("sh", "-c", `kill -s QUIT "$(head -n 1 "$0/postmaster.pid")"`, data)); err != nil {
		t.Log(err)
	}
	select {
	case <-s.Lost():
	case <-time.After(time.Minute):
		t.Fatal("the server did not die")
	}
	_, err = w.End(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	if f := outcome.AsFailure(s.Blame(t.Context(), err)); f.Code != outcome.SandboxLost {
		t.Errorf("%s: %v", f.Code, err)
	}
}

// TestWALOfARewrite counts the WAL of a rewritten table, for which wal_level=minimal
// writes none by default.
func TestWALOfARewrite(t *testing.T) {
	for _, major := range images.Majors("13", "15", "17", "18") {
		t.Run(major, func(t *testing.T) {
			s := shop(t, major, "create table pages (id int, body text); insert into pages select g, repeat('x', 500) from generate_series(1, 20000) g")
			seen := bySQL(t, s, "begin; alter table pages alter id type bigint; create index on pages (body); commit")
			want(t, "wal_level", seen.Migration.WALLevel, "minimal")
			const table = 10 << 20 // bytes of the rewritten table, at least
			if got := seen.Migration.WALBytes; got < table {
				t.Errorf("%d bytes of WAL, want at least %d", got, table)
			}
		})
	}
}
