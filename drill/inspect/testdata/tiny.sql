create table t (id integer primary key, name text);
insert into t values (1, 'a'), (2, null);
create function f(x integer) returns integer language sql immutable as $f$ select x; $f$;
create index i on t (f(id));
select lo_create(4711);
select lowrite(lo_open(4711, 131072), 'large');
