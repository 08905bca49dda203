package watch

import "testing"

// orders is a table with enough rows that work on all of them takes its time.
const orders = `
create table customers (id int primary key, name text not null, phone text);
insert into customers select g, 'c' || g from generate_series(1, 1000) g;
create table orders (id int primary key, customer int, status text, total int, note text);
insert into orders select g, g % 1000 + 1, 'open', g, repeat('x', 50) from generate_series(1, 50000) g;
create table empty (id int primary key, a int);
`

func TestFirst(t *testing.T) {
	s := shop(t, major, orders)
	seen := bySQL(t, s, `
create index orders_status on orders (status);
begin;
alter table orders add column shipped date;
update orders set note = 'bob' where id = 4711;
commit;
alter table orders drop column total;
`)
	t.Log(show(seen))
	t.Logf("%+v", seen.Migration.Schema)
	t.Logf("%+v %+v %+v", seen.Blocked, seen.Written, seen.Migration)
}
