package inspect_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// canary is a value that only rows have.
const canary = "Kanarienvogel"

// sings checks that no text of the failure or of the findings holds the canary.
func sings(t *testing.T, name string, content []byte) {
	t.Helper()
	c, err := scan(t, content)
	found, judged := inspect.Judge(c, err, inspect.Policy{Major: 15})
	_, head := inspect.Head(t.Context(), content, false, layers.Opener{}, inspect.Policy{Major: 15})
	for _, err := range []error{err, judged, head} {
		f := outcome.AsFailure(err)
		if f == nil {
			continue
		}
		if text := fmt.Sprint(f.Error(), f.Hint, f.Object, f.Statement, f.Function); strings.Contains(strings.ToLower(text), strings.ToLower(canary)) {
			t.Errorf("%s: %q", name, text)
		}
	}
	if text := fmt.Sprint(found, c.Source.Foreign, c.Source.ServerVersion, c.Source.DumpVersion, c.Source.TakenAt.Zone); strings.Contains(text, canary) {
		t.Errorf("%s: a finding: %q", name, text)
	}
}

// noDumpTexts are files that may hold rows, with the canary in the place of @.
var noDumpTexts = []string{
	"@", "@\n", "@,a@example.org\n1,2\n", "1\t@\t@@example.org\n", "\\N\t@\n", "\\@\n", "\\! @\n", "\\d@ \n", "\\lo_@ x\n", "\\:@\n", "set @\n", "update @ set @ = '@\n",
	"delete from @ where '@\n", "lock @ '@\n", "truncate @ '@\n", "insert @ '@\n", "copy @ '@\n", "copy @ to '@\n", "copy @ from '@';\n", "SET client_encoding = '@ x';\n", "SET NAMES '@é';\n",
	"<html>@</html>", "<?xml version=\"1.0\"?><Error><Code>@</Code><Message>@</Message></Error>", "<title>@ 502</title>", `{"@": "@"}`, `["@"]`, `{"error": "@"}`,
	"pg_dump: error: @\n", "pg_dump: error: connection to server at \"@\" failed: FATAL: @\n", "pg_dump_@: x\n", "bash: @: command not found\n", "Password for user @: \n",
	"psql: error: @\n", "ERROR: @\n", "Error response from daemon: @\n", "Traceback (most recent call last):\n  File \"@\"\n",
	"\xff\xfe@", "SQLite format 3\x00@", "\x00\x01@\xfe", "%PDF-1.7 @", "age-encryption.org/v1\n-> X25519 @\n", "-----BEGIN PGP MESSAGE-----\n@", "Salted__@", "PGRSUS01@", "RCLONE\x00\x00@",
	"PK\x03\x04@", "\xfd7zXZ\x00@", "MIME-Version: 1.0\n@", "START WAL LOCATION: @", "{ \"PostgreSQL-Backup-Manifest-Version\": @", "[backup]\nbackup-@",
	"-- @\n", "-- Started on @\n", "/* @ */", "-- MySQL dump @\n", "INSERT INTO `@` VALUES ('@');\n", "INSERT [@] VALUES (1)\n", "PRAGMA @;\n", "USE @;\n", "REM INSERTING into @\n", "SET @@x = 1;\n",
	"PGDMP@", "PGDMP\x01\x0e\x00@", "PGDMP\x01\x0e\x00\x04\x08\x01@@@@@@@@@@@@@", "PGDMP\x01\x63\x00@", "\x1f\x8b@", "\x1f\x8b\x08\x00@@@@@@", "\x28\xb5\x2f\xfd@@@",
	"'@", "\"@", "$@$", "(@", "E'@", "version https://@\n", "-----BEGIN @-----\n", "+ pg_dump @\n", ";\n; Archive created at @\n",
}

// TestNothingOfTheContentIsPrinted feeds files that are not dumps, or may not be.
func TestNothingOfTheContentIsPrinted(t *testing.T) {
	for _, text := range noDumpTexts {
		filled := strings.ReplaceAll(text, "@", canary)
		long := filled + strings.Repeat(" "+canary, 3000)
		for name, content := range map[string]string{
			"alone": filled, "before much": long, "after a line": "\n" + filled, "after a mark": "\ufeff" + filled,
			"in a dump": dumpOf(filled + "\n"), "at the end of a dump": dumpOf("") + filled, "after a table": dumpHead + "CREATE TABLE t (a int);\n" + filled,
			"in a tar": filesOf(t, "a", filled), "as a false toc.dat": filesOf(t, "toc.dat", filled), "as a name": filesOf(t, canary+".sql", filled),
		} {
			name = fmt.Sprintf("%q %s", text, name)
			sings(t, name, []byte(content))
			sings(t, name+", in gzip", gzipped(t, []byte(content)))
		}
	}
}

// TestNoRowIsPrinted damages dumps whose rows and values hold the canary, in every line.
func TestNoRowIsPrinted(t *testing.T) {
	var rows strings.Builder
	for _, text := range noDumpTexts {
		if !strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || r <= 1 }) {
			rows.WriteString(strings.TrimSpace(strings.ReplaceAll(text, "@", canary)) + "\n")
		}
	}
	value := "'" + canary + "''s'"
	dump := strings.SplitAfter(`\restrict k1`+"\n"+dumpOf("--\n-- Name: t; Type: TABLE; Schema: public; Owner: o\n--\n\nCREATE TABLE public.t (\n    a text DEFAULT "+value+"\n);\n"+
		"COMMENT ON TABLE public.t IS "+value+";\n--\n-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: o\n--\n\nCOPY public.t (a) FROM stdin;\n"+rows.String()+"\\.\n"+
		"INSERT INTO public.u VALUES (1, "+value+");\nSELECT pg_catalog.setval('public.s', 1, true);\nSELECT pg_catalog.lowrite(0, "+value+");\n")+`\unrestrict k1`+"\n", "\n")
	join := func(parts ...[]string) []byte {
		var b strings.Builder
		for _, p := range parts {
			b.WriteString(strings.Join(p, ""))
		}
		return []byte(b.String())
	}
	for i := range dump {
		name := fmt.Sprintf("line %d, %q", i+1, dump[i])
		whole := join(dump)
		at := len(join(dump[:i]))
		sings(t, name+", is lost", join(dump[:i], dump[i+1:]))
		sings(t, name+", is twice", join(dump[:i+1], dump[i:]))
		sings(t, name+", is the first", join(dump[i:]))
		sings(t, name+", is the last", whole[:at])
		sings(t, name+", is cut", whole[:at+len(dump[i])/2])
		sings(t, name+", is lost but for its beginning", append(whole[:at+len(dump[i])/2:at+len(dump[i])/2], join(dump[i+1:])...))
		sings(t, name+", has lost its beginning", append(whole[:at:at], whole[at+len(dump[i])/2:]...))
	}
}
