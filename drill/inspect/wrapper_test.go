package inspect_test

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// filesOf returns a tar archive of files, given as alternating names and contents.
func filesOf(t *testing.T, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// walSegment returns the first page of a segment of Postgres 15.
func walSegment() string {
	page := make([]byte, 8192)
	binary.LittleEndian.PutUint16(page, 0xd110)
	page[2] = 0x02
	binary.LittleEndian.PutUint32(page[32:], 16<<20)
	binary.LittleEndian.PutUint32(page[36:], 8192)
	return string(page)
}

// TestWrappersProveNothing checks that a layer or a format that this version does not
// open is never the backup's fault, and that the message says what it is.
func TestWrappersProveNothing(t *testing.T) {
	plain := dumpOf("COPY t FROM stdin;\n1\n\\.\n")
	inBase64 := func(content string) string { return base64.StdEncoding.EncodeToString([]byte(content)) }
	lines := func(text string) string { // of 64 characters, as openssl enc -a writes
		var b strings.Builder
		for ; len(text) > 64; text = text[64:] {
			b.WriteString(text[:64] + "\n")
		}
		return b.String() + text + "\n"
	}
	for name, c := range map[string]struct {
		content string
		code    outcome.Code
		says    string
	}{
		"pg_basebackup":         {filesOf(t, "backup_label", "START WAL", "base/1/112", "x", "PG_VERSION", "15\n"), outcome.FormatUnsupported, "a physical one (backup_label in a tar archive)"},
		"WAL-G":                 {filesOf(t, "base/1/112", "x", "global/pg_control", "x"), outcome.FormatUnsupported, "physical one (global/pg_control in a tar"},
		"pg_wal.tar":            {filesOf(t, "000000010000000000000002", walSegment()), outcome.FormatUnsupported, "physical one (segments of WAL in a tar"},
		"a segment of WAL":      {walSegment(), outcome.FormatUnsupported, "physical one (a segment of WAL)"},
		"a backup_label":        {"START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n", outcome.FormatUnsupported, "physical one (a backup_label)"},
		"a backup_manifest":     {"{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n", outcome.FormatUnsupported, "physical one (a backup_manifest)"},
		"pgBackRest":            {"[backup]\nbackup-archive-start=\"000000010000000000000002\"\n", outcome.FormatUnsupported, "pgBackRest"},
		"rclone crypt":          {"RCLONE\x00\x00" + strings.Repeat("\x8e\x01", 100), outcome.KeyMissing, "rclone crypt"},
		"openssl smime":         {"MIME-Version: 1.0\nContent-Disposition: attachment; filename=\"smime.p7m\"\n", outcome.KeyMissing, "openssl smime"},
		"openssl smime, in DER": {"\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0", outcome.KeyMissing, "openssl smime"},
		"sops":                  {"{\n\t\"data\": \"ENC[AES256_GCM,data:abc\"}", outcome.KeyMissing, "sops"},
		"Ansible Vault":         {"$ANSIBLE_VAULT;1.1;AES256\n62313\n", outcome.KeyMissing, "Ansible Vault"},
		"AES Crypt":             {"AES\x02\x00\x00\x1bCREATED_BY", outcome.KeyMissing, "AES Crypt"},
		"archive in base64":     {lines(inBase64(string(load(t, "custom-15.dump")))), outcome.FormatUnsupported, "base64, with an archive of pg_dump inside"},
		"plain dump in base64":  {inBase64(plain), outcome.FormatUnsupported, "base64, with a plain dump inside"},
		"gzip in base64":        {inBase64(string(gzipped(t, []byte(plain)))), outcome.FormatUnsupported, "base64, with gzip inside"},
		"xz in base64":          {inBase64("\xfd7zXZ\x00\x00\x04" + plain), outcome.FormatUnsupported, "base64, with xz inside"},
		"lzma":                  {"\x5d\x00\x00\x80\x00\xff\xff\xff\xff\xff\xff\xff\xff", outcome.FormatUnsupported, "lzma"},
		"zlib":                  {"\x78\x9c\x4b\x04\x00\x00", outcome.FormatUnsupported, "zlib"},
		"7z":                    {"7z\xbc\xaf\x27\x1c\x00", outcome.FormatUnsupported, "a 7z archive"},
		"cpio":                  {"0707010000", outcome.FormatUnsupported, "a cpio archive"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan(t, []byte(c.content))
			if codeOf(err) != c.code || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("got %q (%v), want %q with %q", codeOf(err), err, c.code, c.says)
			}
			if outcome.AsFailure(err).Class() != outcome.ClassEnvironment {
				t.Errorf("the class is %s", outcome.AsFailure(err).Class())
			}
			if _, head := inspect.Head(t.Context(), []byte(c.content), true, layers.Opener{}, inspect.Policy{}); codeOf(head) != c.code {
				t.Errorf("its head: %v", head)
			}
		})
	}
}

// TestCutTar checks that a tar archive that ends early is broken, whatever is in it.
func TestCutTar(t *testing.T) {
	content := filesOf(t, "dump.sql.gz", strings.Repeat("x", 100_000))
	if _, err := scan(t, []byte(content[:50_000])); codeOf(err) != outcome.StreamTruncated {
		t.Errorf("cut in a file: %v", err)
	}
	damaged := []byte(filesOf(t, "a", "x", "dump.sql.gz", "y"))
	damaged[1024+150] ^= 1 // in the checksum of the second header
	if _, err := scan(t, damaged); codeOf(err) != outcome.FormatUnsupported {
		t.Errorf("a header that this version cannot read: %v", err)
	}
}

// TestPartsOfASet checks that SQL without the comments of pg_dump and without rows
// proves nothing: Supabase's command writes its schema and its roles into such files.
func TestPartsOfASet(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		code outcome.Code
		says string
	}{
		"roles":                 {"SET default_transaction_read_only = off;\nCREATE ROLE shop;\nALTER ROLE shop WITH LOGIN;\nRESET ALL;\n", outcome.FormatUnsupported, "creates no tables"},
		"schema":                {"SET statement_timeout = 0;\nCREATE TABLE public.t (a int);\nRESET ALL;\n", outcome.FormatUnsupported, "a schema without rows"},
		"schema and rows":       {"CREATE TABLE public.t (a int);\nINSERT INTO t VALUES (1);\n", "", ""},
		"a schema of pg_dump":   {dumpOf("CREATE TABLE public.t (a int);\n"), outcome.DumpNoData, "no rows"},
		"globals of a cluster":  {"-- PostgreSQL database cluster dump\nCREATE ROLE a;\n-- PostgreSQL database cluster dump complete\n", outcome.FormatUnsupported, "--globals-only"},
		"a cluster with a dump": {"-- PostgreSQL database cluster dump\n" + dumpOf("") + "-- PostgreSQL database cluster dump complete\n", outcome.DumpNoData, "no tables"},
	} {
		got, err := scan(t, []byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = inspect.Judge(got, nil, inspect.Policy{})
		if codeOf(err) != c.code || c.code != "" && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %q (%v), want %q with %q", name, codeOf(err), err, c.code, c.says)
		}
	}
}
