package inspect_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
)

// TestBlocksOfRealDumps reads the rows of each block, and nothing that follows them.
func TestBlocksOfRealDumps(t *testing.T) {
	blocks := 0
	for _, path := range append(dumps(t), directoryPaths(t)...) {
		c := scanPath(t, path)
		for _, b := range c.Source.Blocks {
			blocks++
			rows := readBlock(t, c, path, b)
			if int64(len(rows)) != b.Size || bytes.Contains(rows, []byte("\\.\n")) {
				t.Errorf("%s: %s has %d bytes, want %d: %q", path, b.Copy, len(rows), b.Size, rows)
			}
		}
	}
	if blocks == 0 {
		t.Error("no dump has blocks")
	}
}

// TestBlocksThatHaveChanged fails if a file of rows is not what it was when it was inspected.
func TestBlocksThatHaveChanged(t *testing.T) {
	const dir = "testdata/directories/18-z0"
	c := scanPath(t, dir)
	b := c.Source.Blocks[0]
	content, err := os.ReadFile(filepath.Join(dir, b.File))
	if err != nil {
		t.Fatal(err)
	}
	for name, changed := range map[string][]byte{
		"longer":          append([]byte("x"), content...),
		"shorter":         content[1:],
		"cut":             content[:b.Size-1],
		"without its end": content[:b.Size],
	} {
		path := t.TempDir()
		if err := os.WriteFile(filepath.Join(path, b.File), changed, 0o600); err != nil {
			t.Fatal(err)
		}
		rows, err := c.Source.OpenBlock(path, b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, rows); err == nil {
			t.Errorf("%s: no error", name)
		}
		_ = rows.Close()
	}
}

func directoryPaths(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob("testdata/directories/*")
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func scanPath(t *testing.T, path string) inspect.Contents {
	t.Helper()
	var c inspect.Contents
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.IsDir() {
		c, err = inspect.NewSet(&layers.Opener{}).ScanDirectory(t.Context(), path)
	} else {
		c, err = scan(t, load(t, path))
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readBlock(t *testing.T, c inspect.Contents, path string, b inspect.Block) []byte {
	t.Helper()
	opened, err := c.Source.OpenBlock(path, b)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = opened.Close() }()
	rows, err := io.ReadAll(opened)
	if err != nil {
		t.Fatalf("%s: %s: %v", path, b.Copy, err)
	}
	if n, err := opened.Read(make([]byte, 1)); n > 0 || err != io.EOF { //nolint:errorlint // as a Reader must return it
		t.Errorf("%s: %s: after its end %d, %v", path, b.Copy, n, err)
	}
	return rows
}
