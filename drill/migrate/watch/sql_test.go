package watch

import (
	"strings"
	"testing"
)

func TestStatements(t *testing.T) {
	tests := []struct {
		name, sql string
		want      []string // the tokens of each, parted by spaces
	}{
		{"parts", "SELECT 1; ;\nselect 'a;b' ;", []string{"select 1", "select a;b"}},
		{"names", `alter table "A""b".É rename "c d" to e$1`, []string{`alter table A"b . É rename c d to e$1`}},
		{"comments", "select /* a /* b; */ ; */ 1 -- ;\n, 2", []string{"select 1 , 2"}},
		{"strings", `select E'a\'b', U&'x', $$;$$, $x$ $$ ; $x$, n'y'`, []string{"select a'b , x , ; ,  $$ ;  , y"}},
		{
			"a body in SQL", "create function f() returns int begin atomic select case when a then 1 end; select 2; end; select 3",
			[]string{"create function f ( ) returns int begin atomic select case when a then 1 end ; select 2 ; end", "select 3"},
		},
		{"cut off", "select 'abc", []string{"select abc"}},
		{"a rule with several actions", "create rule r as on insert to t do (select 1; select 2)", []string{"create rule r as on insert to t do ( select 1 ; select 2 )"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, tokens := range statements(tt.sql) {
				var texts []string
				for _, token := range tokens {
					texts = append(texts, token.text)
				}
				got = append(got, strings.Join(texts, " "))
			}
			want(t, "statements", got, tt.want)
		})
	}
}

// FuzzStatements: whatever is logged, it is read to its end.
func FuzzStatements(f *testing.F) {
	for _, seed := range []string{"", "select E'\\", `U&"`, "$a$ $", "/* /*", "begin atomic case end; end", "\xff'\x00", "alter table a add", "create index on only", "lock in"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, sql string) {
		w, c := newWorld(&catalog{}), &client{}
		for _, part := range statements(sql) {
			w.claimsOf(part, c)
			c.sets(part, defaults{roles: map[string]lockTimeout{}})
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
		if got := isNoise(statements(sql)[0]); got != noise {
			t.Errorf("%s: %v", sql, got)
		}
	}
}
