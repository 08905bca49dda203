package layers_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"io"
	"os/exec"
	"strings"
	"testing"

	"filippo.io/age"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/outcome"
)

// contentOf returns the dump, or the names and contents of its files.
func contentOf(s *layers.Stream) (string, error) {
	if s.Files == nil {
		content, err := io.ReadAll(s)
		return string(content), err
	}
	var b strings.Builder
	for {
		file, err := s.Files.Next()
		if err == io.EOF { //nolint:errorlint // the end
			return strings.TrimSpace(b.String()), nil
		}
		if err != nil {
			return "", err
		}
		content, err := io.ReadAll(file)
		if err != nil {
			return "", err
		}
		b.WriteString(file.Name + "=" + string(content) + " ")
	}
}

// zipped returns a zip archive of files, given as alternating names and contents.
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			_, err = io.WriteString(f, files[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const custom = "PGDMP\x01\x0e\x00"

// TestMembers checks which member of an archive is the dump, for tar and zip alike.
func TestMembers(t *testing.T) {
	const script = "--\n-- NOTE:\n--\n-- File paths need to be edited. Search for $$PATH$$ and\n"
	for name, c := range map[string]struct {
		files []string
		glob  string
		code  outcome.Code
		says  string // the failure, or the layers without the archive's name
		zip   string // the same for zip, where it differs
	}{
		"by its name":                {files: []string{"etc/hosts", "x", "db/database.sql.gz", string(gzipped(t, []byte(dump)))}, says: "(db/database.sql.gz) gzip"},
		"by its content":             {files: []string{"a.txt", "x", "b.backup", custom}, says: "(b.backup)"},
		"by its text":                {files: []string{"data", dump, "other", "x"}, says: "(data)"},
		"with a dot":                 {files: []string{"./dump.sql", dump}, says: "(dump.sql)"},
		"outside of the archive":     {files: []string{"../../etc/cron.d/dump.sql", dump}, says: "(etc/cron.d/dump.sql)"},
		"by the glob":                {files: []string{"a.sql", dump, "db/b.sql", dump}, glob: "db/b.sql*", says: "(db/b.sql)"},
		"by a glob of base names":    {files: []string{"a.sql", dump, "db/b.sql", dump}, glob: "b.*", says: "(db/b.sql)"},
		"two":                        {files: []string{"main.sql", dump, "ci.sql", dump}, code: outcome.MemberAmbiguous, says: "main.sql, ci.sql"},
		"two that match":             {files: []string{"a1.sql", dump, "a2.sql", dump}, glob: "a*", code: outcome.MemberAmbiguous, says: "a1.sql, a2.sql"},
		"the same twice":             {files: []string{"a.sql", dump, "a.sql", dump}, code: outcome.MemberAmbiguous, says: "has a.sql twice"},
		"none":                       {files: []string{"etc/hosts", "x", "b", "y"}, code: outcome.MemberMissing, says: "has 2 files"},
		"none that matches":          {files: []string{"dump.sql", dump}, glob: "*.dump", code: outcome.MemberMissing, says: "backup.member (*.dump)"},
		"one of an unusual name":     {files: []string{"a.png", "x", "shop", string(gzipped(t, []byte(dump)))}, code: outcome.FormatUnsupported, says: "such as shop"},
		"its folder":                 {files: []string{"shop.sql/", ""}, code: outcome.MemberMissing, says: "has 0 files"},
		"a physical backup":          {files: []string{"PG_VERSION", "15\n", "base/1/1", "x"}, code: outcome.FormatUnsupported, says: "PG_VERSION in a "},
		"a dump in a volume":         {files: []string{"PG_VERSION", "15\n", "backup/dump.sql", dump}, says: "(backup/dump.sql)"},
		"a name that disturbs":       {files: []string{"a\n\x1b[31m.sql", dump, "b.sql", dump}, code: outcome.MemberAmbiguous, says: "a??[31m.sql, b.sql"},
		"an archive in an archive":   {files: []string{"a.tar", string(packed(t, "dump.sql", dump)), "b.dump.tar", string(packed(t, "dump.sql", dump))}, says: "(b.dump.tar) tar(dump.sql)"},
		"with its checksum":          {files: []string{"shop.dump.sha256", "ab  shop.dump\n", "shop.dump", custom, "shop.dump.md5", "ab"}, says: "(shop.dump)"},
		"with its checksum, by glob": {files: []string{"db/shop.sql.gz", string(gzipped(t, []byte(dump))), "db/shop.sql.gz.sha256", "ab"}, glob: "db/shop.sql*", says: "(db/shop.sql.gz) gzip"},
		"with its signature":         {files: []string{"shop.dump", custom, "shop.dump.asc", "-----BEGIN PGP SIGNATURE-----\n"}, says: "(shop.dump)"},
		"with the roles":             {files: []string{"globals.sql", dump, "shop.dump", custom}, says: "(shop.dump)"},
		"the roles, by glob":         {files: []string{"globals.sql", dump, "shop.dump", custom}, glob: "globals.sql", says: "(globals.sql)"},
		"a program's data":           {files: []string{"data/16.dat", "text", "data/17.dat", strings.Repeat("\x00", 5000), "shop.dump", custom, "data/18.dat", "text"}, says: "(shop.dump)"},
		"a directory":                {files: []string{"d/16.dat", "\n\n", "d/17.dat", "1\n\\.\n", "d/toc.dat", custom, "d/README", "x"}, says: "(d)"},
		"a directory, by glob":       {files: []string{"d/toc.dat", custom, "e/toc.dat", custom}, glob: "e", says: "(e)"},
		"two directories":            {files: []string{"d/toc.dat", custom, "e/toc.dat", custom}, code: outcome.MemberAmbiguous, says: "d/toc.dat, e/toc.dat"},
		"SQL before a directory":     {files: []string{"d/a.sql", dump, "d/toc.dat", custom}, code: outcome.MemberAmbiguous, says: "d/a.sql, d/toc.dat"},
		"SQL in a directory":         {files: []string{"d/toc.dat", custom, "d/a.sql", dump}, code: outcome.MemberAmbiguous, says: "d/toc.dat, d/a.sql"},
		"a list before a directory":  {files: []string{"d/blobs_17.toc", "16 blob_16.dat\n", "d/blob_16.dat", "\x00", "d/toc.dat", custom}, says: "(d)"},
		"a directory with a note":    {files: []string{"d/toc.dat", custom, "d/notes.out", "x"}, glob: "d", says: "(d)"},
		"a script of pg_restore":     {files: []string{"d/restore.sql", script, "d/toc.dat", custom}, says: "(d)"},
	} {
		for archive, content := range map[string][]byte{"tar": packed(t, c.files...), "zip": zipped(t, c.files...)} {
			t.Run(archive+" "+name, func(t *testing.T) {
				want := c.says
				if strings.HasPrefix(want, "(") {
					want = archive + want
				}
				said, err := chainOf(t, layers.Opener{Member: c.glob}, content)
				if err != nil {
					said = err.Error()
				}
				if codeOf(err) != c.code || (err == nil) != (c.code == "") || err == nil && said != want || !strings.Contains(said, want) {
					t.Errorf("%q, %s; want %q, %s", codeOf(err), said, c.code, want)
				}
			})
		}
	}
}

// TestLinks checks that a link in a tar archive, which has no content, is reported as one.
func TestLinks(t *testing.T) {
	archive := func(headers ...tar.Header) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, h := range headers {
			if h.Typeflag == tar.TypeReg {
				h.Size = int64(len(custom))
			}
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
			if h.Typeflag == tar.TypeReg {
				_, _ = io.WriteString(w, custom) // into memory
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	file := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg} }
	link := func(name, target string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: target}
	}
	for name, c := range map[string]struct {
		content []byte
		glob    string
		code    outcome.Code
		says    string
	}{
		"beside the dump":         {archive(file("last/shop.dump"), link("daily/shop.dump", "last/shop.dump")), "", "", "tar(last/shop.dump)"},
		"the dump":                {archive(file("last/shop.dump"), link("daily/shop.dump", "last/shop.dump")), "daily/*", outcome.FormatUnsupported, "daily/shop.dump, a link to last/shop.dump"},
		"a file of the dump":      {archive(file("d/toc.dat"), link("d/1.dat", "../1.dat")), "", outcome.FormatUnsupported, "d/1.dat, a link to ../1.dat"},
		"beside a directory":      {archive(file("d/toc.dat"), file("d/1.dat"), link("e/toc.dat", "d/toc.dat"), link("e/1.dat", "d/1.dat")), "", "", "tar(d)"},
		"before a directory":      {archive(tar.Header{Name: "latest.dump", Typeflag: tar.TypeSymlink, Linkname: "d"}, file("d/toc.dat")), "", "", "tar(d)"},
		"a link without its dump": {archive(tar.Header{Name: "latest.dump", Typeflag: tar.TypeSymlink, Linkname: "/x.dump"}), "", outcome.FormatUnsupported, "latest.dump, a link to /x.dump"},
	} {
		t.Run(name, func(t *testing.T) {
			said, err := chainOf(t, layers.Opener{Member: c.glob}, c.content)
			if err != nil {
				said = err.Error()
			}
			if codeOf(err) != c.code || !strings.Contains(said, c.says) {
				t.Errorf("%q, %s; want %q, %s", codeOf(err), said, c.code, c.says)
			}
		})
	}
}

// TestEndOfTar checks what is accepted as the end of a tar archive.
func TestEndOfTar(t *testing.T) {
	whole := packed(t, "a.sql", dump+strings.Repeat("\x00", 3000))
	bare := whole[:len(whole)-1024]
	for name, c := range map[string]struct {
		content []byte
		code    outcome.Code
		behind  int64
	}{
		"whole":                         {whole, "", 0},
		"with padding":                  {append(bytes.Clone(whole), make([]byte, 20*512)...), "", 0},
		"with text behind":              {append(bytes.Clone(whole), "DONE\n"...), "", 5},
		"with text behind padding":      {append(bytes.Clone(whole), "\x00\x00DONE\n\x00"...), "", 7},
		"without its trailer":           {bare, outcome.StreamTruncated, 0},
		"with half of its trailer":      {whole[:len(whole)-512], outcome.StreamTruncated, 0},
		"cut in the zeros of its dump":  {whole[:2048], outcome.StreamTruncated, 0},
		"with garbage for its trailer":  {append(bytes.Clone(bare), strings.Repeat("x", 1024)...), outcome.StreamCorrupt, 0},
		"of a program that has no name": {oldTar(t, whole), "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := layers.Opener{}.Open(t.Context(), bytes.NewReader(c.content))
			if err == nil {
				_, err = contentOf(s)
			}
			if codeOf(err) != c.code || (err == nil) != (c.code == "") {
				t.Fatalf("error %v, want %q", err, c.code)
			}
			if err != nil {
				return
			}
			if behind, layer := s.Trailing(); behind != c.behind || (layer == "tar") != (c.behind > 0) {
				t.Errorf("%d bytes behind the end of %q, want %d", behind, layer, c.behind)
			}
		})
	}
}

// oldTar removes the magic from the first header of an archive, and corrects its checksum.
func oldTar(t *testing.T, archive []byte) []byte {
	t.Helper()
	const block, magic, sum = 512, 257, 148
	old := bytes.Clone(archive)
	clear(old[magic:block])
	copy(old[sum:], "        ")
	n := 0
	for _, c := range old[:block] {
		n += int(c)
	}
	copy(old[sum:], []byte{byte('0' + n>>15&7), byte('0' + n>>12&7), byte('0' + n>>9&7), byte('0' + n>>6&7), byte('0' + n>>3&7), byte('0' + n&7), 0, ' '})
	return old
}

// TestEncryptedFiles checks a directory in which each file is encrypted.
func TestEncryptedFiles(t *testing.T) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	seal := func(text string) string {
		var b bytes.Buffer
		w, err := age.Encrypt(&b, identity.Recipient())
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	key, err := agefile.ParseKey([]byte(identity.String()), "")
	if err != nil {
		t.Fatal(err)
	}
	right := layers.Keyring{Age: []*agefile.Key{key}}
	toc, rows, many := seal(custom), seal("1\n\\.\n"), []byte(seal(strings.Repeat("1\n", 1<<17)))
	many[1000] ^= 1
	for name, c := range map[string]struct {
		files []string
		keys  layers.Keyring
		code  outcome.Code
		says  string
	}{
		"with the key":     {[]string{"d/toc.dat.age", toc, "d/1.dat.age", rows}, right, "", "toc.dat=" + custom + " 1.dat=1\n\\."},
		"one of them":      {[]string{"d/toc.dat", custom, "d/1.dat.age", rows}, right, "", "1.dat=1\n\\."},
		"without a key":    {[]string{"d/toc.dat.age", toc}, layers.Keyring{}, outcome.KeyMissing, "toc.dat.age"},
		"cut":              {[]string{"d/toc.dat.age", toc, "d/1.dat.age", rows[:len(rows)-1]}, right, outcome.StreamTruncated, "1.dat.age"},
		"damaged":          {[]string{"d/toc.dat.age", toc, "d/1.dat.age", string(many)}, right, outcome.StreamCorrupt, "1.dat.age"},
		"not encrypted":    {[]string{"d/toc.dat.age", custom}, right, outcome.StreamCorrupt, "not encrypted, although its name says so, in its file toc.dat.age"},
		"one empty":        {[]string{"d/toc.dat.age", toc, "d/1.dat.age", ""}, right, outcome.StreamTruncated, "the file is empty, in its file 1.dat.age"},
		"an object in age": {[]string{"d/toc.dat", custom, "d/blob_1.dat", rows}, layers.Keyring{}, "", "blob_1.dat=age-encryption.org"},
		"rows in age":      {[]string{"d/toc.dat", custom, "d/1.dat", "U2FsdGVkX1+abcdefghijkl\t1\n\\.\n"}, layers.Keyring{}, "", "1.dat=U2Fsd"},
	} {
		for archive, content := range map[string][]byte{"tar": packed(t, c.files...), "zip": zipped(t, c.files...)} {
			t.Run(archive+" "+name, func(t *testing.T) {
				s, err := layers.Opener{Keys: c.keys}.Open(t.Context(), bytes.NewReader(content))
				said := ""
				if err == nil {
					said, err = contentOf(s)
				}
				if err != nil {
					said = err.Error()
				}
				if codeOf(err) != c.code || !strings.Contains(said, c.says) {
					t.Errorf("%q, %q; want %q, %q", codeOf(err), said, c.code, c.says)
				}
			})
		}
	}
}

// TestFilesOfOpenSSL checks that the key which opened one file opens the others, also one that
// is too short to show anything.
func TestFilesOfOpenSSL(t *testing.T) {
	const passphrase = "secret"
	seal := func(digest, text string) string {
		cmd := exec.CommandContext(t.Context(), "openssl", "enc", "-aes-256-cbc", "-md", digest, "-pass", "pass:"+passphrase)
		cmd.Stdin = strings.NewReader(text)
		sealed, err := cmd.Output()
		if err != nil {
			t.Skip("no openssl: ", err)
		}
		return string(sealed)
	}
	old := false
	key, err := opensslenc.NewKey(opensslenc.Options{Passphrase: passphrase, PBKDF2: &old})
	if err != nil {
		t.Fatal(err)
	}
	opener := layers.Opener{Keys: layers.Keyring{OpenSSL: []*opensslenc.Key{key}}}
	for _, digest := range []string{"sha256", "md5"} {
		archive := packed(t, "d/toc.dat.enc", seal(digest, custom), "d/1.dat.enc", seal(digest, "\\.\n\n\n"), "d/blob_2.dat.enc", seal(digest, "\x00\x80\xff"))
		s, err := opener.Open(t.Context(), bytes.NewReader(archive))
		said := ""
		if err == nil {
			said, err = contentOf(s)
		}
		if want := "toc.dat=" + custom + " 1.dat=\\.\n\n\n blob_2.dat=\x00\x80\xff"; err != nil || said != want {
			t.Errorf("%s: %q, %v", digest, said, err)
		}
	}
}
