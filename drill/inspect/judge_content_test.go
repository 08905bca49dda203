package inspect_test

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// judged returns the code with which a dump is judged.
func judged(t *testing.T, sql string) (outcome.Code, error) {
	t.Helper()
	c, err := scan(t, []byte(sql))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	_, err = inspect.Judge(c, nil, inspect.Policy{})
	return codeOf(err), err
}

func TestDataOfTheDumpItself(t *testing.T) {
	const (
		table = "CREATE TABLE public.t (a int);\n"
		cron  = "CREATE EXTENSION pg_cron WITH SCHEMA pg_catalog;\nCOPY cron.job (jobid) FROM stdin;\n1\n\\.\n"
		none  = outcome.DumpNoData
		part  = outcome.FormatUnsupported // a schema without pg_dump's comments may be one of several files
	)
	for sql, want := range map[string]outcome.Code{
		cron:         none,
		cron + table: none,
		cron + table + "INSERT INTO public.t VALUES (1);\n":                                  "",
		cron + "INSERT INTO cron.job VALUES (1) ON CONFLICT DO NOTHING;\n":                   none,
		table + "COPY public.t FROM stdin WITH (FORMAT csv);\n\\.\n":                         none,
		table + "COPY public.t FROM stdin WITH (FORMAT csv);\n1\n\\.\n":                      "",
		table + "INSERT INTO public.t SELECT 1 WHERE false;\n":                               "", // counted after the restore
		table + "DO $$ BEGIN INSERT INTO public.t VALUES (1); END $$;\n":                     "",
		table + "SELECT fill();\n":                                                           "",
		table + "SELECT 1;\nSELECT pg_catalog.setval('public.s', 1);\n":                      part,
		"CREATE TABLE public.t AS SELECT 1;\n":                                               "",
		"CREATE FOREIGN TABLE f (a int) SERVER s;\nCOPY f (a) FROM stdin;\n1\n\\.\n":         "",
		"CREATE TEMP TABLE x (a int);\nINSERT INTO x VALUES (1);\n" + table:                  part,
		"CREATE VIEW v AS SELECT 1 AS a;\nINSERT INTO v VALUES (1);\n":                       "",
		"SET search_path = app, public;\nCREATE TABLE t (a int);\nINSERT INTO t SELECT 1;\n": "",
	} {
		if got, err := judged(t, sql); got != want {
			t.Errorf("%s: %q (%v), want %q", sql, got, err, want)
		}
	}
}

func TestPartsOfADatabase(t *testing.T) {
	const (
		rows    = "COPY public.t (a) FROM stdin;\n1\n\\.\n"
		table   = "CREATE TABLE public.t (a int);\n"
		partial = outcome.DumpPartial
	)
	for sql, want := range map[string]outcome.Code{
		rows:                          partial,
		"INSERT INTO t VALUES (1);\n": partial,
		"CREATE TABLE public.u (a int);\n" + rows: partial,
		"CREATE EXTENSION pg_trgm;\n" + rows:      partial,
		"COPY cron.job (a) FROM stdin;\n1\n\\.\n": partial,
		"COPY public.t (a) FROM stdin;\n\\.\n":    partial,
		"CREATE TEMP TABLE t (a int);\n" + rows:   partial,
		table + rows:                              "",
		"CREATE EXTENSION timescaledb;\n" + table + "COPY _timescaledb_catalog.hypertable (a) FROM stdin;\n1\n\\.\n" + rows: "",
		"CREATE EXTENSION postgis;\n" + table + rows + "COPY public.spatial_ref_sys (a) FROM stdin;\n1\n\\.\n":              "",
		"CREATE TABLE t AS SELECT 1 AS a;\n" + rows:                                                                                                "",
		"SELECT 1 AS a INTO t;\n" + rows:                                                                                                           "",
		"DO $$ BEGIN CREATE TABLE t (a int); END $$;\n" + rows:                                                                                     "",
		"SELECT create_tables();\n" + rows:                                                                                                         "",
		"CALL create_tables();\n" + rows:                                                                                                           "",
		"CREATE TABLE u (a int);\nALTER TABLE u RENAME TO t;\n" + rows:                                                                             "",
		"CREATE TABLE app.t (a int);\nALTER TABLE app.t SET SCHEMA public;\n" + rows:                                                               "",
		"CREATE SCHEMA app CREATE TABLE t (a int);\nINSERT INTO app.t VALUES (1);\n":                                                               "",
		"IMPORT FOREIGN SCHEMA x FROM SERVER s INTO public;\n" + rows:                                                                              "",
		"CREATE FOREIGN TABLE public.t (a int) SERVER s;\n" + rows:                                                                                 "",
		"CREATE TABLE t (a int) PARTITION BY LIST (a);\nCREATE TABLE t1 PARTITION OF t DEFAULT;\n" + rows:                                          "",
		"CREATE TABLE u (a int);\nCREATE TABLE t () INHERITS (u);\n" + rows:                                                                        "",
		"SET search_path = app, public;\nCREATE TABLE t (a int);\n" + rows:                                                                         "",
		"CREATE TABLE public.t (a int);\nSET search_path = app, public;\nINSERT INTO t VALUES (1);\n":                                              "",
		table + rows + "INSERT INTO pg_catalog.pg_largeobject VALUES (1, 0, 'x');\n":                                                               "",
		table + rows + "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.u(a);\n":                                      partial,
		table + rows + "ALTER TABLE ONLY public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES public.t(a);\n":                                      "",
		table + rows + "ALTER TABLE ONLY public.p ATTACH PARTITION public.t DEFAULT;\n":                                                            partial,
		"CREATE EXTENSION postgis;\n" + table + rows + "ALTER TABLE public.t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES spatial_ref_sys(srid);\n": "",
	} {
		if got, err := judged(t, sql); got != want {
			t.Errorf("%s: %q (%v), want %q", sql, got, err, want)
		}
	}
	_, err := judged(t, rows+"COPY public.\"U\nx\" (a) FROM stdin;\n1\n\\.\n")
	if err == nil || !strings.Contains(err.Error(), "2 tables that it does not create: public.U?x, public.t") {
		t.Errorf("message %v", err)
	}
}

// A dump that was taken with row security on lacks rows.
func TestRowsThatTheDumpCannotSee(t *testing.T) {
	for value, want := range map[string]bool{"off": false, "on": true, "'ON'": true, "true": true, "1": true, "0": false} {
		c, err := scan(t, []byte(dumpOf("SET row_security = "+value+";\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n")))
		if err != nil {
			t.Fatal(err)
		}
		found, _ := inspect.Judge(c, nil, inspect.Policy{})
		if got := len(found) == 1 && found[0].Code == "partial_rows"; got != want {
			t.Errorf("%s: %+v", value, found)
		}
	}
}
