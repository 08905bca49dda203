package fetch_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate/dir"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestLocalFileIsReadInPlace(t *testing.T) {
	content := random(3 * partSize)
	name := localBackup(t, content)
	scan := &recorder{}
	f := fetcher(t, scan.scan)
	f.Limit = 1 // nothing is written
	var told progress
	file, err := f.Fetch(t.Context(), chosen(t, source(t, name)), told.report)
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, file, content)
	told.check(t, int64(len(content)))
	if file.Path != name {
		t.Errorf("read at %s", file.Path)
	}
	if entries, err := os.ReadDir(f.Dir); err != nil || len(entries) != 0 {
		t.Errorf("the work directory holds %v (%v)", entries, err)
	}
}

func TestLocalFileThatIsBeingWritten(t *testing.T) {
	for name, change := range map[string]func(string) error{
		"grows":   func(name string) error { return os.WriteFile(name, random(4*partSize), 0o600) },
		"shrinks": func(name string) error { return os.Truncate(name, partSize) },
		"vanishes": func(name string) error {
			return os.Remove(name)
		},
	} {
		t.Run(name, func(t *testing.T) {
			name := localBackup(t, random(3*partSize))
			f := fetcher(t, func(ctx context.Context, r io.Reader) (inspect.Contents, error) {
				if err := change(name); err != nil {
					t.Error(err)
				}
				if _, err := drain(ctx, r); err != nil {
					return inspect.Contents{}, err
				}
				return inspect.Contents{}, outcome.Fail(outcome.StreamTruncated, "half a gzip")
			})
			_, err := f.Fetch(t.Context(), chosen(t, source(t, name)), nil)
			sourcetest.WantCode(t, err, outcome.BackupChanged)
		})
	}
}

func TestLocalFileThatVanished(t *testing.T) {
	name := localBackup(t, random(10))
	b := chosen(t, source(t, name))
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	_, err := fetcher(t, drain).Fetch(t.Context(), b, nil)
	sourcetest.WantCode(t, err, outcome.BackupChanged)
}

func localBackup(t *testing.T, content []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "shop.dump")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func source(t *testing.T, from string) *dir.Source {
	t.Helper()
	s, err := dir.New(from)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
