package zipfile_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	passphrase = "correct-horse" // of the archives in testdata
	dump       = "dump.sql"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func codeOf(err error) outcome.Code {
	if f := outcome.AsFailure(err); f != nil {
		return f.Code
	}
	return ""
}

// read returns the content of a member, and the error of Open or Read.
func read(archive []byte, name string, passphrases ...string) ([]byte, *zipfile.Opened, error) {
	var keys []*zipfile.Key
	for _, p := range passphrases {
		keys = append(keys, zipfile.Passphrase(p))
	}
	o, err := zipfile.Open(bytes.NewReader(archive), int64(len(archive)), name, keys)
	if err != nil {
		return nil, nil, err
	}
	p, err := io.ReadAll(o)
	return p, o, err
}

func TestOpen(t *testing.T) {
	want := file(t, dump)
	tests := []struct{ name, encryption, method string }{
		{"deflate.zip", "", "deflate"},
		{"store.zip", "", "store"},
		{"links.zip", "", "deflate"},
		{"zip64.zip", "", "deflate"},
		{"streamed.zip", "", "deflate"},
		{"comment.zip", "", "deflate"},
		{"aes128.zip", "AES-128 (AE-2)", "deflate"},
		{"aes192.zip", "AES-192 (AE-2)", "deflate"},
		{"aes256.zip", "AES-256 (AE-2)", "deflate"},
		{"aes256-store.zip", "AES-256 (AE-2)", "store"},
		{"ae1-128.zip", "AES-128 (AE-1)", "deflate"},
		{"ae1-256.zip", "AES-256 (AE-1)", "deflate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			archive := file(t, tt.name)
			if !zipfile.Detect(archive) {
				t.Error("not detected")
			}
			wrong, right := zipfile.Passphrase("wrong"), zipfile.Passphrase(passphrase)
			o, err := zipfile.Open(bytes.NewReader(archive), int64(len(archive)), dump, []*zipfile.Key{wrong, right})
			if err != nil {
				t.Fatal(err)
			}
			if err := iotest.TestReader(o, want); err != nil {
				t.Error(err)
			}
			member := zipfile.Member{Name: dump, Size: int64(len(want)), Encrypted: tt.encryption != "", Method: tt.method}
			if diff := cmp.Diff(member, o.Member); diff != "" || o.Encryption != tt.encryption || o.Trailing() != 0 {
				t.Errorf("%s %q, trailing %d", diff, o.Encryption, o.Trailing())
			}
			if encrypted := tt.encryption != ""; encrypted != (o.Key == right) || !encrypted && o.Key != nil {
				t.Errorf("opened by %v", o.Key)
			}
		})
	}
}

func TestSmallMembers(t *testing.T) {
	for _, name := range []string{"deflate.zip", "aes128.zip", "aes192.zip", "aes256.zip", "ae1-128.zip", "ae1-256.zip"} {
		got, o, err := read(file(t, name), "folder/small.txt", passphrase)
		if err != nil || string(got) != "small\n" {
			t.Errorf("%s: %q, error %v", name, got, err)
		}
		if name == "ae1-256.zip" && o.Encryption != "AES-256 (AE-2)" {
			t.Errorf("%s: %s", name, o.Encryption)
		}
	}
}

func TestMembers(t *testing.T) {
	dumps := zipfile.Member{Name: dump, Size: 686, Method: "deflate"}
	sealed := zipfile.Member{Name: dump, Size: 686, Method: "deflate", Encrypted: true}
	content := func(name string) zipfile.Member { return zipfile.Member{Name: name, Size: 8, Method: "store"} }
	tests := []struct {
		name string
		want []zipfile.Member
	}{
		{"deflate.zip", []zipfile.Member{dumps, {Name: "folder/small.txt", Size: 6, Method: "store"}}},
		{"links.zip", []zipfile.Member{dumps}},
		{"aes256.zip", []zipfile.Member{sealed, {Name: "folder/small.txt", Size: 6, Method: "store", Encrypted: true}}},
		{"zipcrypto.zip", []zipfile.Member{sealed}},
		{"bzip2.zip", []zipfile.Member{{Name: dump, Size: 686, Method: "bzip2"}}},
		{"empty.zip", nil},
		{"names.zip", []zipfile.Member{
			content("../../etc/passwd"), content("/etc/passwd"), content(`C:\dump.sql`), content("a\nb\x1b[31m"), content("twice"), content("twice"), content("\u202egnp.sql"),
		}},
	}
	for _, tt := range tests {
		archive := file(t, tt.name)
		got, err := zipfile.Members(bytes.NewReader(archive), int64(len(archive)))
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", tt.name, err, diff)
		}
	}
}

func TestRefused(t *testing.T) {
	tests := []struct {
		archive, member, passphrase string
		want                        outcome.Code
		message                     string
	}{
		{"zipcrypto.zip", dump, passphrase, outcome.FormatUnsupported, "encrypted with ZipCrypto"},
		{"zipcrypto7z.zip", dump, "", outcome.FormatUnsupported, "encrypted with ZipCrypto"},
		{"bzip2.zip", dump, "", outcome.FormatUnsupported, "compressed with bzip2"},
		{"lzma.zip", dump, "", outcome.FormatUnsupported, "compressed with lzma"},
		{"deflate64.zip", dump, "", outcome.FormatUnsupported, "compressed with deflate64"},
		{"ppmd.zip", dump, "", outcome.FormatUnsupported, "compressed with ppmd"},
		{"aes256-bzip2.zip", dump, passphrase, outcome.FormatUnsupported, "compressed with bzip2"},
		{"split-first.z01", "random", "", outcome.FormatUnsupported, "one part of a split archive"},
		{"split-last.zip", "random", "", outcome.FormatUnsupported, "one part of a split archive"},
		{"aes128.zip", dump, "", outcome.KeyMissing, `"dump.sql" in the zip archive is encrypted with AES-128 (AE-2)`},
		{"aes192.zip", dump, "wrong", outcome.KeyWrong, "AES-192"},
		{"ae1-256.zip", dump, "wrong", outcome.KeyWrong, "AES-256 (AE-1)"},
		{"names.zip", "twice", "", outcome.FormatUnsupported, `several files named "twice"`},
		{"names.zip", "a\nb\x1b[31", "", outcome.FormatUnsupported, `no file named "a\nb\x1b[31"`},
		{"deflate.zip", "folder/", "", outcome.FormatUnsupported, "no file named"},
		{"empty.zip", dump, "", outcome.FormatUnsupported, "no file named"},
	}
	for _, tt := range tests {
		var with []string
		if tt.passphrase != "" {
			with = append(with, tt.passphrase)
		}
		_, _, err := read(file(t, tt.archive), tt.member, with...)
		if codeOf(err) != tt.want || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%s: %v, want %s: %s", tt.archive, err, tt.want, tt.message)
		}
		if err != nil && strings.Contains(err.Error(), passphrase) {
			t.Errorf("%s: %v contains the passphrase", tt.archive, err)
		}
	}
	strong := file(t, "deflate.zip")
	strong[bytes.Index(strong, []byte("PK\x01\x02"))+8] |= 1<<6 | 1
	if _, _, err := read(strong, dump, passphrase); codeOf(err) != outcome.FormatUnsupported || !strings.Contains(err.Error(), "strong encryption") {
		t.Errorf("strong encryption: %v", err)
	}
	for _, head := range []string{"", "x", "PGDMP", "Salted__"} {
		if _, _, err := read([]byte(head), dump); codeOf(err) != outcome.StreamCorrupt && (head != "" || codeOf(err) != outcome.StreamTruncated) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestHostileNames(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	_, _, err := read(file(t, "deflate.zip"), long+"\x1b[2J\x00")
	if err == nil || len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\x1b\x00") {
		t.Errorf("%.400q", err)
	}
	for _, name := range []string{"../../etc/passwd", "/etc/passwd", `C:\dump.sql`, "a\nb\x1b[31m"} {
		if got, _, err := read(file(t, "names.zip"), name); err != nil || string(got) != "content\n" {
			t.Errorf("%q: %q, error %v", name, got, err)
		}
	}
}

func TestCut(t *testing.T) {
	for _, name := range []string{"deflate.zip", "store.zip", "zip64.zip", "aes256.zip", "ae1-128.zip", "streamed.zip"} {
		archive := file(t, name)
		for length := range len(archive) {
			if _, _, err := read(archive[:length], dump, passphrase); codeOf(err) != outcome.StreamTruncated {
				t.Errorf("%s cut after %d bytes: %v", name, length, err)
			}
		}
		for from := 1; from < len(archive); from++ {
			if _, _, err := read(archive[from:], dump, passphrase); err == nil {
				t.Errorf("%s without its first %d bytes: no error", name, from)
			}
		}
	}
}

// TestFlips checks that no changed byte yields other content without an error.
func TestFlips(t *testing.T) {
	want := file(t, dump)
	for _, name := range []string{"deflate.zip", "store.zip", "zip64.zip", "aes256.zip", "aes256-store.zip", "ae1-128.zip", "streamed.zip"} {
		archive := file(t, name)
		counts := map[outcome.Code]int{}
		for at := range archive {
			for _, bit := range []byte{1, 0x10, 0x80} {
				damaged := bytes.Clone(archive)
				damaged[at] ^= bit
				got, _, err := read(damaged, dump, passphrase)
				code := codeOf(err)
				counts[code]++
				switch {
				case err == nil && bytes.Equal(got, want): // a time, a local header
				case err == nil, code == outcome.Internal, code == outcome.KeyMissing:
					t.Errorf("%s, byte %d: %d bytes, error %v", name, at, len(got), err)
				}
			}
		}
		t.Logf("%s: %v", name, counts)
		if counts[outcome.StreamCorrupt] < len(want)/4 {
			t.Errorf("%s: %v", name, counts)
		}
	}
}

// TestDamagedContent checks each byte of the content, its salt and its code.
func TestDamagedContent(t *testing.T) {
	for _, name := range []string{"aes256.zip", "aes256-store.zip", "ae1-256.zip", "deflate.zip", "store.zip"} {
		archive := file(t, name)
		r, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
		if err != nil {
			t.Fatal(err)
		}
		begin, err := r.File[0].DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(r.File[0].CompressedSize64) {
			damaged := bytes.Clone(archive)
			damaged[begin+i] ^= 4
			got, _, err := read(damaged, dump, passphrase)
			if err == nil && bytes.Equal(got, file(t, dump)) && i == int64(r.File[0].CompressedSize64)-1 {
				continue // the unused bits behind the end of a deflate stream
			}
			salted := strings.HasPrefix(name, "ae") && i < 18
			if want := map[bool]outcome.Code{true: outcome.KeyWrong, false: outcome.StreamCorrupt}[salted]; codeOf(err) != want {
				t.Errorf("%s, byte %d of the content: %v, want %s", name, i, err, want)
			}
		}
	}
}

func TestLyingDirectory(t *testing.T) {
	tests := []struct {
		name  string
		field int // offset in the entry of the central directory
		value uint32
	}{
		{"CRC-32 of zero", 16, 0},
		{"smaller compressed size", 20, 100},
		{"smaller size", 24, 685},
		{"larger size", 24, 687},
		{"offset beyond the end", 42, 1 << 30},
	}
	for _, tt := range tests {
		archive := file(t, "deflate.zip")
		entry := bytes.Index(archive, []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint32(archive[entry+tt.field:], tt.value)
		if _, _, err := read(archive, dump); codeOf(err) != outcome.StreamCorrupt {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestTrailing(t *testing.T) {
	want := file(t, dump)
	for _, n := range []int{0, 1, 1000, 60_000} {
		got, o, err := read(append(file(t, "comment.zip"), make([]byte, n)...), dump)
		if err != nil || !bytes.Equal(got, want) || o.Trailing() != int64(n) {
			t.Errorf("%d: error %v", n, err)
		}
	}
	got, o, err := read(append([]byte("#!/bin/sh\n"), file(t, "deflate.zip")...), dump)
	if err != nil || !bytes.Equal(got, want) || o.Trailing() != 0 {
		t.Errorf("with bytes in front: %v", err)
	}
}

// failing returns an error for a read that touches a byte.
type failing struct {
	archive []byte
	at      int64
	err     error
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off <= f.at && f.at < off+int64(len(p)) {
		return 0, f.err
	}
	return bytes.NewReader(f.archive).ReadAt(p, off)
}

func TestSourceErrors(t *testing.T) {
	broken := fmt.Errorf("connection reset: %w", io.ErrUnexpectedEOF)
	content := make([]byte, 300_000)
	for i := range content {
		content[i] = byte(i * i >> 3)
	}
	archive := build(t, 1, content)
	for at := int64(0); at < int64(len(archive)); at += 1009 {
		o, err := zipfile.Open(failing{archive, at, broken}, int64(len(archive)), "0", nil)
		if err == nil {
			_, err = io.Copy(io.Discard, o)
		}
		if err != broken && err != nil || err == nil && at > 4096 && at < int64(len(archive))-200 { //nolint:errorlint // as it is
			t.Errorf("byte %d: %v", at, err)
		}
	}
	if _, err := zipfile.Members(failing{archive, int64(len(archive)) - 1, broken}, int64(len(archive))); err != broken { //nolint:errorlint // as it is
		t.Error(err)
	}
	if _, err := zipfile.Members(bytes.NewReader(archive), int64(len(archive))+1); codeOf(err) != outcome.StreamTruncated {
		t.Errorf("shorter than stated: %v", err)
	}
}

// build returns an archive with members that are named by number.
func build(t testing.TB, n int, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range n {
		m, err := w.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Method: zip.Store})
		if err == nil {
			_, err = m.Write(content)
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

func TestManyMembers(t *testing.T) {
	archive := build(t, 70_000, nil) // more than fit without zip64
	members, err := zipfile.Members(bytes.NewReader(archive), int64(len(archive)))
	if err != nil || len(members) != 70_000 {
		t.Errorf("%d members, error %v", len(members), err)
	}
	at := bytes.LastIndex(archive, []byte("PK\x06\x06"))
	binary.LittleEndian.PutUint64(archive[at+32:], 1<<31) // entries, for which archive/zip would allocate
	if _, err := zipfile.Members(sparse{archive}, 1<<40); codeOf(err) != outcome.FormatUnsupported {
		t.Errorf("2^31 entries: %v", err)
	}
	large := build(t, 200_000, nil)
	entries := bytes.Index(large, []byte("PK\x01\x02"))
	comment := []byte(strings.Repeat("c", 200))
	var b bytes.Buffer // the same directory with a long comment for each entry
	b.Write(large[:entries])
	for rest := large[entries:]; bytes.HasPrefix(rest, []byte("PK\x01\x02")); {
		size := 46 + int(binary.LittleEndian.Uint16(rest[28:])) + int(binary.LittleEndian.Uint16(rest[30:]))
		entry := bytes.Clone(rest[:size])
		binary.LittleEndian.PutUint16(entry[32:], uint16(len(comment)))
		b.Write(entry)
		b.Write(comment)
		rest = rest[size:]
	}
	size := b.Len() - entries
	end := append([]byte("PK\x05\x06"), make([]byte, 18)...)
	binary.LittleEndian.PutUint16(end[8:], 200_000%65536)
	binary.LittleEndian.PutUint16(end[10:], 200_000%65536)
	binary.LittleEndian.PutUint32(end[12:], uint32(size))
	binary.LittleEndian.PutUint32(end[16:], uint32(entries))
	b.Write(end)
	if _, err := zipfile.Members(bytes.NewReader(b.Bytes()), int64(b.Len())); codeOf(err) != outcome.FormatUnsupported {
		t.Errorf("%d MiB of directory: %v", size>>20, err)
	}
}

// sparse is a file of 1 TiB that ends in an archive's end, with positions that fit.
type sparse struct{ archive []byte }

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	if off < int64(len(s.archive)) {
		return bytes.NewReader(s.archive).ReadAt(p, off)
	}
	return bytes.NewReader(s.archive).ReadAt(p, off-(1<<40)+int64(len(s.archive)))
}

func TestDetect(t *testing.T) {
	tests := map[string]bool{
		"PK\x03\x04": true, "PK\x05\x06": true, "PK\x07\x08PK\x03\x04": true, "PK00PK\x03\x04": true,
		"": false, "PK": false, "PK00": false, "PK\x01\x02": false, "-- PK\x03\x04": false,
	}
	for head, want := range tests {
		if zipfile.Detect([]byte(head)) != want {
			t.Errorf("%q: %t", head, !want)
		}
	}
}

func TestKeyPrintsNoPassphrase(t *testing.T) {
	k := zipfile.Passphrase("canary")
	asJSON, err := json.Marshal(k)
	if err != nil {
		t.Fatal(err)
	}
	printed := fmt.Sprintf("%v %+v %#v %s %x %q %v %+v %#v %s", k, k, k, k, k, k, *k, *k, *k, asJSON)
	if strings.Contains(printed, "canary") || strings.Contains(printed, fmt.Sprintf("%x", "canary")) {
		t.Error(printed)
	}
}

// FuzzOpen checks that no input panics, hangs, or fails with an unexpected code.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"deflate.zip", "store.zip", "zip64.zip", "aes256.zip", "ae1-128.zip", "names.zip", "zipcrypto.zip", "split-last.zip"} {
		f.Add(file(f, name))
	}
	keys := []*zipfile.Key{zipfile.Passphrase(passphrase)}
	f.Fuzz(func(t *testing.T, archive []byte) {
		members, err := zipfile.Members(bytes.NewReader(archive), int64(len(archive)))
		expect(t, err)
		for _, m := range members[:min(len(members), 3)] {
			o, err := zipfile.Open(bytes.NewReader(archive), int64(len(archive)), m.Name, keys)
			if err == nil {
				var n int64
				if n, err = io.CopyN(io.Discard, o, 1<<20); errors.Is(err, io.EOF) {
					err = nil
					if n != m.Size {
						t.Errorf("%d bytes of %d", n, m.Size)
					}
				}
			}
			expect(t, err)
		}
	})
}

func expect(t *testing.T, err error) {
	t.Helper()
	switch codeOf(err) {
	case "", outcome.StreamTruncated, outcome.StreamCorrupt, outcome.KeyWrong, outcome.FormatUnsupported:
	default:
		t.Error(err)
	}
}
