package watch

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/fixtures/images"
)

// shopRows is a database with enough rows for findings.
const shopRows = `
create table customers (id int primary key, name text not null, phone text, born date);
insert into customers select g, 'c' || g, '+49' || g from generate_series(1, 1000) g;
create table orders (id int primary key, customer int, status varchar(20), total int, note text, paid timestamptz);
insert into orders select g, g % 1000 + 1, 'open', g, 'n' from generate_series(1, 3000) g;
create index orders_customer on orders (customer);
create unique index orders_total on orders (total);
create table unused (id int primary key, a int, b text);
`

// timeLimit is the first statement of a careful tool.
const timeLimit = "set lock_timeout = '2s';\n"

// TestFindings: each unsafe form has a finding, and no safe form has one.
func TestFindings(t *testing.T) {
	tests := []struct {
		name   string
		sql    string
		want   []string // code and on
		hint   string   // part of the first finding's hint
		before string   // runs after shopRows
	}{
		{name: "E1 check at once", sql: "alter table orders add constraint positive check (total > 0)", want: []string{"blocks_reads public.orders"}, hint: `VALIDATE CONSTRAINT "positive"`},
		{name: "E1 check not valid", sql: "alter table orders add constraint positive check (total > 0) not valid; alter table orders validate constraint positive"},
		{name: "a check left not validated", sql: "alter table orders add constraint positive check (total > 0) not valid", want: []string{"constraint_not_validated public.orders.positive"}, hint: "VALIDATE CONSTRAINT positive"},
		{name: "E1 foreign key at once", sql: "alter table orders add foreign key (customer) references customers", want: []string{"blocks_writes public.customers", "blocks_writes public.orders"}, hint: "NOT VALID"},
		{name: "E1 foreign key not valid", sql: "alter table orders add constraint f foreign key (customer) references customers not valid; alter table orders validate constraint f"},
		{name: "E2 not null", sql: "alter table orders alter customer set not null", want: []string{"blocks_reads public.orders"}, hint: `CHECK ("customer" IS NOT NULL) NOT VALID`},
		{name: "E2 not null after a check", sql: "alter table orders add constraint c check (customer is not null) not valid; alter table orders validate constraint c; alter table orders alter customer set not null; alter table orders drop constraint c"},
		{name: "E2 not null that is so already", sql: "alter table customers alter name set not null; comment on table customers is 'x'"},
		{name: "E3 json", sql: "alter table orders add data json", want: []string{"adds_json_column public.orders.data"}, hint: "jsonb"},
		{name: "E3 jsonb", sql: "alter table orders add data jsonb"},
		{name: "E4 more under the lock", sql: "begin; alter table orders add a int; select count(*) from orders; commit", want: []string{"many_statements_under_lock public.orders"}, hint: "end the transaction"},
		{name: "E4 a tool's own row", before: "create table schema_migrations (version text)", sql: "begin; alter table orders add a int; insert into schema_migrations values ('17'); commit"},
		{name: "E16 more under a weaker lock", before: "create function f() returns trigger language plpgsql as $$ begin return new; end $$; create trigger t before insert on orders for each row execute function f()", sql: "begin; alter table orders disable trigger t; select count(*) from orders; commit", want: []string{"many_statements_under_lock public.orders"}},
		{name: "E5 type", sql: "alter table orders alter total type bigint", want: []string{"rewrites_table public.orders"}, hint: "of type bigint"},
		{name: "E5 type without a rewrite", sql: "alter table orders alter status type varchar(40)"},
		{name: "E6 index", sql: "create index on orders (status)", want: []string{"blocks_writes public.orders"}, hint: "CREATE INDEX CONCURRENTLY"},
		{name: "E6 index concurrently", sql: "create index concurrently on orders (status)"},
		{name: "E6 index that is there", sql: "create index if not exists orders_customer on orders (customer); comment on table orders is 'x'"},
		{name: "E7 unique", sql: "alter table orders add constraint u unique (total)", want: []string{"blocks_reads public.orders"}, hint: "USING INDEX"},
		{name: "E7 unique using an index", sql: "create unique index concurrently u on orders (total); alter table orders add constraint u unique using index u"},
		{name: "E8 exclusion", sql: "alter table orders add exclude using btree (total with =)", want: []string{"blocks_reads public.orders"}, hint: "swap"},
		{name: "E9 no timeout", sql: "reset lock_timeout; alter table orders add a int", want: []string{"no_lock_timeout public.orders"}, hint: "SET lock_timeout"},
		{name: "E9 zero", sql: "set lock_timeout = '0ms'; alter table orders add a int", want: []string{"no_lock_timeout public.orders"}},
		{name: "E9 local timeout", sql: "reset lock_timeout; begin; set local lock_timeout to '1s'; alter table orders add a int; commit"},
		{name: "E9 local timeout that has ended", sql: "reset lock_timeout; begin; set local lock_timeout to '1s'; commit; alter table orders add a int", want: []string{"no_lock_timeout public.orders"}},
		{name: "E9 by function", sql: "reset lock_timeout; select set_config('lock_timeout', '1s', false); alter table orders add a int"},
		{name: "E10 rewrite", sql: "alter table orders set unlogged", want: []string{"rewrites_table public.orders"}},
		{name: "E10 index", sql: "reindex index orders_customer", want: []string{"blocks_reads public.orders", "rewrites_table public.orders"}, hint: "CONCURRENTLY"},
		{name: "E10 reindex concurrently", sql: "reindex index concurrently orders_customer; comment on table orders is 'x'"},
		{name: "E11 serial", sql: "alter table orders add n serial", want: []string{"rewrites_table public.orders"}, hint: "nextval"},
		{name: "E11 stored", sql: "alter table orders add n int generated always as (total * 2) stored", want: []string{"rewrites_table public.orders"}, hint: "trigger"},
		{name: "E11 volatile default", sql: "alter table orders add n uuid default gen_random_uuid()", want: []string{"rewrites_table public.orders"}, hint: "SET DEFAULT"},
		{name: "E11 constant default", sql: "alter table orders add n int not null default 7"},
		{name: "E15 no index", sql: "alter table customers add best int; alter table customers add constraint f foreign key (best) references orders not valid; alter table customers validate constraint f", want: []string{"fk_without_index public.customers.f"}, hint: "(best)"},
		{name: "E15 partial index", sql: "create table items (o int references orders); create index on items (o) where o > 1", want: []string{"fk_without_index public.items.items_o_fkey"}},
		{name: "E15 index", sql: "create table items (o int references orders); create index on items (o)"},
		{name: "W12 several", sql: "begin; alter table orders add a int; alter table orders add b int; commit", want: []string{"many_statements_under_lock public.orders", "several_alter_tables public.orders"}},
		{name: "W12 one", sql: "alter table orders add a int, add b int"},
		{name: "W13 enum", sql: "create type mood as enum ('sad')", want: []string{"creates_enum public.mood"}},
		{name: "W13 domain", sql: "create domain positive as int check (value > 0)"},
		{name: "W14 key of columns that may be null", sql: "alter table orders drop constraint orders_pkey; alter table orders add primary key using index orders_total", want: []string{"blocks_reads public.orders"}, hint: "IS NOT NULL"},
		{name: "W14 key of columns that are not null", sql: "alter table orders add constraint c check (total is not null) not valid; alter table orders validate constraint c; alter table orders drop constraint orders_pkey; alter table orders alter total set not null; alter table orders add primary key using index orders_total"},

		{name: "column with values", sql: "alter table customers drop phone", want: []string{"drops_data public.customers.phone"}, hint: "migrate.allow"},
		{name: "column without", sql: "alter table customers drop born"},
		{name: "renamed", sql: "alter table customers rename phone to tel; alter table customers rename to clients"},
		{name: "remade", sql: "alter table customers drop phone, add phone text", want: []string{"drops_data public.customers.phone"}},
		{name: "table", sql: "drop table orders", want: []string{"drops_data public.orders"}},
		{name: "empty table", sql: "drop table unused"},
		{name: "schema", before: "create schema old; create table old.t as select 1 as a", sql: "drop schema old cascade", want: []string{"drops_data old.t"}},
		{name: "truncated", sql: "truncate orders", want: []string{"drops_data public.orders"}},
		{name: "truncated and filled", sql: "truncate orders; insert into orders (id) values (1)", want: []string{"drops_data public.orders"}},
		{name: "all deleted", sql: "delete from orders", want: []string{"drops_data public.orders"}},
		{name: "some deleted", sql: "delete from orders where id < 100"},
		{name: "nothing", sql: "select count(*) from orders", want: []string{"nothing_to_migrate"}},
		{name: "a tool's own table only", sql: "create table goose_db_version (id int generated by default as identity primary key, v bigint); insert into goose_db_version (v) values (1)", want: []string{"nothing_to_migrate"}},
		{name: "the empty table", sql: "create index on unused (a); alter table unused alter a set not null, alter a type bigint, add unique (a)"},
		{name: "a new table", sql: "create table fresh (id int primary key, a int); create index on fresh (a); alter table fresh alter a set not null; drop table fresh; create table other (a json)"},
		{
			name: "attached", before: "create table events (id int, at date) partition by range (at); create table old_events (id int, at date); insert into old_events values (1, '2026-01-01')",
			sql: "alter table old_events add constraint r check (at >= '2026-01-01' and at < '2027-01-01' and at is not null) not valid; alter table old_events validate constraint r; alter table events attach partition old_events for values from ('2026-01-01') to ('2027-01-01')",
		},
		{
			name: "detached", before: "create table events (id int, at date) partition by range (at); create table e1 partition of events for values from ('2026-01-01') to ('2027-01-01'); insert into events values (1, '2026-01-01')",
			sql: "alter table events detach partition e1",
		},
		{
			name: "partition dropped", before: "create table events (id int, at date) partition by range (at); create table e1 partition of events for values from ('2026-01-01') to ('2027-01-01'); insert into events values (1, '2026-01-01')",
			sql: "drop table e1", want: []string{"drops_data public.e1"},
		},
		{name: "refreshed", before: "create materialized view m as select count(*) n from orders", sql: "refresh materialized view m", want: []string{"blocks_reads public.m"}, hint: "REFRESH MATERIALIZED VIEW CONCURRENTLY"},
		{name: "vacuum full", sql: "vacuum full orders; comment on table orders is 'x'", want: []string{"blocks_reads public.orders", "rewrites_table public.orders"}},
	}
	majors := images.Majors("13", "15", "17", "18") // each runs its share, in parallel
	for i, major := range majors {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			s := shop(t, major, "")
			conn := connect(t, s, s.Database)
			for n := i; n < len(tests); n += len(majors) {
				tt := tests[n]
				t.Run(tt.name, func(t *testing.T) {
					run(t, conn, "drop schema if exists public, old cascade")
					run(t, conn, "create schema public; "+shopRows+tt.before)
					run(t, conn, "analyze")
					seen := bySQL(t, s, timeLimit+tt.sql)
					got := codes(seen)
					for i, c := range got {
						got[i] = strings.TrimSuffix(c, " "+s.Database)
					}
					want(t, "findings", got, append([]string{}, tt.want...))
					if tt.hint != "" && (len(seen.Findings) == 0 || !strings.Contains(seen.Findings[0].Hint, tt.hint)) {
						t.Errorf("no %q in the hint", tt.hint)
					}
					if t.Failed() {
						t.Log(show(seen))
					}
				})
			}
		})
	}
}
