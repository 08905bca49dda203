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
	scan := &recordingScan{}
	f := fetcher(t, scan.scan)
	f.Limit = 1 // nothing is written
	var reported progress
	file, err := f.Fetch(t.Context(), chosen(t, openSource(t, name)), reported.report)
	if err != nil {
		t.Fatal(err)
	}
	checkFile(t, file, content)
	reported.check(t, int64(len(content)))
	if file.Path != name {
		t.Errorf("read at %s", file.Path)
	}
	if entries, err := os.ReadDir(f.Dir); err != nil || len(entries) != 0 {
		t.Errorf("the work directory holds %v (%v)", entries, err)
	}
}

func TestLocalFileThatChangesDuringTheRead(t *testing.T) {
	for name, change := range map[string]func(string) error{
		"grows":      func(name string) error { return os.WriteFile(name, random(4*partSize), 0o600) },
		"shrinks":    func(name string) error { return os.Truncate(name, partSize) },
		"is removed": os.Remove,
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
			_, err := f.Fetch(t.Context(), chosen(t, openSource(t, name)), nil)
			sourcetest.WantCode(t, err, outcome.BackupChanged)
		})
	}
}

func TestLocalFileThatWasRemoved(t *testing.T) {
	name := localBackup(t, random(10))
	b := chosen(t, openSource(t, name))
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

func openSource(t *testing.T, from string) *dir.Source {
	t.Helper()
	s, err := dir.New(from)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
