package prove_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/dir"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
)

// passes is what the stages before the sandbox say of what only a restore can
// find.
const passes outcome.Code = ""

// TestBrokenCopies breaks real dumps of every major and form, and has each copy
// looked at by the real stages that need no sandbox.
func TestBrokenCopies(t *testing.T) {
	dumps := []string{
		"plain-13.sql", "plain-15.sql", "plain-17.sql", "plain-18.sql", "root-18.sql", "inserts-15.sql", "create-15.sql", "verbose-13.sql",
		"custom-13.dump", "custom-15.dump", "custom-17.dump", "custom-18.dump", "twice-18.dump", "root-17.dump", "inserts-15.dump",
		"level0-13.dump", "zstd-17.dump", "lz4-18.dump",
	}
	for _, name := range dumps {
		for _, wrapping := range []string{"", "gzip", "zstd"} {
			t.Run(strings.TrimSuffix(name+"."+wrapping, "."), func(t *testing.T) {
				t.Parallel()
				b := backupOf(t, wrapped(t, realDump(t, name), wrapping))
				for _, c := range controlsOf(t, b) {
					if c.Impossible == "" {
						checkCopy(t, b, c)
					}
				}
			})
		}
	}
}

// controlsOf are a backup's controls; which of them cannot be carried out is
// said here once more, by what the formats are known to lack.
func controlsOf(t *testing.T, b prove.Backup) []prove.Control {
	t.Helper()
	controls := prove.Controls(b, &config.Database{Postgres: config.Postgres{Version: "18"}})
	var none []string
	for _, c := range controls {
		if c.Impossible != "" {
			none = append(none, c.Name)
		}
	}
	var want []string
	a, bare := b.Layout.Archive, b.Contents.Source.Compression == ""
	if bare && (a == nil || a.Pack != "zlib") {
		want = append(want, "flipped")
	}
	tables := b.Contents.Promises[0].Tables
	if inserts := tables[0].Bytes == 0 || tables[0].Rows < 0; inserts {
		want = append(want, "sequence_back")
	}
	if diff := cmp.Diff(want, none); diff != "" {
		t.Errorf("not applicable (-want +got):\n%s", diff)
	}
	return controls
}

// checkCopy breaks one copy and looks at it.
func checkCopy(t *testing.T, b prove.Backup, c prove.Control) {
	t.Helper()
	p := prove.Prover{Dir: t.TempDir(), Drill: func(ctx context.Context, _ prove.Control, copied prove.Copy) outcome.Result {
		f, err := look(ctx, copied)
		switch c.Name {
		case "rows_removed":
			rowsAreGone(t, b, f.Contents, err)
		case "sequence_back", "newer_major":
			if b.Layout.Archive == nil || c.Name == "sequence_back" {
				nothingElseChanged(t, c.Name, b, f.Contents, err)
			}
		}
		if err != nil {
			return outcome.Result{Failure: outcome.AsFailure(err).Report()}
		}
		return outcome.Result{Verdict: outcome.VerdictPassed}
	}}
	proofs, err := p.Prove(t.Context(), b, []prove.Control{c})
	if err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	sandboxed := c.Name == "rows_removed" || c.Name == "sequence_back" || c.Name == "newer_major" && b.Layout.Archive == nil
	if got := proofs[0]; sandboxed != (got.Code == passes) || !sandboxed && got.Status != prove.Held {
		t.Errorf("%s: %s, want one of %q: %s", c.Name, got.Code, c.Expected, got.Message)
	}
	if left, _ := os.ReadDir(p.Dir); len(left) > 0 {
		t.Errorf("%s left behind %s", c.Name, left[0].Name())
	}
}

// look is what locate, fetch and inspect say of a copy.
func look(ctx context.Context, copied prove.Copy) (fetch.File, error) {
	source, err := dir.New(copied.Dir)
	if err != nil {
		return fetch.File{}, err
	}
	b, err := locate.Locator{Source: source, Rules: locate.Rules{Want: copied.Name}}.Locate(ctx)
	if err != nil {
		return fetch.File{}, err
	}
	f, err := fetcher().Fetch(ctx, b, nil)
	if err != nil {
		return f, err
	}
	_, err = inspect.Judge(f.Contents, f.Broken, inspect.Policy{Major: 18})
	return f, err
}

func fetcher() fetch.Fetcher {
	return fetch.Fetcher{Scan: func(ctx context.Context, r io.Reader) (inspect.Contents, error) {
		return inspect.Scan(ctx, r, inspect.Limits{})
	}}
}

// rowsAreGone wants one table without rows, and all else as it was.
func rowsAreGone(t *testing.T, b prove.Backup, got inspect.Contents, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("the copy without rows is not whole: %v", err)
		return
	}
	promised := b.Contents.Promises[0]
	tables := slices.Clone(promised.Tables)
	i := slices.IndexFunc(tables, func(t inspect.Table) bool { return t.Name == "ta\nble" })
	if b.Layout.Archive == nil && tables[i].Bytes == 0 { // nothing tells a table whose INSERTs are gone from one without
		tables[i].Data = false
	}
	if tables[i].Rows >= 0 {
		tables[i].Rows = 0
	}
	tables[i].Bytes = 0
	promised.Tables = tables
	want := b.Contents
	want.Promises = []inspect.Promise{promised}
	same(t, "rows_removed", want, got)
}

func nothingElseChanged(t *testing.T, control string, b prove.Backup, got inspect.Contents, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: the copy is not whole: %v", control, err)
		return
	}
	want := b.Contents
	if control == "sequence_back" {
		promised := want.Promises[0]
		promised.Sequences = slices.Clone(promised.Sequences)
		want.Promises = []inspect.Promise{promised}
		i := slices.IndexFunc(promised.Sequences, func(s inspect.Sequence) bool { return s.Name == "users_id_seq" })
		promised.Sequences[i].Last = 1
	}
	same(t, control, want, got)
}

func same(t *testing.T, control string, want, got inspect.Contents) {
	t.Helper()
	want.Source.DecodedBytes, got.Source.DecodedBytes = 0, 0
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s changed more than it says (-intact +copy):\n%s", control, diff)
	}
}

func realDump(t *testing.T, name string) []byte {
	t.Helper()
	dump, err := os.ReadFile(filepath.Join("../inspect/testdata/dumps", name))
	if err != nil {
		t.Fatal(err)
	}
	return dump
}

func wrapped(t *testing.T, dump []byte, how string) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "":
		return dump
	case "gzip":
		w = gzip.NewWriter(&out)
	case "zstd":
		var err error
		if w, err = zstd.NewWriter(&out); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Write(dump)
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// backupOf writes a backup to disk and reads it as a drill does.
func backupOf(t *testing.T, content []byte) prove.Backup {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "backup")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := look(t.Context(), prove.Copy{Dir: folder, Name: "backup"})
	if err != nil {
		t.Fatal(err)
	}
	layout, err := inspect.Map(t.Context(), bytes.NewReader(content), inspect.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return prove.Backup{File: f, Layout: layout, ModifiedAt: time.Now().Add(-time.Hour).Truncate(time.Second)}
}
