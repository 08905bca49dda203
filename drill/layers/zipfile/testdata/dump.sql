-- PostgreSQL database dump
insert into public.items values (0, 'a row of the table, number 0');
insert into public.items values (1, 'a row of the table, number 1');
insert into public.items values (2, 'a row of the table, number 2');
insert into public.items values (3, 'a row of the table, number 3');
insert into public.items values (4, 'a row of the table, number 4');
insert into public.items values (5, 'a row of the table, number 5');
insert into public.items values (6, 'a row of the table, number 6');
insert into public.items values (7, 'a row of the table, number 7');
insert into public.items values (8, 'a row of the table, number 8');
-- PostgreSQL database dump complete
