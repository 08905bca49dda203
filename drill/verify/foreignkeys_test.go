package verify

import (
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestForeignKeysAgain fills tables as a restore with disabled triggers does. Only
// the check by query finds rows that refer to nothing.
func TestForeignKeysAgain(t *testing.T) {
	cases := []struct{ name, script, text string }{
		{name: "matched", script: `create table p (id int primary key); create table c (p int references p); insert into p values (1); insert into c values (1), (null)`},
		{
			name: "simple", script: `create table p (id int primary key); create table c (p int references p); insert into c values (7), (8), (null)`,
			text: "foreign key c_p_fkey on public.c: the referenced row is missing for 2 rows",
		},
		{
			name:   "names",
			script: `create table "P x" ("I""d" int primary key); create table "C." ("to P" int constraint "Refers!" references "P x"); insert into "C." values (7)`,
			text:   `foreign key "Refers!" on public."C.": the referenced row is missing for 1 row`,
		},
		{
			name: "composite, simple match", script: `create table p (a int, b int, primary key (a, b)); create table c (a int, b int, foreign key (a, b) references p);
insert into p values (1, 1); insert into c values (1, 1), (1, null), (1, 2)`,
			text: "foreign key c_a_b_fkey on public.c: the referenced row is missing for 1 row",
		},
		{
			name: "composite, full match", script: `create table p (a int, b int, primary key (a, b)); create table c (a int, b int, foreign key (a, b) references p match full);
insert into p values (1, 1); insert into c values (1, 1), (null, null), (1, null)`,
			text: "foreign key c_a_b_fkey on public.c: the referenced row is missing for 1 row",
		},
		{
			name: "order of columns", script: `create table p (a int, b text, primary key (a, b)); create table c (x text, y int, foreign key (y, x) references p (a, b));
insert into p values (1, 'x'); insert into c values ('x', 1)`,
		},
		{
			name: "other type and collation", script: `create table p (id varchar(10) collate "C" primary key, n bigint unique); create domain d as smallint;
create table c (p text collate "POSIX" references p, n d references p (n)); insert into p values ('a', 5); insert into c values ('a', 5), ('b', 5)`,
			text: "foreign key c_p_fkey on public.c: the referenced row is missing for 1 row",
		},
		{
			name: "to itself", script: `create table p (id int primary key, parent int references p); insert into p values (1, null), (2, 1), (3, 9)`,
			text: "foreign key p_parent_fkey on public.p: the referenced row is missing for 1 row",
		},
		{
			name: "partitioned", script: `create table p (id int primary key) partition by list (id); create table p1 partition of p for values in (1); create table p2 partition of p for values in (2);
create table c (id int, p int references p) partition by list (id); create table c1 partition of c for values in (1);
insert into p values (1), (2); insert into c values (1, 2), (1, 3)`,
			text: "foreign key c_p_fkey on public.c: the referenced row is missing for 1 row",
		},
		{
			name: "inherited rows do not count", script: `create table p (id int primary key); create table heir () inherits (p); create table c (p int references p);
insert into heir values (1); insert into c values (1)`,
			text: "foreign key c_p_fkey on public.c: the referenced row is missing for 1 row",
		},
		{name: "not valid", script: `create table p (id int primary key); create table c (p int); insert into c values (7); alter table c add foreign key (p) references p not valid`},
		{
			name: "numeric scale", script: `create table p (n numeric primary key); create table c (n numeric references p); insert into p values (1.0); insert into c values (1.00)`,
		},
	}
	s := restored(t, "")
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s.refill(t, "set session_replication_role = replica; "+c.script+"; reset session_replication_role")
			_, code, text := verifyAll(t, at(standard), s, inspect.Promise{})
			want(t, "standard", string(code)+text, "")
			report, code, text := verifyAll(t, at(deep), s, inspect.Promise{})
			want(t, "text", text, c.text)
			status := outcome.CheckPassed
			if c.text != "" {
				status = outcome.CheckFailed
				want(t, "code", code, outcome.ConstraintViolated)
			}
			want(t, "status", named(t, report, "foreign keys").Status, status)
		})
	}
}
