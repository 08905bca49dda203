package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Names without a schema are promised in the schema in which the server creates them.
// An empty schema is looked up by name after the restore.
func TestNamesWithoutASchema(t *testing.T) {
	const create, fill = "CREATE TABLE t (a int PRIMARY KEY);\n", "INSERT INTO t VALUES (1);\n"
	for name, c := range map[string]struct {
		sql  string
		want []string // tables with their rows
	}{
		"the server's path":                {create + fill, []string{"public.t 1"}},
		"the user's schema and public":     {`SET search_path TO "$user", public;` + "\n" + create + fill, []string{"public.t 1"}},
		"the same as strings":              {`SET search_path = '$user', 'public';` + "\n" + create + fill, []string{"public.t 1"}},
		"a schema alone":                   {"SET search_path = app;\n" + create + fill, []string{"app.t 1"}},
		"a schema in capitals":             {`SET search_path TO "App";` + "\n" + create + fill, []string{"App.t 1"}},
		"a schema of old pg_dump":          {"SET search_path = app, pg_catalog;\n" + create + fill, []string{"app.t 1"}},
		"the first that exists":            {"CREATE SCHEMA app;\nSET search_path = app, public;\n" + create + fill, []string{"app.t 1"}},
		"public before another":            {"SET search_path = public, app;\n" + create + fill, []string{"public.t 1"}},
		"perhaps the second":               {"SET search_path = app, public;\n" + create + fill, []string{".t 1"}},
		"one string is one name":           {"CREATE SCHEMA \"app, public\";\nSET search_path = 'app, public';\n" + create + fill, []string{"app, public.t 1"}},
		"set_config with a list":           {"CREATE SCHEMA app;\nSELECT set_config('search_path', 'app, public', false);\n" + create + fill, []string{"app.t 1"}},
		"set_config with quotes":           {`SELECT pg_catalog.set_config('search_path', '"My ""App""" , public', false);` + "\n" + create + fill, []string{".t 1"}},
		"set_config with one name":         {"SELECT pg_catalog.set_config('search_path', 'App', false);\n" + create + fill, []string{"app.t 1"}},
		"set_config with a computed value": {"SELECT set_config('search_path', 'app,' || current_schema, false);\n" + create + fill, []string{".t 1"}},
		"set_config for a transaction":     {"SELECT set_config('search_path', 'app', true);\n" + create + fill, []string{".t 1"}},
		"SET LOCAL":                        {"SET LOCAL search_path = app;\n" + create + fill, []string{".t 1"}},
		"SET SCHEMA":                       {"SET SCHEMA 'app';\n" + create + fill, []string{"app.t 1"}},
		"RESET":                            {"SET search_path = app;\nRESET search_path;\n" + create + fill, []string{"public.t 1"}},
		"DEFAULT":                          {"SET search_path = app;\nSET search_path TO DEFAULT;\n" + create + fill, []string{"public.t 1"}},
		"RESET ALL":                        {"SET search_path = app;\nRESET ALL;\n" + create + fill, []string{"public.t 1"}},
		"a block that sets it":             {"DO $$ BEGIN SET search_path = app; END $$;\n" + create + fill, []string{".t 1"}},
		"a catalog that sets it":           {"UPDATE pg_settings SET setting = 'app' WHERE name = 'search_path';\n" + create + fill, []string{".t 1"}},
		"for later sessions":               {"ALTER ROLE me SET search_path = app;\n" + create + fill, []string{"public.t 1"}},
		"in a later session":               {"CREATE DATABASE d;\nALTER DATABASE d SET search_path = app;\n\\connect d\n" + create + fill, []string{".t 1"}},
		"after a \\connect":                {"SET search_path = app;\n\\connect d\n" + create + fill, []string{"public.t 1"}},
		"of a role with a schema":          {"CREATE SCHEMA me;\nSET ROLE me;\n" + create + fill, []string{"me.t 1"}},
		"of a role without one":            {"SET SESSION AUTHORIZATION me;\n" + create + fill, []string{".t 1"}},
		"of no role any more":              {"SET ROLE me;\nRESET ROLE;\n" + create + fill, []string{"public.t 1"}},
		"created here, filled there":       {create + "SET search_path = app, public;\n" + fill, []string{"public.t 1"}},
		"of two schemas, the first":        {"CREATE TABLE public.t (a int);\nCREATE TABLE app.t (a int);\nSET search_path = app, public;\n" + fill, []string{"public.t 0", "app.t 1"}},
		"a schema of the system":           {"SET search_path = pg_catalog;\n" + create, []string{".t 0"}},
		"no schema":                        {"SELECT pg_catalog.set_config('search_path', '', false);\nCREATE TABLE public.t (a int);\nINSERT INTO public.t VALUES (1);\n", []string{"public.t 1"}},
		"a temporary table":                {"CREATE TEMP TABLE x (a int);\nINSERT INTO x VALUES (1);\nCOPY x FROM stdin;\n1\n\\.\n" + create + fill, []string{"public.t 1"}},
		"a temporary table that is gone":   {"CREATE TEMPORARY TABLE t (a int);\nINSERT INTO t VALUES (1), (2);\nDROP TABLE t;\n" + create + fill, []string{"public.t 1"}},
		"the schema of temporary tables":   {"CREATE TABLE pg_temp.x (a int);\n" + create + fill, []string{"public.t 1"}},
		"a name that is too long":          {"CREATE TABLE " + strings.Repeat("é", 32) + " (a int);\n", []string{"public." + strings.Repeat("é", 31) + " 0"}},
		"a table of a query":               {"CREATE TABLE t (a) AS SELECT 1;\n", []string{"public.t -1"}},
		"a table of an empty query":        {"CREATE TABLE t AS SELECT 1 WITH NO DATA;\n", []string{"public.t 0"}},
		"an identity column is not a query": {
			"CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY, b int GENERATED ALWAYS AS (a) STORED) PARTITION BY LIST (a);\nCREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);\n",
			[]string{"public.t1 0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			contents, err := scan(t, []byte(c.sql))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, table := range promised(t, contents).Tables {
				got = append(got, fmt.Sprintf("%s.%s %d", table.Schema, table.Name, table.Rows))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("tables (-want +got):\n%s", diff)
			}
		})
	}
}

// Objects on a table without a schema are in the schema of the table.
func TestObjectsOnTablesWithoutASchema(t *testing.T) {
	c, err := scan(t, []byte("CREATE SCHEMA app;\nCREATE TABLE app.t (id int);\nCREATE SEQUENCE app.s;\nSET search_path = public, app;\n"+
		"ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY (id);\nCREATE INDEX i ON t (id);\nCREATE POLICY p ON t;\nSELECT setval('s', 7);\n"+
		"CREATE TEMP TABLE x (id int);\nCREATE INDEX j ON x (id);\nALTER TABLE x ADD CONSTRAINT l UNIQUE (id);\n"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range promised(t, c).Objects {
		got = append(got, fmt.Sprintf("%s %s.%s", o.Kind, o.Schema, o.Name))
	}
	want := []string{"SCHEMA .app", "TABLE app.t", "SEQUENCE app.s", "CONSTRAINT app.k", "INDEX app.i", "POLICY app.p"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("objects (-want +got):\n%s", diff)
	}
	if s := promised(t, c).Sequences; len(s) != 1 || s[0].Schema != "app" {
		t.Errorf("sequences %+v", s)
	}
}
