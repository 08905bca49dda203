package verify

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// TestSettingsThatHideDamage checks that settings stored in the database do not
// hide damage from the session.
func TestSettingsThatHideDamage(t *testing.T) {
	s := restored(t, `alter database verify_testsettingsthathidedamage set zero_damaged_pages = on;
alter database verify_testsettingsthathidedamage set ignore_checksum_failure = on; alter database verify_testsettingsthathidedamage set dynamic_library_path = '/tmp'`)
	session := s.session(t)
	for setting, expected := range map[string]string{"zero_damaged_pages": "off", "ignore_checksum_failure": "off", "dynamic_library_path": "$libdir"} {
		var got string
		if err := session.QueryRow(t.Context(), "select current_setting($1)", setting).Scan(&got); err != nil {
			t.Fatal(err)
		}
		want(t, setting, got, expected)
	}
}

// TestNothingIsLeft checks that the functions of the drill leave no trace in the
// database, also after an interruption.
func TestNothingIsLeft(t *testing.T) {
	s := restored(t, slow+`create extension amcheck; create function on_ddl() returns event_trigger language plpgsql as $$ begin raise 'no DDL here'; end $$;
create event trigger forbids on ddl_command_start execute function on_ddl()`)
	before := dumped(t, s)
	report, code, text := verifyAll(t, at(deep), s, inspect.Promise{})
	want(t, "failure", string(code)+text, "")
	want(t, "index structure", named(t, report, "index structure").Status, outcome.CheckPassed)
	run(t, s.conn, "update snail set seconds = 60")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := at(standard).Verify(ctx, s.Server, inspect.Promise{}, snapshot.At(taken), nil); err == nil {
		t.Error("an interrupted verification passed")
	}
	awaitNone(t, s, "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query ~ 'bt_index_check'")
	awaitNone(t, s, "select count(*) from pg_proc where pronamespace::regnamespace::text ~ '^pg_temp'")
	run(t, s.conn, "update snail set seconds = 0")
	want(t, "dump", dumped(t, s), before)
}

// slow creates a table with an index whose check can be slowed down.
const slow = `create table snail (seconds float); insert into snail values (0);
create function public.slow_cmp(int, int) returns int language plpgsql immutable as $$ begin
  perform pg_sleep(seconds) from public.snail; return btint4cmp($1, $2); end $$;
create operator class slow_ops for type int using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 public.slow_cmp(int, int);
create table sluggish (id int); insert into sluggish values (1), (2), (3); create index slow_index on sluggish (id slow_ops);
`

func dumped(t *testing.T, d fixture) string {
	t.Helper()
	inside(t, d, "postgres", `PGPASSWORD="$0" pg_dump -h 127.0.0.1 -U `+d.User+" -f /tmp/dumped "+d.Database, d.Password.Reveal())
	var dump strings.Builder
	if _, err := d.Exec(t.Context(), sandbox.Command{Args: []string{"grep", "-v", "restrict", "/tmp/dumped"}, Stdout: &dump}); err != nil {
		t.Fatal(err)
	}
	return dump.String()
}

// awaitNone waits until a count is zero. The traces of a session disappear when
// its server process notices that the session has ended.
func awaitNone(t *testing.T, d fixture, sql string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for n := 1; n > 0; {
		if err := d.conn.QueryRow(ctx, sql).Scan(&n); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}
