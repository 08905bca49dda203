package zipfile_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/layers/layerstest"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestCut(t *testing.T) {
	for _, name := range []string{"deflate.zip", "store.zip", "zip64.zip", "aes256.zip", "ae1-128.zip", "streamed.zip"} {
		archive := layerstest.File(t, name)
		for length := range len(archive) {
			if _, _, err := read(archive[:length], dump, passphrase); layerstest.CodeOf(err) != outcome.StreamTruncated {
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
	want := layerstest.File(t, dump)
	for _, name := range []string{"deflate.zip", "store.zip", "zip64.zip", "aes256.zip", "aes256-store.zip", "ae1-128.zip", "streamed.zip"} {
		archive := layerstest.File(t, name)
		counts := map[outcome.Code]int{}
		for at := range archive {
			for _, bit := range layerstest.Masks(at) {
				damaged := bytes.Clone(archive)
				damaged[at] ^= bit
				got, _, err := read(damaged, dump, passphrase)
				code := layerstest.CodeOf(err)
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
		archive := layerstest.File(t, name)
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
			if err == nil && bytes.Equal(got, layerstest.File(t, dump)) && i == int64(r.File[0].CompressedSize64)-1 {
				continue // the unused bits behind the end of a deflate stream
			}
			salted := strings.HasPrefix(name, "ae") && i < 18
			if want := map[bool]outcome.Code{true: outcome.KeyWrong, false: outcome.StreamCorrupt}[salted]; layerstest.CodeOf(err) != want {
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
		archive := layerstest.File(t, "deflate.zip")
		entry := bytes.Index(archive, []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint32(archive[entry+tt.field:], tt.value)
		if _, _, err := read(archive, dump); layerstest.CodeOf(err) != outcome.StreamCorrupt {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// TestBomb checks that a member is read no further than its stated size.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	m, err := w.Create(dump)
	if err == nil {
		_, err = m.Write(make([]byte, 32<<20))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	archive := b.Bytes()
	binary.LittleEndian.PutUint32(archive[bytes.Index(archive, []byte("PK\x01\x02"))+24:], 100)
	got, _, err := read(archive, dump)
	if layerstest.CodeOf(err) != outcome.StreamCorrupt || len(got) > 1<<20 {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
}

func trailing(t *testing.T, archive []byte) int64 {
	t.Helper()
	a, err := zipfile.Read(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	return a.Trailing()
}

func TestTrailing(t *testing.T) {
	want := layerstest.File(t, dump)
	for _, n := range []int{0, 1, 1000, 60_000} {
		archive := append(layerstest.File(t, "comment.zip"), make([]byte, n)...)
		got, _, err := read(archive, dump)
		if err != nil || !bytes.Equal(got, want) || trailing(t, archive) != int64(n) {
			t.Errorf("%d: error %v", n, err)
		}
	}
	archive := append([]byte("#!/bin/sh\n"), layerstest.File(t, "deflate.zip")...)
	got, _, err := read(archive, dump)
	if err != nil || !bytes.Equal(got, want) || trailing(t, archive) != 0 {
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
		o, err := openMember(failing{archive, at, broken}, int64(len(archive)), "0", nil)
		if err == nil {
			_, err = io.Copy(io.Discard, o)
		}
		if err != broken && err != nil || err == nil && at > 4096 && at < int64(len(archive))-200 { //nolint:errorlint // as it is
			t.Errorf("byte %d: %v", at, err)
		}
	}
	if _, err := membersOf(failing{archive, int64(len(archive)) - 1, broken}, int64(len(archive))); err != broken { //nolint:errorlint // as it is
		t.Error(err)
	}
	if _, err := membersOf(bytes.NewReader(archive), int64(len(archive))+1); layerstest.CodeOf(err) != outcome.StreamTruncated {
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
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	archive := build(t, 70_000, nil) // more than fit without zip64
	members, err := membersOf(bytes.NewReader(archive), int64(len(archive)))
	if err != nil || len(members) != 70_000 {
		t.Errorf("%d members, error %v", len(members), err)
	}
	at := bytes.LastIndex(archive, []byte("PK\x06\x06"))
	binary.LittleEndian.PutUint64(archive[at+32:], 1<<31) // entries, for which archive/zip would allocate
	if _, err := membersOf(sparse{archive}, 1<<40); layerstest.CodeOf(err) != outcome.FormatUnsupported {
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
	if _, err := membersOf(bytes.NewReader(b.Bytes()), int64(b.Len())); layerstest.CodeOf(err) != outcome.FormatUnsupported {
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

// FuzzOpen checks that no input panics, hangs, or fails with an unexpected code.
func FuzzOpen(f *testing.F) {
	for _, name := range []string{"deflate.zip", "store.zip", "zip64.zip", "aes256.zip", "ae1-128.zip", "names.zip", "zipcrypto.zip", "split-last.zip"} {
		f.Add(layerstest.File(f, name))
	}
	keys := []*zipfile.Key{zipfile.Passphrase(passphrase)}
	f.Fuzz(func(t *testing.T, archive []byte) {
		members, err := membersOf(bytes.NewReader(archive), int64(len(archive)))
		expect(t, err)
		for _, m := range members[:min(len(members), 3)] {
			o, err := openMember(bytes.NewReader(archive), int64(len(archive)), m.Name, keys)
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
	switch layerstest.CodeOf(err) {
	case "", outcome.StreamTruncated, outcome.StreamCorrupt, outcome.KeyWrong, outcome.FormatUnsupported:
	default:
		t.Error(err)
	}
}
