package restore_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/fixtures/images"
)

// production contains what is hard to restore: objects of the role postgres, objects
// of roles that are not in the dump and had more privileges than their grants show,
// and odd names.
const production = `
	create role "Odd ""Owner" nologin; create role app nologin; create role reader nologin; create role postgres superuser nologin;
	grant pg_read_all_settings to app;
	alter database source owner to "Odd ""Owner"; grant all on schema public to "Odd ""Owner";
	create extension pg_trgm;
	create type mood as enum ('good', 'bad');
	create table customers (id serial primary key, name text, mood mood, lower text generated always as (lower(name)) stored);
	create table orders (id bigint generated always as identity primary key, customer int references customers, note text);
	create index on customers using gin (name gin_trgm_ops);
	create index on orders (customer);
	insert into customers (name, mood) select 'customer ' || g, 'good' from generate_series(1, 3000) g;
	insert into orders (customer, note) select 1 + g % 3000, repeat('x', 50) from generate_series(1, 9000) g;
	create function watch() returns event_trigger language plpgsql as 'begin end';
	create event trigger watching on ddl_command_end execute function watch();
	create function settings() returns bigint language sql security definer as 'select count(*) from pg_catalog.pg_settings';
	create materialized view summary as select settings(), count(*) from orders;
	create table "Strange.Name
with newline" (a int);
	alter table customers owner to "Odd ""Owner"; alter table orders owner to "Odd ""Owner";
	alter materialized view summary owner to app; alter event trigger watching owner to postgres; alter function watch() owner to postgres;
	grant select on orders to reader; grant select on orders to app;
	create publication everything for all tables; alter publication everything owner to postgres;
	select lo_from_bytea(0, 'large');
`

func TestGoodDumpsRestoreWhole(t *testing.T) {
	t.Parallel()
	for _, major := range images.Majors("13", "15", "17") {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			s := l.server(t)
			plainDump := l.source(t, s, production)
			custom := l.dumpSource(t, s, "--format=custom")
			dumps := map[string][]byte{"plain": plainDump, "custom": custom}
			if major == "15" {
				dumps["plain in gzip"], dumps["custom in zstd"] = gzipOf(plainDump), inZstd(t, custom)
			}
			for name, dump := range dumps {
				t.Run(name, func(t *testing.T) {
					l.psql(t, s, "template1", "set client_min_messages = error; drop database if exists source with (force)")
					l.dropAll(t, s)
					l.restoresWhole(t, dump)
				})
			}
		})
	}
}

// dropAll drops what earlier cases have restored, so that the roles are missing again.
func (l *lab) dropAll(t *testing.T, s provision.Server) {
	t.Helper()
	names := l.psql(t, s, "template1", "select datname from pg_database where datname like 'case%'")
	for name := range strings.FieldsSeq(names) {
		l.psql(t, s, "template1", "drop database "+name+" with (force)")
	}
	l.psql(t, s, "template1", `set client_min_messages = error; drop role if exists "Odd ""Owner", app, reader, postgres`)
}

func (l *lab) restoresWhole(t *testing.T, dump []byte) {
	var seen int64
	s, restored, f := l.drill(t, job{dump: dump, watch: func(done, _ int64) { seen = max(seen, done) }})
	if f != nil {
		t.Fatalf("%s: %v (%s)", f.Code, f, f.Statement)
	}
	if seen == 0 {
		t.Error("no progress was reported")
	}
	took := map[string]float64{}
	for _, p := range restored.Phases {
		took[p.Name] = p.Seconds
	}
	if took["load"] <= 0 || took["analyze"] <= 0 || len(restored.Findings) > 0 {
		t.Errorf("restored: %+v", restored)
	}
	l.hasContent(t, s)
	l.reportsRoles(t, s)
	l.acceptsApplication(t, s)
}

func (l *lab) hasContent(t *testing.T, s provision.Server) {
	t.Helper()
	conn, err := provision.Connect(t.Context(), s, s.Database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(t.Context(), conn)
	for sql, want := range map[string]string{
		"select count(*) from customers":                                                                 "3000",
		"select count(*) from orders":                                                                    "9000",
		"select count from summary":                                                                      "9000",
		"select count(*) from pg_largeobject_metadata":                                                   "1",
		"select relowner::regrole from pg_class where relname='orders'":                                  `"Odd ""Owner"`,
		"select evtowner::regrole from pg_event_trigger":                                                 "postgres",
		"select count(*) > 0 from pg_stats where tablename = 'orders'":                                   "true",
		"select current_setting('autovacuum')":                                                           "on",
		"select string_agg(rolname, ',') from pg_roles where rolsuper and rolname not like 'drillgres%'": "postgres",
		"select count(*) from pg_roles where rolcanlogin and rolname not like 'drillgres%'":              "0",
		"select datdba::regrole from pg_database where datname = current_database()":                     `"Odd ""Owner"`,
	} {
		var got string
		if err := conn.QueryRow(t.Context(), "select ("+sql+")::text").Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", sql, got, err, want)
		}
	}
}

func (l *lab) reportsRoles(t *testing.T, s provision.Server) {
	t.Helper()
	if want := []string{`Odd "Owner`, "app", "postgres", "reader"}; !slices.Equal(s.MadeRoles, want) {
		t.Errorf("made roles %q, want %q", s.MadeRoles, want)
	}
	var codes []string
	for _, f := range s.Findings {
		codes = append(codes, f.Code)
	}
	if !slices.Contains(codes, "role_created") {
		t.Errorf("findings %q, want role_created among them", codes)
	}
}

// acceptsApplication connects as the application does: with its own role and
// password.
func (l *lab) acceptsApplication(t *testing.T, s provision.Server) {
	t.Helper()
	account, err := s.Login(t.Context(), "reader")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := provision.Connect(t.Context(), s, s.Database, "reader", account.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(t.Context(), conn)
	var n int
	if err := conn.QueryRow(t.Context(), "select count(*) from orders").Scan(&n); err != nil || n != 9000 {
		t.Errorf("reader sees %d orders, %v", n, err)
	}
	if _, err := conn.Exec(t.Context(), "delete from orders"); err == nil {
		t.Error("reader may delete what it was only granted to select")
	}
}

func TestADumpThatMakesItsOwnDatabase(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	dump := l.source(t, l.server(t), "create role source_owner nologin; alter database source owner to source_owner; create table t as select generate_series(1, 10) a", "--create")
	s, restored, f := l.drill(t, job{dump: dump, change: func(c *inspect.Contents) { c.Needs.Database.Name = "source" }})
	if f != nil {
		t.Fatalf("%s: %v (%s)", f.Code, f, f.Statement)
	}
	if s.Database != "source" || s.ConnectTo != "postgres" || restored.Owner != "source_owner" {
		t.Errorf("restored into %s of %q by way of %s", s.Database, restored.Owner, s.ConnectTo)
	}
	if got := strings.TrimSpace(l.psql(t, s, "source", "select count(*) from t")); got != "10" {
		t.Errorf("%s rows, want 10", got)
	}
	_, _, f = l.drill(t, job{dump: []byte("select 1;"), change: func(c *inspect.Contents) {
		c.Source.Format, c.Needs.CreatesDatabase = inspect.Plain, true
	}})
	if f == nil || f.Code != outcome.ContentIncomplete {
		t.Errorf("a dump that makes no database: %v, want content_incomplete", f)
	}
}

// TestAHiddenCommandIsRefused: whatever a dump does to the way psql reads it, psql runs
// none of its commands.
func TestAHiddenCommandIsRefused(t *testing.T) {
	t.Parallel()
	for _, major := range images.Majors("13", "15", "17", "18") {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			for name, hidden := range hiddenCommands {
				t.Run(name, func(t *testing.T) {
					dump := "create table t(a int);\ncopy t from stdin;\n1\n\\.\n" + hidden + "\n"
					_, _, f := l.drill(t, job{dump: []byte(dump)})
					if f == nil || f.Code != outcome.DumpHostile {
						t.Errorf("%+v, want dump_hostile", f)
					}
				})
			}
		})
	}
}

// hiddenCommands holds dumps in which psql sees a command of its own where inspect sees
// a string.
var hiddenCommands = map[string]string{
	"set_config":     "select set_config('standard_conforming_strings', 'off', false);\n" + hiddenCommand,
	"do":             "do $$ begin perform set_config('standard_conforming_strings', 'off', false); end $$;\n" + hiddenCommand,
	"pg_settings":    "update pg_settings set setting = 'off' where name = 'standard_conforming_strings';\n" + hiddenCommand,
	"function":       "create function f() returns text language sql as 'select set_config(''standard_conforming_strings'', ''off'', false)';\nselect f();\n" + hiddenCommand,
	"encoding":       "set client_encoding = 'SJIS';\nselect E'\x95\x5c' ; \\! touch /tmp/owned # ';",
	"other encoding": "select set_config('client_encoding', 'SJIS', false);\nselect E'\x95\x5c' ; \\! touch /tmp/owned # ';",
	"its own pair": `\restrict KEY
update pg_settings set setting = 'off' where name = 'standard_conforming_strings';
select 'x\' , ' ; \unrestrict KEY
\! touch /tmp/owned
\restrict KEY
-- ';
\unrestrict KEY`,
	"ignores errors": "do $$ begin perform set_config('standard_conforming_strings', 'off', false); end $$;\n" + `select 'x\' , ' ; \set ON_ERROR_STOP off # ';`,
}

// hiddenCommand is a string for inspect. psql, which reads the settings of the server
// before each line, sees a command.
const hiddenCommand = `select 'x\' , ' ; \! touch /tmp/owned # ';`

func TestFailedAnalyzeIsOnlyAFinding(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	// The statistics' expression is first evaluated by ANALYZE.
	dump := "create function f(i int) returns int language plpgsql immutable as 'begin return 1 / (i - 5); end';" +
		"create table t as select generate_series(1, 10) a; create statistics s on (f(a)), a from t;"
	_, restored, f := l.drill(t, job{dump: []byte(dump), change: plain})
	if f != nil {
		t.Fatalf("%s: %v", f.Code, f)
	}
	if len(restored.Findings) != 1 || restored.Findings[0].Code != "analyze_failed" || !strings.Contains(restored.Findings[0].Message, "22012") {
		t.Errorf("findings %+v, want analyze_failed with its SQLSTATE", restored.Findings)
	}
}

// gzipOf compresses in memory, where no error can happen.
func gzipOf(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(data)
	_ = z.Close()
	return b.Bytes()
}

func inZstd(t *testing.T, data []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll(data, nil)
}

// TestSettingsOfTheDatabase checks that an archive's ALTER DATABASE … SET is
// restored into the database of that name, and into no other.
func TestSettingsOfTheDatabase(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	dump := l.source(t, l.server(t), "create schema shop; alter database source set search_path = shop", "--format=custom")
	for _, tt := range []struct{ dumped, want string }{{"source", "shop"}, {"", `"$user", public`}} {
		s, _, f := l.drill(t, job{dump: dump, change: func(c *inspect.Contents) { c.Needs.Database.Name = tt.dumped }})
		if f != nil {
			t.Fatalf("%s: %v", f.Code, f)
		}
		if got := strings.TrimSpace(l.psql(t, s, s.Database, "show search_path")); got != tt.want {
			t.Errorf("database %s has search_path %s, want %s", s.Database, got, tt.want)
		}
	}
}
