package verify

import (
	"strings"
	"testing"
)

// hidesOperators creates the same objects with and without the = of citext in the
// search_path: as in production, and as from a dump.
const hidesOperators = `
create schema ext; create extension citext schema ext;
create domain ext.mail as ext.citext;
create function f() returns trigger language plpgsql as 'begin return new; end';
`

const objectsWithHiddenOperators = `
create table %[1]s.t (k ext.citext, j ext.citext, m ext.mail, s varchar, n name, i int check (i is distinct from 7), constraint same check (k is not distinct from j),
  constraint constant check ('x' is distinct from m), check (s is distinct from 'x'), check (n is distinct from 'x'), check (k::text is distinct from j::text));
create view %[1]s.plain as select k from %[1]s.t where k::text = 'x' and s in (select s from %[1]s.t) and k::text in (select j::text from %[1]s.t);
create view %[1]s.by_nullif as select nullif(k, j) as n from %[1]s.t;
create view %[1]s.by_case as select case k when j then 1 end as c from %[1]s.t;
create view %[1]s.by_in as select i from %[1]s.t where k in (select j from %[1]s.t);
create view %[1]s.by_using as select k from %[1]s.t a join %[1]s.t b using (k);
create view %[1]s.by_using_two as select k from %[1]s.t a join %[1]s.t b using (k, i);
create index by_index on %[1]s.t ((nullif(k, j)));
create trigger by_trigger before update on %[1]s.t for each row when (old.k is distinct from new.k) execute function public.f();
`

func checkHiddenOperators(t *testing.T, s fixture) {
	t.Helper()
	run(t, s.conn, hidesOperators+"create schema production; create schema restored; set search_path = public, ext;"+
		strings.ReplaceAll(objectsWithHiddenOperators, "%[1]s", "production")+"set search_path = '';"+
		strings.ReplaceAll(objectsWithHiddenOperators, "%[1]s", "restored")+"reset search_path")
	v, err := checkOperators(t.Context(), s.session(t))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "findings", findings(v.findings), []string{"search_path_dependency"})
	want(t, "saw", v.check.Saw, "9 by another")
	rows, err := s.conn.Query(t.Context(), changedOperatorsSQL, hiddenOperators)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got []string
	for rows.Next() {
		var object, kind, operator string
		if err := rows.Scan(&object, &kind, &operator); err != nil {
			t.Fatal(err)
		}
		got = append(got, object+" "+operator)
	}
	want(t, "objects", got, []string{
		`index restored.by_index ext.=`,
		`rule "_RETURN" on restored.by_case ext.=`, `rule "_RETURN" on restored.by_in ext.=`, `rule "_RETURN" on restored.by_nullif ext.=`,
		`rule "_RETURN" on restored.by_using ext.=`, `rule "_RETURN" on restored.by_using_two ext.=`,
		`table constraint constant on restored.t ext.=`, `table constraint same on restored.t ext.=`,
		`trigger by_trigger on restored.t ext.=`,
	})
	run(t, s.conn, "drop schema production, restored, ext cascade; drop function f")
}
