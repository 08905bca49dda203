package zipfile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	passphrase = "correct-horse" // of the archives in testdata
	dump       = "dump.sql"
)

func membersOf(r io.ReaderAt, size int64) ([]zipfile.Member, error) {
	a, err := zipfile.Read(r, size)
	if err != nil {
		return nil, err
	}
	return a.Members(), nil
}

func openMember(r io.ReaderAt, size int64, name string, keys []*zipfile.Key) (*zipfile.Opened, error) {
	a, err := zipfile.Read(r, size)
	if err != nil {
		return nil, err
	}
	return a.Open(name, keys)
}

// read returns the content of a member, and the error of Open or Read.
func read(archive []byte, name string, passphrases ...string) ([]byte, *zipfile.Opened, error) {
	var keys []*zipfile.Key
	for _, p := range passphrases {
		keys = append(keys, zipfile.Passphrase(p))
	}
	o, err := openMember(bytes.NewReader(archive), int64(len(archive)), name, keys)
	if err != nil {
		return nil, nil, err
	}
	p, err := io.ReadAll(o)
	return p, o, err
}

func TestOpen(t *testing.T) {
	want := layerstest.File(t, dump)
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
			archive := layerstest.File(t, tt.name)
			if !zipfile.Detect(archive) {
				t.Error("not detected")
			}
			wrong, right := zipfile.Passphrase("wrong"), zipfile.Passphrase(passphrase)
			o, err := openMember(bytes.NewReader(archive), int64(len(archive)), dump, []*zipfile.Key{wrong, right})
			if err != nil {
				t.Fatal(err)
			}
			if err := iotest.TestReader(o, want); err != nil {
				t.Error(err)
			}
			member := zipfile.Member{Name: dump, Size: int64(len(want)), Encrypted: tt.encryption != "", Method: tt.method}
			if diff := cmp.Diff(member, o.Member); diff != "" || o.Encryption != tt.encryption || trailing(t, archive) != 0 {
				t.Errorf("%s %q, trailing %d", diff, o.Encryption, trailing(t, archive))
			}
			if encrypted := tt.encryption != ""; encrypted != (o.Key == right) || !encrypted && o.Key != nil {
				t.Errorf("opened by %v", o.Key)
			}
		})
	}
}

func TestSmallMembers(t *testing.T) {
	for _, name := range []string{"deflate.zip", "aes128.zip", "aes192.zip", "aes256.zip", "ae1-128.zip", "ae1-256.zip"} {
		got, o, err := read(layerstest.File(t, name), "folder/small.txt", passphrase)
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
		archive := layerstest.File(t, tt.name)
		got, err := membersOf(bytes.NewReader(archive), int64(len(archive)))
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
		_, _, err := read(layerstest.File(t, tt.archive), tt.member, with...)
		if layerstest.CodeOf(err) != tt.want || !strings.Contains(err.Error(), tt.message) {
			t.Errorf("%s: %v, want %s: %s", tt.archive, err, tt.want, tt.message)
		}
		if err != nil && strings.Contains(err.Error(), passphrase) {
			t.Errorf("%s: %v contains the passphrase", tt.archive, err)
		}
	}
	strong := layerstest.File(t, "deflate.zip")
	strong[bytes.Index(strong, []byte("PK\x01\x02"))+8] |= 1<<6 | 1
	if _, _, err := read(strong, dump, passphrase); layerstest.CodeOf(err) != outcome.FormatUnsupported || !strings.Contains(err.Error(), "strong encryption") {
		t.Errorf("strong encryption: %v", err)
	}
	for _, head := range []string{"", "x", "PGDMP", "Salted__"} {
		if _, _, err := read([]byte(head), dump); layerstest.CodeOf(err) != outcome.StreamCorrupt && (head != "" || layerstest.CodeOf(err) != outcome.StreamTruncated) {
			t.Errorf("%q: %v", head, err)
		}
	}
}

func TestHostileNames(t *testing.T) {
	long := strings.Repeat("x", 60_000)
	_, _, err := read(layerstest.File(t, "deflate.zip"), long+"\x1b[2J\x00")
	if err == nil || len(err.Error()) > 300 || strings.ContainsAny(err.Error(), "\x1b\x00") {
		t.Errorf("%.400q", err)
	}
	for _, name := range []string{"../../etc/passwd", "/etc/passwd", `C:\dump.sql`, "a\nb\x1b[31m"} {
		if got, _, err := read(layerstest.File(t, "names.zip"), name); err != nil || string(got) != "content\n" {
			t.Errorf("%q: %q, error %v", name, got, err)
		}
	}
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
