package inspect_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

const (
	dumpHead = "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)\n" +
		"-- Dumped by pg_dump version 17rc1\n\nSET client_encoding = 'UTF8';\n"
	dumpTail = "\n--\n-- PostgreSQL database dump complete\n--\n\n"
)

// dumpOf returns a complete plain dump with this text in its middle.
func dumpOf(middle string) string { return dumpHead + middle + dumpTail }

func TestPlainDumps(t *testing.T) {
	rows := "COPY public.t (a) FROM stdin;\n1\n2\n\\.\n"
	restricted := func(key string) string { // as pg_dump writes it
		return strings.Replace(dumpOf(rows), "--\n\n", "--\n\n\\restrict "+key+"\n\n", 1) + "\\unrestrict " + key + "\n"
	}
	keyOf := func(letter string) string { return strings.Repeat(letter, 63) }
	mixed := func(behind, key string) string {
		return "\\restrict " + keyOf("a") + "\n" + dumpOf(rows) + behind + "\\unrestrict " + key + "\n"
	}
	cut := func(before string) string { return restricted("a")[:strings.Index(restricted("a"), before)] }
	for name, c := range map[string]struct {
		text string
		want outcome.Code
	}{
		"whole":                           {dumpOf(rows), ""},
		"behind a byte order mark":        {"\ufeff" + dumpOf(rows), ""},
		"with line ends of Windows":       {strings.ReplaceAll(dumpOf(rows), "\n", "\r\n"), ""},
		"restricted":                      {`\restrict k1` + "\n" + dumpOf(rows) + `\unrestrict k1` + "\n", ""},
		"two, one behind the other":       {dumpOf(rows) + dumpOf(rows), ""},
		"with a statement behind":         {dumpOf(rows) + "RESET ALL;\n", ""},
		"header and nothing else":         {dumpHead, outcome.DumpTruncated},
		"first of two without its end":    {dumpHead + rows + dumpOf(rows), outcome.DumpTruncated},
		"second of two without its end":   {dumpOf(rows) + dumpHead + rows, outcome.DumpTruncated},
		"without a beginning":             {rows + dumpTail, outcome.DumpTruncated},
		"without unrestrict":              {`\restrict k1` + "\n" + dumpOf(rows), outcome.DumpTruncated},
		"cut in unrestrict":               {`\restrict k12` + "\n" + dumpOf(rows) + `\unrestrict k1`, outcome.DumpTruncated},
		"cut in a copy":                   {dumpHead + "COPY t FROM stdin;\n1\n2\n", outcome.DumpTruncated},
		"cut in a row":                    {dumpHead + "COPY t FROM stdin;\n1\n2", outcome.DumpTruncated},
		"trailer as a row":                {dumpHead + "COPY t FROM stdin;\n-- PostgreSQL database dump complete\n", outcome.DumpTruncated},
		"trailer within a string":         {dumpHead + "COMMENT ON TABLE t IS '\n-- PostgreSQL database dump complete\n", outcome.DumpTruncated},
		"trailer within a body":           {dumpHead + "DO $$\n-- PostgreSQL database dump complete\n", outcome.DumpTruncated},
		"trailer within a comment":        {dumpHead + "/* /* */\n-- PostgreSQL database dump complete\n", outcome.DumpTruncated},
		"trailer within a statement":      {dumpHead + "SELECT (1\n-- PostgreSQL database dump complete\n", outcome.DumpTruncated},
		"cut in a verb":                   {dumpHead + rows + "CREA", outcome.DumpTruncated},
		"a zero byte among rows":          {dumpOf("COPY t FROM stdin;\n1\n\x00\n\\.\n"), outcome.DumpCorrupt},
		"zero bytes at the end":           {dumpHead + rows + "\x00\x00\x00", outcome.DumpCorrupt},
		"rows whose copy is lost":         {dumpOf("abc\t1\n\\.\n"), outcome.DumpCorrupt},
		"a null whose copy is lost":       {dumpOf("\\N\t1\n\\.\n"), outcome.DumpCorrupt},
		"bytea whose copy is lost":        {dumpOf("\\\\x0102\n\\.\n"), outcome.DumpCorrupt},
		"escapes whose copy is lost":      {dumpOf("set\\tx\n\\.\n"), outcome.DumpCorrupt},
		"zeros among rows of an archive":  {zeroed(load(t, "level0-13.dump"), "ann@example.com"), outcome.DumpCorrupt},
		"a lone end of copy":              {dumpOf("\\.\n"), outcome.DumpCorrupt},
		"text behind a copy":              {dumpOf("COPY t FROM stdin; SELECT 1;\n\\.\n"), outcome.DumpCorrupt},
		"messages mixed in":               {dumpOf("pg_dump: warning: there are circular foreign-key constraints\n"), outcome.DumpCorrupt},
		"a shell command":                 {dumpOf("\\! rm -rf /\n"), outcome.DumpHostile},
		"a shell command at the end":      {dumpOf("") + "\\! id", outcome.DumpHostile},
		"a command behind a statement":    {dumpOf("SELECT 1; \\! id\n"), outcome.DumpHostile},
		"a command within a statement":    {dumpOf("SELECT 1 \\gexec\n"), outcome.DumpHostile},
		"copy of psql":                    {dumpOf("\\copy t from program 'id'\n"), outcome.DumpHostile},
		"an include":                      {dumpOf("\\i /etc/passwd\n"), outcome.DumpHostile},
		"a semicolon that is a command":   {dumpOf("SELECT 1\\; SELECT 2;\n"), outcome.DumpHostile},
		"connect that runs a program":     {dumpOf("\\connect `id`\n"), outcome.DumpHostile},
		"a command behind escapes, 0":     {dumpOf("SET standard_conforming_strings = 0;\nSELECT 'a\\'' ;\n\\! id\n-- '\n;\n"), outcome.DumpHostile},
		"a command behind escapes, no":    {dumpOf("SET standard_conforming_strings TO 'NO';\nSELECT 'a\\'' ;\n\\! id\n-- '\n;\n"), outcome.DumpHostile},
		"a command behind escapes, f":     {dumpOf("SET SESSION standard_conforming_strings = F;\nSELECT 'a\\'' ;\n\\! id\n-- '\n;\n"), outcome.DumpHostile},
		"connect and another command":     {dumpOf("\\connect x \\! id\n"), outcome.DumpHostile},
		"connect with much behind it":     {dumpOf("\\connect x" + strings.Repeat(" ", 1000) + "\\! id\n"), outcome.DumpHostile},
		"copy to a program, far behind":   {dumpOf("COPY (SELECT 1" + strings.Repeat(",1", 9000) + ") TO PROGRAM 'id';\n"), outcome.DumpCorrupt},
		"connect to an odd name":          {dumpOf("\\encoding SQL_ASCII\n\\connect -reuse-previous=on \"dbname='my-shop'\"\n" + rows), ""},
		"another encoding":                {dumpOf("\\encoding UTF8\n"), outcome.DumpHostile},
		"connect while restricted":        {`\restrict k` + "\n" + dumpOf("\\connect x\n") + `\unrestrict k` + "\n", outcome.DumpHostile},
		"restrict twice":                  {"\\restrict k\n\\restrict k\n" + dumpOf(""), outcome.DumpHostile},
		"restrict without a key":          {"\\restrict\n" + dumpOf(""), outcome.DumpHostile},
		"restrict that runs a program":    {"\\restrict `id`\n" + dumpOf(""), outcome.DumpHostile},
		"unrestrict with another key":     {"\\restrict a\n" + dumpOf("\\unrestrict b\n"), outcome.DumpHostile},
		"two dumps mixed":                 {mixed("", keyOf("b")), outcome.DumpCorrupt},
		"two dumps mixed, short key":      {mixed("", "b"), outcome.DumpHostile},
		"two dumps mixed, odd key":        {mixed("", keyOf("_")), outcome.DumpHostile},
		"another key behind a statement":  {mixed("RESET ALL;\n", keyOf("b")), outcome.DumpHostile},
		"another key behind a comment":    {mixed("-- x\n", keyOf("b")), outcome.DumpHostile},
		"another key in the middle":       {"\\restrict " + keyOf("a") + "\n" + dumpOf("\\unrestrict "+keyOf("b")+"\n"), outcome.DumpHostile},
		"another key behind two dumps":    {"\\restrict " + keyOf("a") + "\n" + dumpOf("") + dumpOf("") + "\\unrestrict " + keyOf("b") + "\n", outcome.DumpHostile},
		"unrestrict without restrict":     {dumpOf("\\unrestrict b\n"), outcome.DumpHostile},
		"only its end":                    {"SELECT 1;\n" + dumpTail + "\\unrestrict b\n", outcome.DumpTruncated},
		"cut, then whole":                 {cut(dumpTail) + restricted("b"), outcome.DumpTruncated},
		"cut in rows, then whole":         {cut("2\n\\.") + restricted("b"), outcome.DumpTruncated},
		"announced and lost":              {dumpOf("--\n-- Name: t; Type: TABLE; Schema: public; Owner: o\n--\n\n--\n-- Name: u; Type: VIEW; Schema: public; Owner: o\n--\n\n" + rows), outcome.DumpCorrupt},
		"announced last and lost":         {dumpOf(rows + "--\n-- Name: t t_pkey; Type: CONSTRAINT; Schema: public; Owner: o\n--\n"), outcome.DumpCorrupt},
		"announced and made":              {dumpOf("--\n-- Name: t u v; Type: TABLE; Schema: public; Owner: o\n--\n\nCREATE TABLE public.\"t\nu v\" (a int);\n--\n-- Name: t u v w; Type: FK CONSTRAINT; Schema: public; Owner: o\n--\n\nALTER TABLE ONLY public.\"t\nu v\" ADD CONSTRAINT w FOREIGN KEY (a) REFERENCES public.x(y);\n" + rows), ""},
		"a comment without its middle":    {dumpOf("--\n-- Data for Name: by_domain; Type:BLE DATA; Schema: public; Owner: o\n--\n\n" + rows), outcome.DumpCorrupt},
		"a comment with words of its own": {dumpOf("--\n-- Name: a; Type: TABLE; Schema: b; Type: INDEX; Schema: public; Owner: o\n--\n\n" + rows), ""},
		"rows twice":                      {dumpOf("-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: o\n" + rows + "-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: o\n" + rows), outcome.DumpCorrupt},
		"a row like a command":            {strings.Replace(restricted("a"), "\\.\n", "\\restricted\n\\r\n\\.\n", 1), ""},
		"copy from a program":             {dumpOf("COPY t FROM PROGRAM 'id';\n"), outcome.DumpHostile},
		"copy to a program":               {dumpOf("COPY (SELECT 1) TO PROGRAM 'id';\n"), outcome.DumpHostile},
		"copy from a file":                {dumpOf("COPY t FROM '/etc/passwd';\n"), outcome.DumpHostile},
		"commands within strings":         {dumpOf("SELECT '\\! id', $a$ \\! id $b$ \\! $a$, \"\\!\", E'\\\\\\'\\!';/* \\! */ -- \\!\n"), ""},
		"commands within rows":            {dumpOf("COPY t FROM stdin;\n\\\\! id\n\\! id\n\\.\n"), ""},
		"whole but for its line end":      {strings.TrimSpace(dumpOf(rows)), ""},
		"cluster":                         {"-- PostgreSQL database cluster dump\n" + dumpOf(rows) + "-- PostgreSQL database cluster dump complete\n", ""},
		"cluster without its end":         {"-- PostgreSQL database cluster dump\n" + dumpOf(rows), outcome.DumpTruncated},
		"cluster that lost a dump's end":  {"-- PostgreSQL database cluster dump\n" + dumpHead + "-- PostgreSQL database cluster dump complete\n", outcome.DumpTruncated},
		"of another tool":                 {"CREATE TABLE t (a int);\nINSERT INTO t VALUES (1);\n", ""},
		"of another tool, cut":            {"CREATE TABLE t (a int);\nINSERT INTO t VALUES (1", outcome.DumpTruncated},
		"of another tool, cut in copy":    {"CREATE TABLE t (a int);\n" + "COPY t FROM stdin;\n1\n", outcome.DumpTruncated},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := scan(t, []byte(c.text)); codeOf(err) != c.want {
				t.Errorf("got %q (%v), want %q", codeOf(err), err, c.want)
			}
		})
	}
}

// zeroed replaces a text with zeros, like a lost page of a disk.
func zeroed(content []byte, text string) string {
	return strings.Replace(string(content), text, strings.Repeat("\x00", len(text)), 1)
}

func TestNoDump(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		code    outcome.Code
		says    string // in the message
	}{
		"an error of pg_dump":    {"pg_dump: error: connection to server at \"db\" failed: timeout\n", outcome.NotADump, "a message of pg_dump (it waited too long)"},
		"an error of a shell":    {"sh: 1: pg_dump: not found\n", outcome.NotADump, "a message of a shell (a program was not found)"},
		"an error of a store":    {"<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code></Error>", outcome.NotADump, "markup (HTML or XML), the error NoSuchKey"},
		"a page":                 {"\n<!DOCTYPE html><html>", outcome.NotADump, "markup"},
		"JSON":                   {`{"error": "not found"}`, outcome.NotADump, "JSON"},
		"UTF-16":                 {"\xff\xfe-\x00-\x00 \x00", outcome.NotADump, "UTF-16"},
		"SQLite":                 {"SQLite format 3\x00\x10", outcome.NotADump, "SQLite"},
		"MySQL":                  {"-- MySQL dump 10.13\n\nCREATE TABLE x (a int);\n", outcome.NotADump, "MySQL"},
		"binary":                 {"\x01\x02\x03\x00\xfe\xca", outcome.NotADump, "binary"},
		"a log":                  {"2026-07-01 12:00:00 INFO backup started\n", outcome.NotADump, "it is text, but not the SQL of a dump"},
		"settings alone":         {"SET x = 1;\nSELECT 1;\n", outcome.NotADump, "neither creates nor fills"},
		"control characters":     {"oops\x1b[31m red\n", outcome.NotADump, "it is text"},
		"nothing":                {"", outcome.BackupEmpty, "no bytes"},
		"much white space":       {strings.Repeat(" \n", 1<<14), outcome.BackupEmpty, "white space"},
		"white space":            {" \n\t\n", outcome.BackupEmpty, "white space"},
		"a mark of UTF-8 alone":  {"\ufeff\n", outcome.BackupEmpty, "white space"},
		"a tar of other things":  {tarOf(t, "readme.txt", "hello"), outcome.MemberMissing, "no member of the tar archive is a dump: it has 1 file"},
		"a tar with a false toc": {tarOf(t, "toc.dat", "hello"), outcome.DumpCorrupt, "toc.dat"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan(t, []byte(c.content))
			if codeOf(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("got %q (%v), want %q with %q", codeOf(err), err, c.code, c.says)
			}
		})
	}
}

func TestMessagesAreOneShortLine(t *testing.T) {
	for _, content := range []string{
		strings.Repeat("x", 1<<20),
		dumpHead + "COPY \"a\nb\x1b\" FROM stdin;\n1\n",
		dumpOf("\\" + strings.Repeat("y\x1b", 5000) + "\n"),
		strings.Repeat("é", 5000),
	} {
		_, err := scan(t, []byte(content))
		if err == nil || len(err.Error()) > 400 || strings.ContainsAny(err.Error(), "\n\x1b") {
			t.Errorf("message %q", err)
		}
	}
}

func TestRowsAreCounted(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for name, c := range map[string]struct {
		text string
		want inspect.Table
	}{
		"copy":                    {"COPY s.t (a) FROM stdin;\n1\n22\n\\.\n", inspect.Table{Rows: 2, Bytes: 5, Data: true}},
		"copy of nothing":         {"COPY s.t (a) FROM stdin;\n\\.\n", inspect.Table{Data: true}},
		"copy of empty lines":     {"COPY s.t FROM stdin;\n\n\n\\.\n", inspect.Table{Rows: 2, Bytes: 2, Data: true}},
		"copy of almost ends":     {"COPY s.t FROM stdin;\n\\.x\n\\\\.\n\\N\n\\.\n", inspect.Table{Rows: 3, Bytes: 11, Data: true}},
		"copy of a very long row": {"COPY s.t FROM stdin;\n" + long + "\n\\.\n", inspect.Table{Rows: 1, Bytes: 1<<20 + 1, Data: true}},
		"copy twice":              {"COPY s.t FROM stdin;\n1\n\\.\nCOPY s.t FROM stdin;\n1\n\\.\n", inspect.Table{Rows: 2, Bytes: 4, Data: true}},
		"copy of csv":             {"COPY s.t FROM stdin WITH (FORMAT csv);\n\"1\n2\"\n\\.\n", inspect.Table{Rows: -1, Bytes: 6, Data: true}},
		"inserts":                 {"INSERT INTO s.t VALUES (1, 'a;(');\nINSERT INTO s.t (a) VALUES (f(2), ')');\n", inspect.Table{Rows: 2, Data: true}},
		"inserts of many rows":    {"INSERT INTO s.t OVERRIDING SYSTEM VALUE VALUES\n (1, E'\\''), (2, ''), (3, '" + long + "');\n", inspect.Table{Rows: 3, Data: true}},
		"insert of defaults":      {"INSERT INTO s.t DEFAULT VALUES;\n", inspect.Table{Rows: 1, Data: true}},
		"insert of a query":       {"INSERT INTO s.t SELECT 1;\n", inspect.Table{Rows: -1, Data: true}},
		"insert on conflict":      {"INSERT INTO s.t VALUES (1) ON CONFLICT DO NOTHING;\n", inspect.Table{Rows: -1, Data: true}},
		"no data":                 {"CREATE TABLE s.t (a int);\n", inspect.Table{}},
		"by the search path":      {"SET search_path = s, pg_catalog;\nCOPY t FROM stdin;\n1\n\\.\n", inspect.Table{Rows: 1, Bytes: 2, Data: true}},
		"strings with escapes":    {"SET standard_conforming_strings = off;\nSELECT 'it\\'s;';\nCOPY s.t FROM stdin;\n1\n\\.\n", inspect.Table{Rows: 1, Bytes: 2, Data: true}},
		"strings without":         {"SELECT 'a\\';\nCOPY s.t FROM stdin;\n1\n\\.\n", inspect.Table{Rows: 1, Bytes: 2, Data: true}},
		"behind a standard body": {"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;\n" +
			"COPY s.t FROM stdin;\n1\n\\.\n", inspect.Table{Rows: 1, Bytes: 2, Data: true}},
		"behind a column called begin": {"CREATE TABLE s.t (begin int, case_end int);\nCOPY s.t FROM stdin;\n1\n\\.\n", inspect.Table{Rows: 1, Bytes: 2, Data: true}},
		"behind a rule": {
			"CREATE RULE r AS ON INSERT TO s.t DO INSTEAD (SELECT 1; SELECT 2);\nCOPY s.t FROM stdin;\n1\n\\.\n",
			inspect.Table{Rows: 1, Bytes: 2, Data: true},
		},
		"behind dollars": {
			"SELECT $1, a$b$c, $$;$$, $é$;$é$, $long$" + long + "$lon$ $long$;\nCOPY s.t FROM stdin;\n1\n\\.\n",
			inspect.Table{Rows: 1, Bytes: 2, Data: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := scan(t, []byte(dumpOf(c.text)))
			if err != nil {
				t.Fatal(err)
			}
			c.want.Schema, c.want.Name = "s", "t"
			if diff := cmp.Diff([]inspect.Table{c.want}, promised(t, got).Tables, cmpopts.IgnoreFields(inspect.Table{}, "Columns", "FillsOnly")); diff != "" {
				t.Errorf("tables (-want +got):\n%s", diff)
			}
		})
	}
}

// TestScriptsThatRemove checks what a script of another program promises after it has
// removed rows or objects. The same in a dump of pg_dump takes nothing back.
func TestScriptsThatRemove(t *testing.T) {
	const head = `CREATE TABLE t (a int);
CREATE TABLE u (a int);
CREATE VIEW v AS SELECT 1;
INSERT INTO t VALUES (1), (2);
CREATE INDEX i ON u (a);
`
	const all = "t u v i"
	for sql, want := range map[string]struct{ objects, rows string }{
		"":                                      {all, "t:2 u:0"},
		"UPDATE t SET a = 1;":                   {all, "t:2 u:0"},
		"TRUNCATE u;":                           {all, "t:-1 u:0"},
		"DELETE FROM t WHERE a = 1;":            {all, "t:-1 u:0"},
		"WITH x AS (DELETE FROM t) SELECT 1;":   {all, "t:-1 u:0"},
		"DROP INDEX i;":                         {"t u v", "t:2 u:0"},
		"DROP TABLE IF EXISTS x;":               {all, "t:2 u:0"},
		"DROP TABLE IF EXISTS x, public.t;":     {"", ""},
		"DROP VIEW v; CREATE TABLE w (a int);":  {"w", "w:0"},
		"DROP TABLE u; CREATE TABLE u (a int);": {"u", "u:0"},
	} {
		if objects, rows := namesAndRows(t, head+sql+"\n"); objects != want.objects || rows != want.rows {
			t.Errorf("%s: objects %q, rows %q; want %q, %q", sql, objects, rows, want.objects, want.rows)
		}
	}
	if objects, rows := namesAndRows(t, dumpOf(head+"TRUNCATE t;\nDROP INDEX i;\nDROP VIEW v;\n")); objects != all || rows != "t:2 u:0" {
		t.Errorf("a dump of pg_dump: objects %q, rows %q", objects, rows)
	}
}

// namesAndRows returns the promised objects and the number of rows of each table.
func namesAndRows(t *testing.T, dump string) (objects, rows string) {
	t.Helper()
	c, err := scan(t, []byte(dump))
	if err != nil {
		t.Error(err)
		return "", ""
	}
	var names, counts []string
	for _, o := range promised(t, c).Objects {
		names = append(names, o.Name)
	}
	for _, table := range promised(t, c).Tables {
		counts = append(counts, fmt.Sprintf("%s:%d", table.Name, table.Rows))
	}
	return strings.Join(names, " "), strings.Join(counts, " ")
}

func TestHeaderOfAPlainDump(t *testing.T) {
	c, err := scan(t, []byte(dumpHead+"-- Started on 2026-07-01 12:34:56 UTC\n"+dumpTail))
	if err != nil {
		t.Fatal(err)
	}
	if c.Source.ServerVersion != "15.18" || c.Source.DumpVersion != "17rc1" || c.Needs.Database.Encoding != "UTF8" ||
		c.Source.TakenAt != (snapshot.Stated{Clock: time.Date(2026, 7, 1, 12, 34, 56, 0, time.UTC), Zone: "UTC"}) {
		t.Errorf("got %+v", c)
	}
	for line, want := range map[string]snapshot.Stated{
		"2026-07-01 12:34:56 CST":   {Clock: c.Source.TakenAt.Clock, Zone: "CST"},
		"2026-07-01 12:34:56 +0530": {Clock: c.Source.TakenAt.Clock, Zone: "+0530"},
		"2026-07-01 12:34:56":       {Clock: c.Source.TakenAt.Clock}, // on Windows
		"2026-07-01 12:34":          {},
		"2026-07-01 25:34:56 UTC":   {},
	} {
		c, err := scan(t, []byte(dumpHead+"-- Started on "+line+"\n"+dumpTail))
		if err != nil || c.Source.TakenAt != want {
			t.Errorf("%s: %+v, %v", line, c.Source.TakenAt, err)
		}
	}
}
