package inspect_test

import (
	"archive/tar"
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// packedAs returns the files as pg_dump stores them in its tar format. It returns nil if a tar
// archive cannot hold them.
func packedAs(files []stored) []byte {
	const user, group = 0o4000, 0o2000
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range append(files, stored{dumpfile.Script, nil}) {
		h := &tar.Header{Name: f.name, Size: int64(len(f.content)), Uid: user, Gid: group, Format: tar.FormatUSTAR}
		if w.WriteHeader(h) != nil {
			return nil
		}
		if n, _ := w.Write(f.content); n < len(f.content) {
			return nil
		}
	}
	if w.Close() != nil {
		return nil
	}
	return b.Bytes()
}

// FuzzFiles checks the invariants for dumps in directory and tar format with any content in
// one file, of any name. A good dump is not good if that file is cut, unless what was cut off
// means nothing; and the order of the files does not decide.
func FuzzFiles(f *testing.F) {
	dumps := directories(f)
	for i, files := range dumps {
		for _, one := range files {
			f.Add(uint8(i), one.name, one.content, uint8(i), uint16(len(one.content)-1))
			f.Add(uint8(i), one.name, one.content, uint8(0), uint16(len(one.content)/2))
		}
		f.Add(uint8(i), "1.dat", []byte("1\n\\.\n\n\n"), uint8(1), uint16(2))
	}
	f.Fuzz(func(t *testing.T, base uint8, name string, content []byte, order uint8, cut uint16) {
		hangs := time.AfterFunc(fuzzWithin, func() { panic("it does not end") })
		defer hangs.Stop()
		files := with(dumps[int(base)%len(dumps)], name, content)
		whole, err := checkFiles(t, files, content)
		if dumpfile.Is(name) { // in an archive, another may be a dump too
			checkTar(t, files, err)
		}
		if at := int(cut); err == nil && at < len(content) {
			cut, err := scanFiles(t.Context(), with(files, name, content[:at]))
			if err == nil && !reflect.DeepEqual(cut.Promises, whole.Promises) {
				t.Errorf("the first %d bytes of %d of %s are accepted too (-whole +cut):\n%s", at, len(content), name, cmp.Diff(whole.Promises, cut.Promises))
			}
		}
		orderMeansNothing(t, files, int(order)%len(files), err)
	})
}

// orderMeansNothing checks that the files are judged alike with file n first. INSERTs that come
// before the table of contents are not read: there only the restore finds damage in them.
func orderMeansNothing(t *testing.T, files []stored, n int, want error) {
	t.Helper()
	_, err := scanFiles(t.Context(), slices.Concat(files[n:], files[:n]))
	bounded := codeOf(err) == outcome.DiskBudgetExceeded || codeOf(want) == outcome.DiskBudgetExceeded
	unread := err == nil && isOfInserts(files)
	if (err == nil) != (want == nil) && !bounded && !unread {
		t.Errorf("with file %d first: %v; with the table of contents first: %v", n, err, want)
	}
}

// isOfInserts reports whether the table of contents is that of a dump without COPY.
func isOfInserts(files []stored) bool { return !bytes.Contains(files[0].content, []byte("COPY ")) }

// checkFiles checks what holds for every backup.
func checkFiles(t *testing.T, files []stored, content []byte) (inspect.Contents, error) {
	t.Helper()
	before := allocated()
	c, err := scanFiles(t.Context(), files)
	if took, most := allocated()-before, allowed(content)+allowedFixed; took > most {
		t.Errorf("%d bytes in a file took %d bytes of memory, and %d would be enough", len(content), took, most)
	}
	if code := codeOf(err); code == outcome.Internal || code == outcome.Interrupted {
		t.Errorf("no code of its own: %v", err)
	}
	found, judged := inspect.Judge(c, err, inspect.Policy{Major: 15})
	if codeOf(judged) == outcome.Internal {
		t.Errorf("judged: %v", judged)
	}
	printable(t, judged, found)
	return c, err
}

// allowedFixed is what the decoders of the other files may allocate.
const allowedFixed = 32 << 20

// checkTar checks that the files are judged alike in a tar archive.
func checkTar(t *testing.T, files []stored, want error) {
	t.Helper()
	archive := packedAs(files)
	if archive == nil {
		return
	}
	_, err := inspect.Scan(t.Context(), bytes.NewReader(archive), layers.Opener{MaxDecoded: fuzzDecoded})
	if code := codeOf(err); code == outcome.Internal || code == outcome.Interrupted {
		t.Errorf("in a tar archive, no code of its own: %v", err)
	}
	if (err == nil) != (want == nil) {
		t.Errorf("in a tar archive: %v; in a directory: %v", err, want)
	}
	printable(t, err, nil)
}
