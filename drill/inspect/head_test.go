package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestHeadOfGoodDumps checks that no beginning of a good dump, of any length, is a
// failure, and that all of it is recognised.
func TestHeadOfGoodDumps(t *testing.T) {
	for _, file := range dumps(t) {
		content := load(t, file)
		for name, wrapped := range map[string][]byte{"bare": content, "gzip": gzipped(t, content), "zstd": zstded(t, content)} {
			c, err := scan(t, wrapped)
			if err != nil {
				t.Fatal(err)
			}
			_, unsupported := inspect.Judge(c, nil, inspect.Policy{AllowEmpty: true})
			for i := 1; i <= cuts; i++ {
				at := len(wrapped) * i / cuts
				got, err := inspect.Head(t.Context(), wrapped[:max(at, 300)], false, layers.Opener{}, inspect.Policy{})
				if err != nil && codeOf(err) != codeOf(unsupported) {
					t.Errorf("%s in %s, the first %d of %d bytes: %v", file, name, at, len(wrapped), err)
				}
				if got.Source.Format != "" && got.Source.Format != c.Source.Format && c.Source.Format != inspect.Directory {
					t.Errorf("%s in %s, the first %d of %d bytes: %s, want %s", file, name, at, len(wrapped), got.Source.Format, c.Source.Format)
				}
			}
			got, err := inspect.Head(t.Context(), wrapped, true, layers.Opener{}, inspect.Policy{})
			if codeOf(err) != codeOf(unsupported) || got.Source.Format != c.Source.Format || got.Source.Compression() != c.Source.Compression() || got.Source.ServerVersion != c.Source.ServerVersion {
				t.Errorf("%s in %s: %+v, %v", file, name, got, err)
			}
		}
	}
}

func TestHead(t *testing.T) {
	rows := dumpHead + "CREATE TABLE t (a int);\nCOPY t FROM stdin;\n" + noise(20_000)
	archive := string(load(t, "custom-18.dump"))
	for name, c := range map[string]struct {
		head   string
		policy inspect.Policy
		format inspect.Format
		code   outcome.Code
	}{
		"a plain dump":                  {rows, inspect.Policy{}, inspect.Plain, ""},
		"a plain dump in gzip":          {string(gzipped(t, []byte(rows)))[:65536], inspect.Policy{}, inspect.Plain, ""},
		"a plain dump in zstd":          {string(zstded(t, []byte(rows)))[:65536], inspect.Policy{}, "", ""}, // its first block is longer
		"a cluster":                     {"-- PostgreSQL database cluster dump\n\\connect shop\n" + rows, inspect.Policy{}, inspect.Cluster, ""},
		"roles of a cluster":            {"-- PostgreSQL database cluster dump\nCREATE ROLE a;\n", inspect.Policy{}, inspect.Cluster, ""},
		"an archive":                    {archive[:len(archive)/2], inspect.Policy{Major: 18}, inspect.Custom, ""},
		"an archive that is too new":    {archive[:len(archive)/2], inspect.Policy{Major: 15}, inspect.Custom, outcome.DumpTooNew},
		"a tar dump":                    {string(load(t, "tar-15.tar"))[:4096], inspect.Policy{}, inspect.Tar, ""},
		"a tar with a dump":             {filesOf(t, "dump.sql", rows)[:65536], inspect.Policy{}, inspect.Plain, ""},
		"a base backup":                 {filesOf(t, "PG_VERSION", "15\n", "base/1/1", noise(65536))[:65536], inspect.Policy{}, "", ""},
		"an encrypted file":             {"age-encryption.org/v1\n-> X25519 x\n" + noise(100), inspect.Policy{}, "", outcome.KeyMissing},
		"comments of a long script":     {strings.Repeat("-- a licence\n", 5000), inspect.Policy{}, "", ""},
		"settings of a long script":     {strings.Repeat("SET x = 1;\n", 5000), inspect.Policy{}, "", ""},
		"a script of another tool":      {"CREATE TABLE t (a int);\n" + strings.Repeat("INSERT INTO t VALUES (1);\n", 3000), inspect.Policy{}, inspect.Plain, ""},
		"a page":                        {"<html>AccessDenied</html>" + rows, inspect.Policy{}, "", outcome.NotADump},
		"a log":                         {strings.Repeat("2026-07-01 12:00:00 INFO backup started\n", 2000), inspect.Policy{}, "", outcome.NotADump},
		"rows":                          {strings.Repeat("1\tAda Example\tada@example.org\n", 2000), inspect.Policy{}, "", outcome.NotADump},
		"zeros":                         {strings.Repeat("\x00", 65536), inspect.Policy{}, "", outcome.NotADump},
		"a command":                     {dumpHead + "\\! id\n" + rows, inspect.Policy{}, inspect.Plain, outcome.DumpHostile},
		"a command that is cut":         {dumpHead + "\\connect -reuse-previous=on \"dbn", inspect.Policy{}, inspect.Plain, ""},
		"a message in front":            {"pg_dump: warning: x\n" + rows, inspect.Policy{}, "", outcome.DumpCorrupt},
		"drops that need what is there": {dumpHead + "DROP TABLE t;\nCREATE TABLE t (a int);\n", inspect.Policy{}, inspect.Plain, ""},
		"few bytes of much":             {string(gzipped(t, []byte(strings.Repeat("-- x\n", 10<<20)))), inspect.Policy{}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := inspect.Head(t.Context(), []byte(c.head), false, layers.Opener{}, c.policy)
			if codeOf(err) != c.code || got.Source.Format != c.format && codeOf(err) != outcome.NotADump {
				t.Errorf("%q, %v; want %q, %q", got.Source.Format, err, c.format, c.code)
			}
		})
	}
}

// TestHeadOfAWholeBackup checks that a backup that is read whole is judged like a scan
// does it, but for what it contains.
func TestHeadOfAWholeBackup(t *testing.T) {
	good := gzipped(t, []byte(dumpOf("")))
	for name, c := range map[string]struct {
		content []byte
		code    outcome.Code
	}{
		"random bytes":             {[]byte(strings.Repeat("\x8e\x01\xfa\x90", 500)), outcome.NotADump},
		"a cut dump":               {[]byte(dumpHead), outcome.DumpTruncated},
		"nothing":                  {nil, outcome.BackupEmpty},
		"white space":              {[]byte("\n\n"), outcome.BackupEmpty},
		"gzip of nothing":          {gzipped(t, nil), outcome.BackupEmpty},
		"gzip with a wrong sum":    {flipped(good, len(good)-5, 1), outcome.StreamCorrupt},
		"gzip that is cut":         {good[:len(good)-9], outcome.StreamTruncated},
		"gzip with garbage behind": {append(good, 'x'), ""},
		"a schema without rows":    {[]byte(dumpOf("CREATE TABLE t (a int);\n")), ""},
	} {
		if _, err := inspect.Head(t.Context(), c.content, true, layers.Opener{}, inspect.Policy{}); codeOf(err) != c.code {
			t.Errorf("%s: %v, want %q", name, fmt.Sprint(err), c.code)
		}
	}
}
