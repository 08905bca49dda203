package inspect_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// stored is one file of a dump.
type stored struct {
	name    string
	content []byte
}

// directories returns real dumps of a very small database in directory format, the table of
// contents of each first.
func directories(t testing.TB) (dumps [][]stored) {
	t.Helper()
	dirs, err := filepath.Glob("testdata/directories/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no directories: %v", err)
	}
	for _, dir := range dirs {
		names, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(names) // toc.dat is the last
		var files []stored
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, stored{filepath.Base(name), content})
		}
		dumps = append(dumps, files)
	}
	return dumps
}

// with returns the files with one of them replaced or added.
func with(files []stored, name string, content []byte) []stored {
	files = slices.Clone(files)
	if i := slices.IndexFunc(files, func(f stored) bool { return f.name == name }); i >= 0 {
		files[i].content = content
		return files
	}
	return append(files, stored{name, content})
}

// scanFiles scans the files of a dump in directory format.
func scanFiles(ctx context.Context, files []stored) (inspect.Contents, error) {
	set := inspect.NewSet(&layers.Opener{MaxDecoded: fuzzDecoded})
	return set.ScanFiles(ctx, layers.NewFiles(func() (layers.File, error) {
		if len(files) == 0 {
			return layers.File{}, io.EOF
		}
		f := files[0]
		files = files[1:]
		return layers.File{Name: f.name, Size: int64(len(f.content)), Reader: bytes.NewReader(f.content)}, nil
	}))
}

// TestCutFiles cuts each file of a dump in directory format at each byte, in each order of its
// files. Only line feeds at the end mean nothing. A large object that is not compressed has no
// end that can be missed, and pg_dump writes no byte of an empty one with lz4 and zstd.
func TestCutFiles(t *testing.T) {
	for _, files := range directories(t) {
		for _, one := range files {
			first, step, orders := 0, 1, len(files)
			switch {
			case one.name == "toc.dat" && testing.Short():
				step, orders = 16, 1
			case one.name == "toc.dat":
				orders = 1
			case strings.HasPrefix(one.name, "blob_") && strings.HasSuffix(one.name, ".dat"):
				continue
			case strings.HasPrefix(one.name, "blob_"):
				first = 1
			}
			for at := first; at < len(one.content); at += step {
				cut := with(files, one.name, one.content[:at])
				for n := range orders {
					_, err := scanFiles(t.Context(), slices.Concat(cut[n:], cut[:n]))
					blank := len(bytes.Trim(one.content[at:], "\n")) == 0
					if code := codeOf(err); code != outcome.DumpTruncated && code != outcome.DumpCorrupt && (code != "" || !blank) {
						t.Errorf("%s cut at byte %d of %d, with file %d first: %v", one.name, at, len(one.content), n, err)
					}
				}
			}
		}
	}
}
