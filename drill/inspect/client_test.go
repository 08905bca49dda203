package inspect

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/layers"
)

func TestConnectTarget(t *testing.T) {
	for args, want := range map[string]string{
		"shop":                                  "shop",
		`"odd name"`:                            "odd name",
		`"it""s"`:                               `it"s`,
		`-reuse-previous=on "dbname='a b'"`:     "a b",
		`-reuse-previous=on "dbname='a""b'"`:    `a"b`,
		`-reuse-previous=on "dbname='a\'b\\c'"`: `a'b\c`,
		`"host=10.0.0.1 user=x"`:                "",
		`"postgresql://10.0.0.1/x"`:             "",
		"postgresql://10.0.0.1/x":               "",
		"host=10.0.0.1":                         "",
		"shop alice":                            "",
		"shop - 10.0.0.1":                       "",
		`-reuse-previous=on "dbname='shop' host='10.0.0.1'"`: "",
		`-reuse-previous=on "dbname='shop" 'x'"`:             "",
		`-reuse-previous=off "dbname='shop'"`:                "",
		"'shop'":                                             "",
		"`id`":                                               "",
		"'a\\' ' `touch /tmp/owned` '":                       "",
		":HOST":                                              "",
		`"a" "b"`:                                            "",
		`"`:                                                  "",
		"":                                                   "",
		`-reuse-previous=on "dbname=''"`:                     "",
	} {
		got, ok := connectTarget(args)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%s: %q, %t, want %q", args, got, ok, want)
		}
	}
}

func TestForeignStatements(t *testing.T) {
	const ambiguous = "a quote after a backslash or a byte outside ASCII, which may be a part of the string, or a colon before what may be a variable"
	for sql, want := range map[string]string{
		"SET standard_conforming_strings = on; SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE t (a int DEFAULT '\\d'); SELECT pg_catalog.setval('s', 1, true);": "",
		"BEGIN; SELECT pg_catalog.lo_open('1', 131072); SELECT pg_catalog.lowrite(0, '\\x00'); SELECT pg_catalog.lo_close(0); COMMIT;":                                                "",
		"UPDATE pg_catalog.pg_database SET datistemplate = true WHERE datname = 'x'; COMMENT ON TABLE t IS 'x\\y';":                                                                   "",
		"SELECT * FROM pg_catalog.pg_restore_relation_stats('version', '180000'::integer);":                                                                                           "",
		"SELECT set_config('standard_conforming_strings', 'off', false);":                                                                                                             "SELECT",
		"SELECT f();": "SELECT", `SELECT "F"();`: "SELECT", "SELECT * FROM v;": "SELECT", "SELECT setval('s', 1) FROM v;": "SELECT",
		"DO $$ $$;": "DO", "UPDATE pg_settings SET setting = 'off';": "UPDATE", "CALL p();": "CALL", "WITH x AS (SELECT f()) SELECT 1;": "WITH",
		"ALTER DATABASE shop SET standard_conforming_strings TO 'off';": "ALTER … SET", "ALTER DATABASE shop SET work_mem TO '1MB';": "",
		`SET standard_conforming_strings = off; COMMENT ON TABLE t IS 'C:\'';`:    ambiguous,
		"SET LOCAL standard_conforming_strings = off; COMMENT ON TABLE t IS 'x';": "SET LOCAL", "SET LOCAL client_encoding = 'UTF8';": "SET LOCAL",
		"ALTER TABLE t ALTER a SET DEFAULT :DBNAME;": ambiguous, "ALTER TABLE t ALTER a SET DEFAULT :'x';": ambiguous,
		`ALTER TABLE t ALTER a SET DEFAULT :"x";`: ambiguous, "ALTER TABLE t ALTER a SET DEFAULT :{?x};": ambiguous,
		"ALTER TABLE t ALTER a SET DEFAULT b[1:n];": ambiguous, "ALTER TABLE t ALTER a SET DEFAULT 'x:y'::text;": "",
		"ALTER TABLE t ALTER a SET DEFAULT 1:::x;": ambiguous, "CREATE VIEW v AS SELECT f(a := 1), b[1:2], '1'::\"char\";": "",
		"COPY t FROM STDOUT;\nDO $$ $$;\n\\.\nCALL p();": "CALL",
		`COMMENT ON TABLE t IS 'C:\';`:                   ambiguous,
		`COMMENT ON TABLE t IS 'a\''b';`:                 ambiguous,
		`COMMENT ON TABLE t IS E'a\'b\\';`:               "",
		// By a function, the dump can make psql read in another encoding.
		"COMMENT ON TABLE t IS E'\x95\\' ; \\! touch owned # ';":   ambiguous,
		"COMMENT ON TABLE t IS '\x95'' \\! touch owned\n-- ';":     ambiguous,
		"COMMENT ON TABLE t IS '\x810x';":                          ambiguous,
		"COMMENT ON TABLE t IS '\x8fx';":                           ambiguous,
		"COMMENT ON TABLE \"t\x95\" IS 'x';":                       ambiguous,
		"CREATE FUNCTION f() RETURNS int AS $$ \x95$$ LANGUAGE c;": ambiguous,
		"CREATE TABLE t\x95 (a int);":                              ambiguous,
		"/* \x95*/ CREATE TABLE t (a int);":                        ambiguous,
		"-- \x95\nCREATE TABLE t (a int);":                         "",
		"COMMENT ON TABLE t IS 'né le 1er mai';":                   "",
		"SET client_encoding = 'SHIFT_JIS_2004';":                  "client_encoding SHIFT_JIS_2004", "SET client_encoding = 'UTF8';": "", "SET NAMES 'sjis';": "client_encoding sjis",
	} {
		c, _ := Scan(t.Context(), strings.NewReader(sql), layers.Opener{})
		if c.Source.Foreign != want {
			t.Errorf("%s: %q, want %q", sql, c.Source.Foreign, want)
		}
	}
}
