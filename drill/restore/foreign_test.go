package restore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/fixtures/images"
)

// foreignKeys has every kind of foreign key, of tables that are large enough to be checked beside others. %d is
// their number of rows.
const foreignKeys = `
	create table hub (id int primary key, "odd ""key""" int unique, note text);
	insert into hub select g, g, 'hub ' || g from generate_series(1, 1000) g;
	create table a (id int primary key, hub int not null references hub, odd int references hub ("odd ""key"""), self int references a, gone int, note text);
	create table "B" (id int primary key, a int references a on delete cascade deferrable initially deferred, hub int references hub on update set null, note text);
	create table p (id int, hub int references hub, a int, note text, primary key (id)) partition by range (id);
	create table p1 partition of p for values from (0) to (50000);
	create table p2 partition of p for values from (50000) to (1000000) partition by range (id);
	create table p3 partition of p2 for values from (50000) to (1000000);
	alter table p1 add foreign key (a) references a; alter table p3 add foreign key (a) references a;
	create table q (id int, hub int, note text) partition by range (id); create table q1 partition of q for values from (0) to (1000000);
	alter table q add foreign key (hub) references hub; alter table q1 add constraint again foreign key (hub) references hub;
	create table c (id int primary key, p int references p, note text);
	insert into a select g, 1 + g %% 1000, 1 + g %% 1000, g, g, repeat('note ', 20) || g from generate_series(1, %[1]d) g;
	insert into "B" select g, g, 1 + g %% 1000, repeat('note ', 20) || g from generate_series(1, %[1]d) g;
	insert into p select g, 1 + g %% 1000, g, repeat('note ', 20) || g from generate_series(1, %[1]d) g;
	insert into q select g, 1 + g %% 1000, repeat('note ', 20) || g from generate_series(1, %[1]d) g;
	insert into c select g, g, repeat('note ', 20) || g from generate_series(1, %[1]d) g;
	alter table a add constraint never foreign key (gone) references hub not valid;
	create table small (hub int references hub, a int references a); insert into small select g, g from generate_series(1, 100) g;
`

// foreignKeys18 has those that Postgres knows from 18 on. %d is their number of rows.
const foreignKeys18 = `
	create extension btree_gist; create table periods (id int, at daterange, primary key (id, at without overlaps));
	insert into periods select g, daterange('2025-01-01', '2026-01-01') from generate_series(1, 1000) g;
	create table stays (id int, at daterange, note text, foreign key (id, period at) references periods (id, period at));
	insert into stays select 1 + g %% 1000, daterange('2025-02-01', '2025-03-01'), repeat('note ', 20) || g from generate_series(1, %[1]d) g;
	alter table a add constraint unenforced foreign key (gone) references hub not enforced;
	alter table p add constraint unchecked foreign key (a) references hub not valid; alter table q add constraint unenforced foreign key (id) references a not enforced;
`

// catalogOfKeys shows what a dump does not: the constraints of partitions, and whether the server has checked them.
const catalogOfKeys = `select conrelid::regclass, conname, confrelid::regclass, convalidated, condeferred, conislocal, coninhcount, conparentid <> 0,
	(select count(*) from pg_trigger where tgconstraint = c.oid), pg_get_constraintdef(oid)
	from pg_constraint c where contype = 'f' order by conrelid::regclass::text, conname, confrelid::regclass::text`

// TestLoadersAgreeOnForeignKeys compares the catalogs.
func TestLoadersAgreeOnForeignKeys(t *testing.T) {
	t.Parallel()
	for _, major := range images.Majors("13", "18") {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			s := l.server(t)
			script := fmt.Sprintf(foreignKeys, 60_000)
			if major == "18" {
				script += fmt.Sprintf(foreignKeys18, 60_000)
			}
			l.createSource(t, s, script)
			for _, format := range []string{"plain", "custom"} {
				dump, keys := l.dumpSource(t, s, "--format="+format), map[string][]string{}
				for loader, jobs := range map[string]int{restore.LoaderParallel: 3, restore.LoaderClient: 1} {
					into, restored, f := l.drill(t, job{dump: dump, config: config.Restore{Loader: loader, Jobs: jobs}})
					if f != nil || (restored.Loader == restore.LoaderParallel) != (loader == restore.LoaderParallel) {
						t.Fatalf("%s: loaded by %q (%s): %v", format, restored.Loader, restored.WhyClient, f)
					}
					keys[loader] = strings.Split(l.psql(t, s, into.Database, catalogOfKeys), "\n")
				}
				got, want := keys[restore.LoaderParallel], keys[restore.LoaderClient]
				if diff := cmp.Diff(want, got); diff != "" || len(want) < 20 {
					t.Errorf("%s: the %d foreign keys differ (-client +parallel):\n%s", format, len(want), diff)
				}
			}
		})
	}
}

// TestLoadersAgreeOnABrokenForeignKey breaks a row, which the check of a foreign key finds, and adds
// a second key to a statement.
func TestLoadersAgreeOnABrokenForeignKey(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	s := l.server(t)
	dump := string(l.source(t, s, fmt.Sprintf(foreignKeys, 60_000)))
	broken := strings.Replace(dump, "\n777\t777\t778\tnote", "\n777\t777\t7780\tnote", 1)
	if broken == dump {
		t.Fatal("no such row")
	}
	l.failsAlike(t, broken, "psql")

	const last = "DEFERRABLE INITIALLY DEFERRED"
	both := strings.Replace(dump, last, last+", ADD CONSTRAINT two FOREIGN KEY (id) REFERENCES public.hub(id)", 1)
	if both == dump {
		t.Fatal("no such foreign key")
	}
	l.failsAlike(t, both, "psql")
}

// TestLoadersAgreeOnNamesOfForeignKeys restores what pg_dump has written of a table whose foreign key has the name that the
// server chooses in a new database for the part of another one. psql does not restore it.
func TestLoadersAgreeOnNamesOfForeignKeys(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	s := l.server(t)
	l.failsAlike(t, string(l.source(t, s, `
		create table u (id int primary key); create table p (id int primary key) partition by range (id); create table p1 partition of p for values from (0) to (9);
		create table c (a int, note text); alter table c add foreign key (a) references p; alter table c add foreign key (a) references u;
		create table p2 partition of p for values from (9) to (99); insert into u values (1); insert into p values (1); insert into c values (1, repeat('x', 5 << 20));
	`)), "psql")
}
