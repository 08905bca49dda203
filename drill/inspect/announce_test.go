package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	madeTable = "--\n-- Name: t; Type: TABLE; Schema: public; Owner: o\n--\n\nCREATE TABLE public.t (a int);\n\n\nALTER TABLE public.t OWNER TO o;\n\n"
	oneRow    = "--\n-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: o\n--\n\nCOPY public.t (a) FROM stdin;\n1\n\\.\n\n\n"
)

// announced returns a comment of pg_dump that announces an object, or its data.
func announced(what, tag, kind string) string {
	return fmt.Sprintf("--\n-- %s: %s; Type: %s; Schema: public; Owner: o\n--\n\n", what, tag, kind)
}

// kindsInComments holds words for the kinds of pg_dump's comments. A statement
// follows each of them.
var kindsInComments = strings.Split("ACCESS METHOD,AGGREGATE,BLOB,BLOB METADATA,CAST,CHECK CONSTRAINT,COLLATION,CONSTRAINT,CONVERSION,DEFAULT,DOMAIN,"+
	"FK CONSTRAINT,FOREIGN TABLE,FUNCTION,INDEX,INDEX ATTACH,MATERIALIZED VIEW,MATERIALIZED VIEW DATA,OPERATOR,OPERATOR CLASS,OPERATOR FAMILY,POLICY,PROCEDURE,"+
	"ROW SECURITY,RULE,SEQUENCE,SEQUENCE OWNED BY,SEQUENCE SET,SHELL TYPE,STATISTICS,TABLE,TABLE ATTACH,TEXT SEARCH CONFIGURATION,TEXT SEARCH DICTIONARY,"+
	"TRANSFORM,TRIGGER,TYPE,VIEW", ",")

func TestCommentWithoutItsStatement(t *testing.T) {
	set := "SET default_tablespace = '';\n\nSET default_table_access_method = heap;\n\n"
	verbose := "--\n-- TOC entry 1 (class 1259 OID 2)\n-- Dependencies: 3\n"
	for _, kind := range kindsInComments {
		hole := announced("Name", "x", kind)
		for where, text := range map[string]string{
			"before another":         madeTable + hole + announced("Name", "v", "VIEW") + "CREATE VIEW public.v AS SELECT 1;\n" + oneRow,
			"before settings":        hole + set + madeTable + oneRow,
			"before its owner alone": hole + "ALTER THING public.x OWNER TO o;\n\n" + madeTable + oneRow,
			"before rows":            madeTable + hole + oneRow,
			"before statistics":      madeTable + oneRow + hole + announced("Statistics for Name", "t", "STATISTICS DATA") + "SELECT * FROM pg_catalog.pg_restore_relation_stats('version', '1');\n",
			"of pg_dump --verbose":   madeTable + hole + verbose + strings.TrimPrefix(oneRow, "--\n"),
			"at the end":             madeTable + oneRow + hole,
		} {
			if _, err := scan(t, []byte(dumpOf(text))); codeOf(err) != outcome.DumpCorrupt {
				t.Errorf("%s, %s: %v", kind, where, err)
			}
		}
	}
}

// A form of a statement that is not read, and a statement that was removed on purpose,
// are not damage.
func TestCommentWithAnUnreadStatement(t *testing.T) {
	for name, text := range map[string]string{
		"a not-null constraint of a foreign table": announced("Name", "ft nn", "CONSTRAINT") + "ALTER FOREIGN TABLE public.ft ADD CONSTRAINT nn NOT NULL a NOT VALID;\n",
		"a not-null constraint":                    announced("Name", "t nn", "CONSTRAINT") + "ALTER TABLE public.t ADD CONSTRAINT nn NOT NULL a NOT VALID;\n",
		"a form of the future":                     announced("Name", "x", "TABLE") + "CREATE COLUMNAR TABLE public.x (a int);\n",
		"a constraint of the future":               announced("Name", "t c", "CONSTRAINT") + "ALTER TABLE public.t ADD CONSTRAINT c TEMPORAL (a);\n",
		"an index without a name":                  announced("Name", "t_a_idx", "INDEX") + "CREATE INDEX ON public.t (a);\n",
		"a kind of the future":                     announced("Name", "x", "PROPERTY GRAPH") + "CREATE PROPERTY GRAPH public.x;\n",
		"the schema public":                        announced("Name", "public", "SCHEMA") + "-- *not* creating schema, since initdb creates it\n\n\n",
		"a statement in a comment":                 announced("Name", "p", "POLICY") + "-- CREATE POLICY p ON public.t;\n\n",
		"large objects without any":                announced("Data for Name", "BLOBS", "BLOBS"),
		"a long name of a function":                announced("Name", "f("+strings.Repeat("integer, ", 40)+")", "FUNCTION") + "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n",
	} {
		c, err := scan(t, []byte(dumpOf(madeTable+text+oneRow)))
		if err != nil || c.Source.LostStatements > 0 {
			t.Errorf("%s: %v, %d statements are lost", name, err, c.Source.LostStatements)
		}
	}
}

func TestStatementsThatPeopleRemove(t *testing.T) {
	for _, hole := range []string{
		announced("Name", "EXTENSION plpgsql", "COMMENT"), announced("Name", "plpgsql", "EXTENSION"), announced("Name", "TABLE t", "ACL"),
		announced("Name", "shop", "SCHEMA"), announced("Name", "e", "EVENT TRIGGER"), announced("Name", "DEFAULT PRIVILEGES FOR TABLES", "DEFAULT ACL"),
	} {
		c, err := scan(t, []byte(dumpOf(hole+madeTable+oneRow)))
		if err != nil {
			t.Errorf("%s: %v", hole, err)
			continue
		}
		found, err := inspect.Judge(c, nil, inspect.Policy{})
		if err != nil || len(found) != 1 || found[0].Code != "statement_missing" {
			t.Errorf("%s: %+v, %v", hole, found, err)
		}
	}
}

func TestRowsWithoutTheirCopy(t *testing.T) {
	hole := announced("Data for Name", "u", "TABLE DATA")
	insert := strings.Replace(oneRow, "COPY public.t (a) FROM stdin;\n1\n\\.\n", "INSERT INTO public.t VALUES (1);\n", 1)
	for name, c := range map[string]struct {
		text string
		want outcome.Code
	}{
		"before those of another table": {madeTable + hole + oneRow, outcome.DumpCorrupt},
		"at the end":                    {madeTable + oneRow + hole, outcome.DumpCorrupt},
		"of a dump with INSERTs":        {madeTable + hole + insert, ""},
		"of a dump without rows":        {madeTable + hole, ""},
	} {
		if _, err := scan(t, []byte(dumpOf(c.text))); codeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestRowsOfAnotherTable checks that the rows of a table follow its comment, and once.
func TestRowsOfAnotherTable(t *testing.T) {
	const tables = "CREATE TABLE public.a (id integer);\nCREATE TABLE public.b (id integer);\nCREATE TABLE public.p (id integer) PARTITION BY LIST (id);\n" +
		"CREATE TABLE public.p1 (id integer);\nALTER TABLE ONLY public.p ATTACH PARTITION public.p1 FOR VALUES IN (1);\nCREATE TABLE public.\"x\ny\" (id integer);\nCREATE TABLE public.\"x y\" (id integer);\n"
	rowsOf := func(table string) string { return "COPY public." + table + " (id) FROM stdin;\n1\n\\.\n\n" }
	insert := func(table string) string { return "INSERT INTO public." + table + " VALUES (1);\n" }
	of := func(table string) string { return announced("Data for Name", table, "TABLE DATA") }
	for name, c := range map[string]struct {
		text string
		code outcome.Code
	}{
		"their own":                      {of("a") + rowsOf("a") + of("b") + rowsOf("b"), ""},
		"of another table":               {of("a") + rowsOf("a") + of("b") + rowsOf("a"), outcome.DumpCorrupt},
		"of another table, exchanged":    {of("a") + rowsOf("b") + of("b") + rowsOf("a"), outcome.DumpCorrupt},
		"twice":                          {of("a") + rowsOf("a") + rowsOf("a") + of("b") + rowsOf("b"), outcome.DumpCorrupt},
		"the part twice":                 {of("a") + rowsOf("a") + of("a") + rowsOf("a"), outcome.DumpCorrupt},
		"by way of the root":             {of("p1") + rowsOf("p") + of("a") + rowsOf("a"), ""},
		"of a table that is not in it":   {of("other") + rowsOf("another") + of("a") + rowsOf("a"), outcome.DumpPartial},
		"names that look the same":       {of("x y") + rowsOf("\"x\ny\"") + of("x y") + rowsOf("\"x y\""), ""},
		"INSERTs":                        {of("a") + insert("a") + insert("a") + of("b") + insert("b"), ""},
		"INSERTs of another table":       {of("a") + insert("b"), outcome.DumpCorrupt},
		"INSERTs of a part twice":        {of("a") + insert("a") + of("a") + insert("a"), outcome.DumpCorrupt},
		"INSERTs, names that look alike": {of("x y") + insert("\"x\ny\"") + insert("\"x\ny\"") + of("x y") + insert("\"x y\"") + insert("\"x y\""), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c2, err := scan(t, []byte(dumpOf(tables+c.text)))
			if err == nil {
				_, err = inspect.Judge(c2, nil, inspect.Policy{Major: 15})
			}
			if codeOf(err) != c.code {
				t.Errorf("%v, want %q", err, c.code)
			}
		})
	}
}
