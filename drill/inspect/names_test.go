package inspect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Names are returned in UTF-8, whatever the encoding of the dump.
func TestNamesAreUTF8(t *testing.T) {
	for encoding, raw := range map[string]string{"UTF8": "café", "LATIN1": "caf\xe9", "WIN1252": "caf\xe9", "SQL_ASCII": "café", "ISO_8859_5": "caf\xe9"} {
		text := strings.Replace(dumpOf("CREATE TABLE public."+raw+" (id integer);\nCOPY public."+raw+" (id) FROM stdin;\n1\n\\.\n"), "'UTF8'", "'"+encoding+"'", 1)
		c, err := inspect.Scan(t.Context(), strings.NewReader(text), layers.Opener{})
		if err != nil {
			t.Fatalf("%s: %v", encoding, err)
		}
		want := "café"
		if encoding == "ISO_8859_5" {
			want = "cafщ"
		}
		if got := promised(t, c).Tables[0].Name; got != want || promised(t, c).Objects[0].Name != want {
			t.Errorf("%s: %q, want %q", encoding, got, want)
		}
	}
}

func TestRequiredRoles(t *testing.T) {
	for sql, want := range map[string][]string{
		"ALTER TABLE t OWNER TO a;":                                                                     {"a"},
		"ALTER OPERATOR public.= (int, int) OWNER TO a;":                                                {"a"},
		"ALTER LARGE OBJECT 1 OWNER TO a;":                                                              {"a"},
		"ALTER SCHEMA s OWNER TO pg_database_owner;":                                                    {},
		`GRANT SELECT ON t TO a, "B c", PUBLIC, pg_monitor WITH GRANT OPTION;`:                          {"B c", "a"},
		"GRANT ALL ON FUNCTION f(\"to\" text) TO a GRANTED BY b;":                                       {"a", "b"},
		"GRANT SELECT(a),UPDATE(b) ON TABLE s.t TO x;":                                                  {"x"},
		"GRANT a TO b WITH INHERIT TRUE GRANTED BY c;":                                                  {"a", "b", "c"},
		"REVOKE GRANT OPTION FOR ALL ON t FROM a CASCADE;":                                              {"a"},
		"REVOKE ALL ON SCHEMA public FROM PUBLIC;":                                                      {},
		"ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA s GRANT SELECT ON TABLES TO b;":                  {"a", "b"},
		"ALTER DEFAULT PRIVILEGES FOR ROLE a REVOKE ALL ON FUNCTIONS FROM PUBLIC;":                      {"a"},
		"CREATE POLICY p ON s.t AS PERMISSIVE FOR SELECT TO a, b USING (x = 'to c');":                   {"a", "b"},
		"SET SESSION AUTHORIZATION 'a b';":                                                              {"a b"},
		"SET SESSION AUTHORIZATION DEFAULT;":                                                            {},
		"CREATE USER MAPPING FOR a SERVER s OPTIONS (\"user\" 'x');":                                    {"a"},
		"CREATE USER MAPPING FOR PUBLIC SERVER s;":                                                      {},
		"CREATE SCHEMA s AUTHORIZATION a;":                                                              {"a"},
		"ALTER ROLE a IN DATABASE d SET work_mem = '1GB';":                                              {"a"},
		"COMMENT ON TABLE t IS 'ALTER TABLE t OWNER TO a;';":                                            {},
		"CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$ GRANT SELECT ON t TO a; $$;":               {},
		"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END;\nALTER TABLE t OWNER TO \"x\ny\";": {"x\ny"},
	} {
		c, err := scan(t, []byte(dumpOf(sql+"\n")))
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if diff := cmp.Diff(want, c.Needs.Roles); diff != "" {
			t.Errorf("%s: roles (-want +got):\n%s", sql, diff)
		}
	}
}

func TestPromisedObjects(t *testing.T) {
	for sql, want := range map[string]inspect.Object{
		"CREATE UNLOGGED TABLE s.t (a int) TABLESPACE fast;":                                                      {Kind: inspect.KindTable, Schema: "s", Name: "t"},
		`CREATE TABLE "S.""x"."T` + "\n" + `" (a int);`:                                                           {Kind: inspect.KindTable, Schema: `S."x`, Name: "T\n"},
		"CREATE FOREIGN TABLE s.t (a int) SERVER x;":                                                              {Kind: inspect.KindForeignTable, Schema: "s", Name: "t"},
		"CREATE RECURSIVE VIEW s.v (a) AS SELECT 1;":                                                              {Kind: inspect.KindView, Schema: "s", Name: "v"},
		"CREATE MATERIALIZED VIEW IF NOT EXISTS s.v AS SELECT 1;":                                                 {Kind: inspect.KindMaterializedView, Schema: "s", Name: "v"},
		"CREATE UNIQUE INDEX i ON ONLY s.t USING btree (a) TABLESPACE fast;":                                      {Kind: inspect.KindIndex, Schema: "s", Name: "i", Table: "t"},
		"CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON s.t (a);":                                                   {Kind: inspect.KindIndex, Schema: "s", Name: "i", Table: "t"},
		"ALTER TABLE ONLY s.t ADD CONSTRAINT c PRIMARY KEY (a);":                                                  {Kind: inspect.KindConstraint, Schema: "s", Name: "c", Table: "t"},
		"ALTER TABLE ONLY s.t ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES s.u(a);":                                {Kind: inspect.KindForeignKey, Schema: "s", Name: "c", Table: "t"},
		"ALTER TABLE s.t ALTER COLUMN a ADD GENERATED ALWAYS AS IDENTITY (\n    SEQUENCE NAME s.q START WITH 1);": {Kind: inspect.KindSequence, Schema: "s", Name: "q"},
		"CREATE CONSTRAINT TRIGGER g AFTER INSERT ON s.t FOR EACH ROW EXECUTE FUNCTION f();":                      {Kind: inspect.KindTrigger, Schema: "s", Name: "g", Table: "t"},
		"CREATE TRIGGER g BEFORE UPDATE OF a, b OR DELETE ON s.t EXECUTE FUNCTION f();":                           {Kind: inspect.KindTrigger, Schema: "s", Name: "g", Table: "t"},
		"CREATE AGGREGATE s.a(int) (SFUNC = f, STYPE = int);":                                                     {Kind: inspect.KindFunction, Schema: "s", Name: "a"},
		"CREATE DOMAIN s.d AS int;\nALTER DOMAIN s.d OWNER TO o;":                                                 {Kind: inspect.KindType, Schema: "s", Name: "d", Owner: "o"},
		"CREATE TYPE s.d;\nCREATE TYPE s.d (INPUT = f);":                                                          {Kind: inspect.KindType, Schema: "s", Name: "d"},
		"CREATE SEQUENCE s.q;\nALTER TABLE s.q OWNER TO o;":                                                       {Kind: inspect.KindSequence, Schema: "s", Name: "q", Owner: "o"},
		"CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f();":                                         {Kind: inspect.KindEventTrigger, Name: "e"},
		"CREATE SUBSCRIPTION x CONNECTION 'host=y' PUBLICATION z;":                                                {Kind: inspect.KindSubscription, Name: "x"},
		"CREATE SERVER x FOREIGN DATA WRAPPER y;":                                                                 {Kind: inspect.KindServer, Name: "x"},
	} {
		c, err := scan(t, []byte(dumpOf(sql+"\n")))
		if err != nil {
			t.Errorf("%s: %v", sql, err)
			continue
		}
		if diff := cmp.Diff([]inspect.Object{want}, promised(t, c).Objects); diff != "" {
			t.Errorf("%s: objects (-want +got):\n%s", sql, diff)
		}
	}
}

func TestStatementsThatPromiseNoObject(t *testing.T) {
	for _, sql := range []string{
		"CREATE TEMPORARY TABLE t (a int);",
		"SELECT 'CREATE TABLE t (a int);';",
		"ALTER TABLE t ADD CONSTRAINT n NOT NULL a;",
		"ALTER INDEX s.i ATTACH PARTITION s.j;",
		"CREATE STATISTICS s.x ON a, b FROM s.t;",
	} {
		c, err := scan(t, []byte(dumpOf(sql+"\n")))
		if objects := promised(t, c).Objects; err != nil || len(objects) > 0 {
			t.Errorf("%s: %v, %v", sql, objects, err)
		}
	}
}

func TestRequiredTablespaces(t *testing.T) {
	c, err := scan(t, []byte(dumpOf("SET default_tablespace = fast;\nSET default_tablespace = '';\nCREATE INDEX i ON t (a) TABLESPACE \"Slow\";\n"+
		"CREATE TABLE t (a int) TABLESPACE pg_default;\n")))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Slow", "fast"}, c.Needs.Tablespaces); diff != "" {
		t.Error(diff)
	}
}

func TestOptionsOfTheDatabase(t *testing.T) {
	c, err := scan(t, []byte(dumpOf("CREATE DATABASE \"my shop\" WITH TEMPLATE = template0 ENCODING = 'LATIN1' LOCALE_PROVIDER = icu "+
		"LOCALE = 'C' ICU_LOCALE = 'de' ICU_RULES = '&a < b' TABLESPACE = fast;\nALTER DATABASE \"my shop\" OWNER TO me;\n\\connect \"my shop\"\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := inspect.Database{Name: "my shop", Owner: "me", Encoding: "LATIN1", LocaleProvider: "icu", Collate: "C", CType: "C", Locale: "de", ICURules: "&a < b"}
	if diff := cmp.Diff(want, c.Needs.Database); diff != "" || !c.Needs.CreatesDatabase {
		t.Errorf("creates %t (-want +got):\n%s", c.Needs.CreatesDatabase, diff)
	}
}

// A name that Go may convert in another way than Postgres, or not at all, is left to
// the server.
func TestNamesThatOnlyAServerReads(t *testing.T) {
	for encoding, c := range map[string]struct{ raw, name string }{
		"EUC_TW":         {"\xc4\xe3", "\xc4\xe3"},
		"MULE_INTERNAL":  {"\x81\xe9", "\x81\xe9"},
		"EUC_JIS_2004":   {"\xc6\xfc", "\xc6\xfc"},
		"SHIFT_JIS_2004": {"\x93\xfa", "\x93\xfa"},
		"JOHAB":          {"\xd0\x65", "\xd0\x65"},
		"UHC":            {"\xb0\xa1", "가"},
		"EUC_JP":         {"\xc6\xfc", "日"},
	} {
		text := strings.Replace(dumpOf("CREATE TABLE public.\""+c.raw+"\" (id integer);\nINSERT INTO public.\""+c.raw+"\" VALUES (1);\n"), "'UTF8'", "'"+encoding+"'", 1)
		contents, err := inspect.Scan(t.Context(), strings.NewReader(text), layers.Opener{})
		if err != nil {
			t.Fatalf("%s: %v", encoding, err)
		}
		p := promised(t, contents)
		want := inspect.UnreadNames{Encoding: encoding, Bytes: map[string]string{c.name: c.raw}}
		if diff := cmp.Diff(want, p.Unread); diff != "" || p.Tables[0].Name != c.name {
			t.Errorf("%s: table %q, %s", encoding, p.Tables[0].Name, diff)
		}
	}
}

// The names are in the encoding of the dump, which need not be that of the database.
func TestNamesInTheEncodingOfTheDump(t *testing.T) {
	text := strings.Replace(dumpOf("CREATE DATABASE d WITH TEMPLATE = template0 ENCODING = 'UTF8';\n\\connect d\nSET client_encoding = 'LATIN1';\n"+
		"CREATE TABLE public.caf\xe9 (id integer);\n"), "'UTF8'", "'LATIN1'", 1)
	c, err := scan(t, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := promised(t, c).Tables[0].Name; got != "café" || c.Needs.Database.Encoding != "UTF8" {
		t.Errorf("table %q of a database in %s", got, c.Needs.Database.Encoding)
	}
}

// No client can read the names of a database in MULE_INTERNAL as UTF-8.
func TestDatabaseInMuleInternal(t *testing.T) {
	sql := "SET client_encoding = 'MULE_INTERNAL';\nCREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n"
	if got, err := judged(t, sql); got != outcome.FormatUnsupported {
		t.Errorf("%v", err)
	}
}
