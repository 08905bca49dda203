package watch

import (
	"testing"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// FuzzStatements: every text that can be logged is read to its end.
func FuzzStatements(f *testing.F) {
	for _, seed := range []string{"", "select E'\\", `U&"`, "$a$ $", "/* /*", "begin atomic case end; end", "\xff'\x00", "alter table a add", "create index on only", "lock in"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, sql string) {
		w, c := newSchemaState(&catalog{}), &client{}
		for _, part := range sqltext.Statements(sql, sqltext.Server) {
			w.claimsOf(part, c)
			c.followSettings(part, &defaults{roles: map[string]lockTimeout{}})
			controlOf(part)
			isNoise(part)
		}
	})
}

func TestNoise(t *testing.T) {
	for sql, noise := range map[string]bool{
		"set lock_timeout = '1s'": true,
		"select version()":        true,
		"select a.attname from pg_attribute a join pg_catalog.pg_class c on true": true,
		"insert into schema_migrations (version) values ('1')":                    true,
		`update public."_prisma_migrations" set finished_at = now()`:              true,
		"select 1 from generate_series(1, 2)":                                     true,
		"select * from orders":                                                    false,
		"insert into orders select 1 on conflict do update set a = 1":             false,
		"update orders set a = 1":                                                 false,
		"do $$ begin end $$":                                                      false,
		"alter table schema_migrations add a int":                                 false,
	} {
		if got := isNoise(sqltext.Statements(sql, sqltext.Server)[0]); got != noise {
			t.Errorf("%s: %v", sql, got)
		}
	}
}

// TestSearchPath: the search_path is the same as the server's for each way to set
// it.
func TestSearchPath(t *testing.T) {
	for sql, path := range map[string][]string{
		`set search_path to "$user", Shop, "Odd, Name"`:               {"u", "shop", "Odd, Name"},
		`set local search_path = 'a, B'`:                              {"a, B"},
		`select pg_catalog.set_config('search_path', 'A, "B"', true)`: {"a", "B"},
		`set search_path to default`:                                  {"public"},
		`select set_config('search_path', '', false)`:                 {"public"},
	} {
		c := &client{user: "u"}
		c.followSettings(sqltext.Statements(sql, sqltext.Server)[0], &defaults{roles: map[string]lockTimeout{}})
		want(t, sql, c.path(), path)
	}
}
