package redact

import (
	"strings"
	"testing"
)

func TestSQL(t *testing.T) {
	tests := []struct{ name, sql, want string }{
		{"a definition stays as it is", "ALTER TABLE public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (id);", "ALTER TABLE public.t ADD CONSTRAINT t_pkey PRIMARY KEY (id);"},
		{"numbers of definitions stay", "CREATE TABLE t (a varchar(20), b int4)", "CREATE TABLE t (a varchar(20), b int4)"},
		{"values of rows are hidden", "INSERT INTO t VALUES (17, 'bob', 'it''s', NULL, 1.5e3)", "INSERT INTO t VALUES (…, '…', '…', NULL, …)"},
		{"names keep their digits", `INSERT INTO t2 ("2fa", a1) VALUES (9, 8)`, `INSERT INTO t2 ("2fa", a1) VALUES (…, …)`},
		{"backslashes in E strings", `INSERT INTO t VALUES (E'it\'s bob', 'x')`, `INSERT INTO t VALUES ('…', '…')`},
		{"function bodies are hidden", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $_$ select 'bob' $_$;", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '…';"},
		{"comments are removed", "-- Name: bob; Type: x\n\nGRANT ALL /* bob */ ON t TO u;", "GRANT ALL ON t TO u;"},
		{"an unfinished literal is hidden to the end", "INSERT INTO t VALUES ('bob", "INSERT INTO t VALUES ('…'"},
		{"an unfinished dollar body too", "CREATE FUNCTION f() AS $$ bob", "CREATE FUNCTION f() AS '…'"},
		{"numbers of definitions stay, those of the next statement are hidden", "SET a = 1; INSERT INTO t VALUES (17)", "SET a = 1; INSERT INTO t VALUES (…)"},
		{"comments within comments are removed", "GRANT ALL /* a /* b */ bob */ ON t TO u;", "GRANT ALL ON t TO u;"},
		{"a dollar sign within a name begins no string", "INSERT INTO a$b$ VALUES (1); SELECT $1 FROM b$b$", "INSERT INTO a$b$ VALUES (…); SELECT $1 FROM b$b$"},
		{"prefixes stay, except that of an escape string", `SELECT U&'bob', x'0b', e'bob', 1.5e-3`, `SELECT U&'…', x'…', '…', …`},
		{"a text that is not SQL is not shown", "17\tbob\tbob@example.com\n;", ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := SQL(tt.sql); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestSQLIsShort(t *testing.T) {
	long := "CREATE TABLE t (" + strings.Repeat("é integer, ", 100000)
	if got := SQL(long); len([]rune(got)) != StatementLength || !strings.HasSuffix(got, "…") {
		t.Errorf("%d characters, ending in %q", len([]rune(got)), got[len(got)-10:])
	}
}

// TestStatement: Statement redacts SQL whatever its first word is.
func TestStatement(t *testing.T) {
	if got, want := Statement("/* by a tool */ (values ('bob', 17))"), "(values ('…', …))"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
