package layers_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"runtime/metrics"
	"slices"
	"testing"
	"testing/iotest"
	"time"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	fuzzDecoded = 256 << 10 // what each layer, and each file of a dump, may decode to
	fuzzWithin  = 30 * time.Second
)

// unpacked is everything that is read of a backup.
type unpacked struct {
	Layers []layers.Layer
	Format string
	Files  []string // their names, sizes and checksums; the dump itself if it is one file
	Err    error
}

// unpack opens a backup and reads it to its end, or to the limit of one of its files.
func unpack(t *testing.T, o layers.Opener, r io.Reader) (u unpacked) {
	t.Helper()
	s, err := o.Open(t.Context(), r)
	if err != nil {
		return unpacked{Err: err}
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	u.Layers = s.Layers
	if s.Files == nil {
		u.Err = u.add("", -1, s)
		return u
	}
	u.Format = s.Files.Format
	for {
		file, err := s.Files.Next()
		if err == nil {
			err = u.add(file.Name, file.Size, io.LimitReader(file, fuzzDecoded))
		}
		switch {
		case err == io.EOF: //nolint:errorlint // the reader's own end
			return u
		case err != nil:
			u.Err = err
			return u
		}
	}
}

// add reads a file.
func (u *unpacked) add(name string, size int64, r io.Reader) error {
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	u.Files = append(u.Files, fmt.Sprintf("%s (%d bytes, %d read) %x", name, size, n, sum.Sum(nil)))
	return err
}

// FuzzTar opens arbitrary bytes with a tar archive in them. It must end soon, in a dump or in
// a Failure, and take memory by what is there, never by what a header says. A backup that is
// read without an error is not accepted if it is cut, unless what was cut off means nothing;
// and an error of its source is not taken for damage. With repair, headers get the checksum
// that they need, or nearly every mutation would end there.
func FuzzTar(f *testing.F) {
	for _, seed := range tarSeeds(f) {
		f.Add(seed, "", uint16(600), true)
		f.Add(seed, "*.dat", uint16(len(seed)/2), false)
	}
	f.Add(packed(f, "a/dump.sql", dump, "b/dump.sql", dump), "b/*", uint16(1500), true)
	const header, zeros = 512, 1536
	f.Add(packed(f, "b/toc.dat", "", "b/blob_1.dat", string(make([]byte, zeros)), "b/1.dat", "1\n\\.\n\n\n"), "", uint16(2*header+zeros), false)
	f.Setenv("PATH", "") // no programs
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte, member string, cut uint16, repair bool) {
		if repair {
			content = repaired(content)
		}
		hangs := time.AfterFunc(fuzzWithin, func() { panic("it does not end") })
		defer hangs.Stop()
		o := layers.Opener{Member: member, MaxDecoded: fuzzDecoded, Dir: dir}
		before := allocated()
		whole := unpack(t, o, bytes.NewReader(content))
		if took, most := allocated()-before, allowed(content); took > most {
			t.Errorf("%d bytes of backup took %d bytes of memory, and %d would be enough", len(content), took, most)
		}
		if code := codeOf(whole.Err); whole.Err != nil && (code == "" || code == outcome.Internal) {
			t.Errorf("no code: %v", whole.Err)
		}
		if at := int(cut); whole.Err == nil && at < len(content) {
			cutIsFound(t, o, content, at, whole)
			sourceIsBlamed(t, o, content, at)
		}
	})
}

// repaired returns an archive whose headers have the right checksum.
func repaired(content []byte) []byte {
	const block, magicAt, sumAt, sumSize = 512, 257, 148, 8
	content = bytes.Clone(content)
	for at := 0; at+block <= len(content); at += block {
		h := content[at : at+block]
		if !bytes.HasPrefix(h[magicAt:], []byte("ustar")) {
			continue
		}
		copy(h[sumAt:], "        ")
		sum := 0
		for _, c := range h {
			sum += int(c)
		}
		copy(h[sumAt:sumAt+sumSize], fmt.Sprintf("%06o\x00 ", sum))
	}
	return content
}

// cutIsFound checks that the first bytes of a good backup with a tar archive around the dump
// are not a good one with other contents. Less than the first header may be anything.
func cutIsFound(t *testing.T, o layers.Opener, content []byte, at int, whole unpacked) {
	t.Helper()
	const header = 512
	if at < header || whole.Format == "" && !slices.ContainsFunc(whole.Layers, func(l layers.Layer) bool { return l.Name == "tar" }) {
		return
	}
	if cut := unpack(t, o, bytes.NewReader(content[:at])); cut.Err == nil && !reflect.DeepEqual(cut, whole) {
		t.Errorf("its first %d bytes of %d are accepted too:\n%v\nas a whole:\n%v", at, len(content), cut, whole)
	}
}

// sourceIsBlamed checks that a good backup whose source breaks is not taken for a broken one.
func sourceIsBlamed(t *testing.T, o layers.Opener, content []byte, at int) {
	t.Helper()
	lost := errors.New("connection reset by peer")
	if got := unpack(t, o, io.MultiReader(bytes.NewReader(content[:at]), iotest.ErrReader(lost))); !errors.Is(got.Err, lost) || codeOf(got.Err) != "" {
		t.Errorf("lost at byte %d of %d: %v", at, len(content), got.Err)
	}
}

// allowed returns how many bytes a backup may allocate in total: an lz4 decoder takes blocks
// and a zstd decoder a window that a frame asks for, of at most 128 MiB.
func allowed(content []byte) uint64 {
	const fixed, perByte, window, block = 8 << 20, 64, 128 << 20, 8 << 20
	most := uint64(fixed + perByte*(len(content)+fuzzDecoded))
	most += uint64(min(bytes.Count(content, []byte("\x28\xb5\x2f\xfd")), 8) * window)
	return most + uint64(min(bytes.Count(content, []byte("\x04\x22\x4d\x18")), 8)*block)
}

func allocated() uint64 {
	total := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(total)
	return total[0].Value.Uint64()
}

// tarSeeds returns archives of pg_dump -Ft, real directories packed in each of tar's formats,
// and archives of one dump.
func tarSeeds(f *testing.F) (seeds [][]byte) {
	tars, err := filepath.Glob("../inspect/testdata/tiny/*.tar")
	dirs, err2 := filepath.Glob("../inspect/testdata/directories/*")
	if len(tars) == 0 || len(dirs) == 0 {
		f.Fatalf("no dumps: %v", errors.Join(err, err2))
	}
	for _, name := range tars {
		seeds = append(seeds, read(f, name))
	}
	formats := []tar.Format{tar.FormatUSTAR, tar.FormatPAX, tar.FormatGNU}
	for i, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			f.Fatal(err)
		}
		slices.Reverse(files)
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, name := range files {
			content, h := read(f, name), &tar.Header{Name: path.Join("backup", filepath.Base(name)), Mode: 0o600, Format: formats[i%len(formats)]}
			if h.Size = int64(len(content)); h.Format == tar.FormatPAX {
				h.PAXRecords = map[string]string{"DRILLGRES.seed": "1"}
			}
			if err := errors.Join(w.WriteHeader(h), drop(w.Write(content))); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b.Bytes())
	}
	seeds = append(seeds, packed(f, "etc/hosts", "x", "dump.sql.gz", string(gzipped(f, []byte(dump))), "motd", "y"))
	return append(seeds, packed(f, "zeros.sql", dump+string(make([]byte, 1500))), gzipped(f, seeds[0]))
}

func drop(_ int, err error) error { return err }

func read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
