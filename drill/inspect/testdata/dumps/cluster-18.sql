--
-- PostgreSQL database cluster dump
--

\restrict Fq3vDD0ybbJYXLR9XgBPMhByxlbfrv63OwmZPa9dmj7g9eIJuE9tqfvvmfcLVYe

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE "odd role";
ALTER ROLE "odd role" WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER INHERIT CREATEROLE CREATEDB LOGIN REPLICATION BYPASSRLS;
CREATE ROLE shop_app;
ALTER ROLE shop_app WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;
CREATE ROLE shop_owner;
ALTER ROLE shop_owner WITH NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS;

--
-- User Configurations
--








\unrestrict Fq3vDD0ybbJYXLR9XgBPMhByxlbfrv63OwmZPa9dmj7g9eIJuE9tqfvvmfcLVYe

--
-- Databases
--

--
-- Database "template1" dump
--

\connect template1

--
-- PostgreSQL database dump
--

\restrict 79li7XbELBGWBODfzKB4IjgWzbHN25W1KwZJ5K5EVKqHcbJ2xT8erdWHN3ObI91

-- Dumped from database version 18.6 (Debian 18.6-3)
-- Dumped by pg_dump version 18.6 (Debian 18.6-3)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- PostgreSQL database dump complete
--

\unrestrict 79li7XbELBGWBODfzKB4IjgWzbHN25W1KwZJ5K5EVKqHcbJ2xT8erdWHN3ObI91

--
-- Database "postgres" dump
--

\connect postgres

--
-- PostgreSQL database dump
--

\restrict LqegVkSV0Fi2qsgdgm7Z4pPsxHYQMzclzqaEwy6h0Brbb6yJ3Elc3JYvqYPYFk7

-- Dumped from database version 18.6 (Debian 18.6-3)
-- Dumped by pg_dump version 18.6 (Debian 18.6-3)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- PostgreSQL database dump complete
--

\unrestrict LqegVkSV0Fi2qsgdgm7Z4pPsxHYQMzclzqaEwy6h0Brbb6yJ3Elc3JYvqYPYFk7

--
-- Database "shop" dump
--

--
-- PostgreSQL database dump
--

\restrict kYfafTo2aLJsHLA1g7eunhYR8c1TpkS4LzEOZxs8lpiD7NWDMVGbeYjD1pnbt0B

-- Dumped from database version 18.6 (Debian 18.6-3)
-- Dumped by pg_dump version 18.6 (Debian 18.6-3)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: shop; Type: DATABASE; Schema: -; Owner: shop_owner
--

CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'C';


ALTER DATABASE shop OWNER TO shop_owner;

\unrestrict kYfafTo2aLJsHLA1g7eunhYR8c1TpkS4LzEOZxs8lpiD7NWDMVGbeYjD1pnbt0B
\connect shop
\restrict kYfafTo2aLJsHLA1g7eunhYR8c1TpkS4LzEOZxs8lpiD7NWDMVGbeYjD1pnbt0B

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: odd.schema; "s"; Type: SCHEMA; Schema: -; Owner: postgres
--

CREATE SCHEMA "odd.schema; ""s""";


ALTER SCHEMA "odd.schema; ""s""" OWNER TO postgres;

--
-- Name: sales; Type: SCHEMA; Schema: -; Owner: shop_owner
--

CREATE SCHEMA sales;


ALTER SCHEMA sales OWNER TO shop_owner;

--
-- Name: pg_trgm; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;


--
-- Name: EXTENSION pg_trgm; Type: COMMENT; Schema: -; Owner: 
--

COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';


--
-- Name: status; Type: TYPE; Schema: sales; Owner: postgres
--

CREATE TYPE sales.status AS ENUM (
    'new',
    'paid; "x"'
);


ALTER TYPE sales.status OWNER TO postgres;

--
-- Name: f(integer); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.f(a integer) RETURNS integer
    LANGUAGE sql
    AS $_$ SELECT a; -- ; $body$ $_$;


ALTER FUNCTION public.f(a integer) OWNER TO postgres;

--
-- Name: f(text); Type: FUNCTION; Schema: public; Owner: shop_owner
--

CREATE FUNCTION public.f(a text) RETURNS text
    LANGUAGE plpgsql
    AS $_$ BEGIN RETURN '\.' || $1; END; $_$;


ALTER FUNCTION public.f(a text) OWNER TO shop_owner;

--
-- Name: tr(); Type: FUNCTION; Schema: public; Owner: postgres
--

CREATE FUNCTION public.tr() RETURNS trigger
    LANGUAGE plpgsql
    AS $$BEGIN RETURN NEW; END$$;


ALTER FUNCTION public.tr() OWNER TO postgres;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: ta ble; Type: TABLE; Schema: odd.schema; "s"; Owner: odd role
--

CREATE TABLE "odd.schema; ""s"""."ta
ble" (
    "co
l" text,
    "sel ect" text
);


ALTER TABLE "odd.schema; ""s"""."ta
ble" OWNER TO "odd role";

--
-- Name: empty_one; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.empty_one (
    a integer
);


ALTER TABLE public.empty_one OWNER TO postgres;

--
-- Name: events; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events (
    at date NOT NULL
)
PARTITION BY RANGE (at);


ALTER TABLE public.events OWNER TO postgres;

--
-- Name: events_2026; Type: TABLE; Schema: public; Owner: postgres
--

CREATE TABLE public.events_2026 (
    at date CONSTRAINT events_at_not_null NOT NULL
);


ALTER TABLE public.events_2026 OWNER TO postgres;

--
-- Name: users; Type: TABLE; Schema: public; Owner: shop_owner
--

CREATE TABLE public.users (
    id bigint NOT NULL,
    email text NOT NULL,
    note text DEFAULT 'it''s; \n'::text
);


ALTER TABLE public.users OWNER TO shop_owner;

--
-- Name: TABLE users; Type: COMMENT; Schema: public; Owner: shop_owner
--

COMMENT ON TABLE public.users IS 'a ''quoted''; \ comment -- x /* y */ $$';


--
-- Name: users_id_seq; Type: SEQUENCE; Schema: public; Owner: shop_owner
--

ALTER TABLE public.users ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: v; Type: VIEW; Schema: public; Owner: postgres
--

CREATE VIEW public.v AS
 SELECT id,
    email AS "E;mail"
   FROM public.users;


ALTER VIEW public.v OWNER TO postgres;

--
-- Name: orders; Type: TABLE; Schema: sales; Owner: postgres
--

CREATE TABLE sales.orders (
    id integer NOT NULL,
    user_id bigint,
    status sales.status DEFAULT 'new'::sales.status,
    total integer
);


ALTER TABLE sales.orders OWNER TO postgres;

--
-- Name: orders_id_seq; Type: SEQUENCE; Schema: sales; Owner: postgres
--

CREATE SEQUENCE sales.orders_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER SEQUENCE sales.orders_id_seq OWNER TO postgres;

--
-- Name: orders_id_seq; Type: SEQUENCE OWNED BY; Schema: sales; Owner: postgres
--

ALTER SEQUENCE sales.orders_id_seq OWNED BY sales.orders.id;


--
-- Name: totals; Type: MATERIALIZED VIEW; Schema: sales; Owner: postgres
--

CREATE MATERIALIZED VIEW sales.totals AS
 SELECT status,
    count(*) AS n
   FROM sales.orders
  GROUP BY status
  WITH NO DATA;


ALTER MATERIALIZED VIEW sales.totals OWNER TO postgres;

--
-- Name: events_2026; Type: TABLE ATTACH; Schema: public; Owner: postgres
--

ALTER TABLE ONLY public.events ATTACH PARTITION public.events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');


--
-- Name: orders id; Type: DEFAULT; Schema: sales; Owner: postgres
--

ALTER TABLE ONLY sales.orders ALTER COLUMN id SET DEFAULT nextval('sales.orders_id_seq'::regclass);


--
-- Data for Name: ta ble; Type: TABLE DATA; Schema: odd.schema; "s"; Owner: odd role
--

COPY "odd.schema; ""s"""."ta
ble" ("co
l", "sel ect") FROM stdin;
\\.	\N
a\nb\tc\\	-- PostgreSQL database dump complete
\\.\n\\.	\\! ls
\.


--
-- Data for Name: empty_one; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.empty_one (a) FROM stdin;
\.


--
-- Data for Name: events_2026; Type: TABLE DATA; Schema: public; Owner: postgres
--

COPY public.events_2026 (at) FROM stdin;
2026-05-06
\.


--
-- Data for Name: users; Type: TABLE DATA; Schema: public; Owner: shop_owner
--

COPY public.users (id, email, note) FROM stdin;
1	ann@example.com	it's; \\n
2	bob@example.com	it's; \\n
3	cid@example.com	it's; \\n
\.


--
-- Data for Name: orders; Type: TABLE DATA; Schema: sales; Owner: postgres
--

COPY sales.orders (id, user_id, status, total) FROM stdin;
1	1	new	10
2	2	new	20
\.


--
-- Name: users_id_seq; Type: SEQUENCE SET; Schema: public; Owner: shop_owner
--

SELECT pg_catalog.setval('public.users_id_seq', 3, true);


--
-- Name: orders_id_seq; Type: SEQUENCE SET; Schema: sales; Owner: postgres
--

SELECT pg_catalog.setval('sales.orders_id_seq', 2, true);


--
-- Name: 16536..16537; Type: BLOB METADATA; Schema: -; Owner: postgres
--

SELECT pg_catalog.lo_create('16536');
SELECT pg_catalog.lo_create('16537');

ALTER LARGE OBJECT 16536 OWNER TO postgres;
ALTER LARGE OBJECT 16537 OWNER TO postgres;

--
-- Data for Name: 16536..16537; Type: BLOBS; Schema: -; Owner: postgres
--

BEGIN;

SELECT pg_catalog.lo_open('16536', 131072);
SELECT pg_catalog.lowrite(0, '\xdeadbeef');
SELECT pg_catalog.lo_close(0);

SELECT pg_catalog.lo_open('16537', 131072);
SELECT pg_catalog.lo_close(0);

COMMIT;

--
-- Name: users users_pkey; Type: CONSTRAINT; Schema: public; Owner: shop_owner
--

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: orders total_sane; Type: CHECK CONSTRAINT; Schema: sales; Owner: postgres
--

ALTER TABLE sales.orders
    ADD CONSTRAINT total_sane CHECK ((total < 1000000)) NOT VALID;


--
-- Name: Orders by total; Type: INDEX; Schema: sales; Owner: postgres
--

CREATE UNIQUE INDEX "Orders by total" ON sales.orders USING btree (total, id) WHERE (status <> 'new'::sales.status);


--
-- Name: orders touch; Type: TRIGGER; Schema: sales; Owner: postgres
--

CREATE TRIGGER touch BEFORE UPDATE ON sales.orders FOR EACH ROW EXECUTE FUNCTION public.tr();


--
-- Name: orders orders_user_id_fkey; Type: FK CONSTRAINT; Schema: sales; Owner: postgres
--

ALTER TABLE ONLY sales.orders
    ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES public.users(id);


--
-- Name: users see; Type: POLICY; Schema: public; Owner: shop_owner
--

CREATE POLICY see ON public.users FOR SELECT TO shop_app USING ((id > 0));


--
-- Name: users; Type: ROW SECURITY; Schema: public; Owner: shop_owner
--

ALTER TABLE public.users ENABLE ROW LEVEL SECURITY;

--
-- Name: pub; Type: PUBLICATION; Schema: -; Owner: postgres
--

CREATE PUBLICATION pub WITH (publish = 'insert, update, delete, truncate');


ALTER PUBLICATION pub OWNER TO postgres;

--
-- Name: pub users; Type: PUBLICATION TABLE; Schema: public; Owner: postgres
--

ALTER PUBLICATION pub ADD TABLE ONLY public.users;


--
-- Name: TABLE users; Type: ACL; Schema: public; Owner: shop_owner
--

GRANT SELECT ON TABLE public.users TO shop_app WITH GRANT OPTION;


--
-- Name: DEFAULT PRIVILEGES FOR TABLES; Type: DEFAULT ACL; Schema: sales; Owner: shop_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE shop_owner IN SCHEMA sales GRANT SELECT ON TABLES TO "odd role";


--
-- Name: totals; Type: MATERIALIZED VIEW DATA; Schema: sales; Owner: postgres
--

REFRESH MATERIALIZED VIEW sales.totals;


--
-- PostgreSQL database dump complete
--

\unrestrict kYfafTo2aLJsHLA1g7eunhYR8c1TpkS4LzEOZxs8lpiD7NWDMVGbeYjD1pnbt0B

--
-- PostgreSQL database cluster dump complete
--

