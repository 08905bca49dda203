package prove_test

import (
	"archive/tar"
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
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// passes is the code of a drill that finds nothing.
const passes outcome.Code = ""

// TestBrokenCopies breaks real dumps of every major and format, and runs the real stages
// that need no sandbox on each copy.
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
						checkControl(t, b, c)
					}
				}
			})
		}
	}
}

// controlsOf returns the controls of a backup. It checks which of them are impossible,
// by what the formats are known to lack.
func controlsOf(t *testing.T, b prove.Backup) []prove.Control {
	t.Helper()
	controls := prove.Controls(b, &config.Database{Postgres: config.Postgres{Version: "18"}})
	var none, want []string
	for _, c := range controls {
		if c.Impossible != "" {
			none = append(none, c.Name)
		}
	}
	a, bare := b.Marks.Archive, len(b.Contents.Source.Layers) == 0
	if bare && (a == nil || a.Pack != "zlib") {
		want = append(want, "flipped")
	}
	if diff := cmp.Diff(want, none); diff != "" {
		t.Errorf("not applicable (-want +got):\n%s", diff)
	}
	return controls
}

// restores are the controls that only a restore can detect.
var restores = []string{"rows_removed", "sequence_back"}

// checkControl carries out one control, if it breaks a copy. The others need a
// restored database.
func checkControl(t *testing.T, b prove.Backup, c prove.Control) {
	t.Helper()
	copies := 0
	p := prove.Trials{Dir: t.TempDir(), Drill: func(ctx context.Context, _ prove.Control, copied prove.Copy) outcome.Result {
		if copied.Dir == "" {
			return outcome.Result{Verdict: outcome.VerdictPassed}
		}
		copies++
		f, err := inspectCopy(ctx, copied)
		if err != nil {
			return outcome.Result{Failure: outcome.AsFailure(err).Report()}
		}
		if diff := cmp.Diff(b.Contents, f.Contents, cmpopts.IgnoreFields(inspect.Source{}, "DecodedBytes", "Splices", "Outline", "RoleStatements", "Beyond")); diff != "" {
			t.Errorf("%s changed more than it should (-intact +copy):\n%s", c.Name, diff)
		}
		return outcome.Result{Verdict: outcome.VerdictPassed}
	}}
	proofs, err := p.CarryOut(t.Context(), b, []prove.Control{c})
	if err != nil {
		t.Errorf("%s: %v", c.Name, err)
		return
	}
	restored := slices.Contains(restores, c.Name)
	sandboxed := restored || c.Name == "newer_major" && b.Marks.Archive == nil
	if got := proofs[0]; sandboxed != (got.Code == passes) || !sandboxed && got.Status != prove.Held {
		t.Errorf("%s: %s, want one of %q: %s", c.Name, got.Code, c.Expected, got.Message)
	}
	if restored == (copies == 1) {
		t.Errorf("%s: %d copies", c.Name, copies)
	}
	if left, _ := os.ReadDir(p.Dir); len(left) > 0 {
		t.Errorf("%s left behind %s", c.Name, left[0].Name())
	}
}

// inspectCopy runs locate, fetch and inspect on a copy.
func inspectCopy(ctx context.Context, copied prove.Copy) (fetch.File, error) {
	b, err := prove.Locate(ctx, copied)
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
	set := inspect.NewSet(&layers.Opener{})
	return fetch.Fetcher{Scan: set.Scan, ScanDirectory: set.ScanDirectory}
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

// backupOf writes a backup to disk and reads it like a drill.
func backupOf(t *testing.T, content []byte) prove.Backup {
	t.Helper()
	folder := t.TempDir()
	path := filepath.Join(folder, "backup")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := inspectCopy(t.Context(), prove.Copy{Dir: folder, Name: "backup"})
	if err != nil {
		t.Fatal(err)
	}
	marks, err := inspect.LandmarksOf(t.Context(), bytes.NewReader(content), layers.Opener{})
	if err != nil {
		t.Fatal(err)
	}
	located := locate.Backup{Object: locate.Object{ModifiedAt: time.Now().Add(-time.Hour).Truncate(time.Second)}}
	return prove.Backup{File: f, Located: located, Marks: marks, Promised: f.Contents.PromiseFor(""), Content: restored()}
}

// restored returns the content of a database after the real dumps were restored.
func restored() prove.Content {
	name := func(schema, name string) sqltext.Name { return sqltext.Name{Schema: schema, Name: name} }
	table := func(n sqltext.Name, whole string) prove.Relation {
		return prove.Relation{Name: n, Whole: name(n.Schema, whole), Referenced: n.Name == "users"}
	}
	odd := name("odd.schema; \"s\"", "ta\nble")
	return prove.Content{
		Relations: []prove.Relation{
			table(odd, odd.Name), table(name("public", "empty_one"), "empty_one"), table(name("public", "events"), "events"),
			table(name("public", "events_2026"), "events"), table(name("public", "users"), "users"), table(name("sales", "orders"), "orders"),
		},
		Sequences: []prove.Sequence{{Name: name("public", "users_id_seq"), Table: name("public", "users"), Column: "id", Before: 2}},
	}
}

// TestBrokenDirectory breaks the files of a dump in directory format.
func TestBrokenDirectory(t *testing.T) {
	for _, how := range []string{"", ".gz"} {
		t.Run("rows"+how, func(t *testing.T) {
			folder := t.TempDir()
			unpackTar(t, realDump(t, "tar-15.tar"), filepath.Join(folder, "backup"), how)
			b := readBackup(t, prove.Copy{Dir: folder, Name: "backup"})
			names := checkControls(t, b)
			want := []string{"cut_half", "cut_end", "flipped", "emptied", "file_missing", "wrong_object", "rows_removed", "sequence_back"}
			if diff := cmp.Diff(want, names); diff != "" {
				t.Errorf("controls (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBrokenSet breaks each part of a set.
func TestBrokenSet(t *testing.T) {
	const roles = "--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE app;\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n"
	folder := t.TempDir()
	for name, content := range map[string][]byte{"part-0": []byte(roles), "backup": wrapped(t, realDump(t, "plain-15.sql"), "gzip")} {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := readBackup(t, prove.Copy{Dir: folder, Name: "backup", Roles: []string{"globals"}})
	names := checkControls(t, b)
	want := []string{"cut_half", "cut_end", "cut_inside", "flipped", "emptied", "wrong_object", "cut_globals", "rows_removed", "sequence_back", "newer_major"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("controls (-want +got):\n%s", diff)
	}
}

// readBackup reads a backup of several files like a drill.
func readBackup(t *testing.T, at prove.Copy) prove.Backup {
	t.Helper()
	f, err := inspectCopy(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	located := locate.Backup{Object: locate.Object{ModifiedAt: time.Now().Add(-time.Hour).Truncate(time.Second)}}
	b := prove.Backup{File: f, Located: located, Promised: f.Contents.PromiseFor(""), Content: restored()}
	if err := prove.Read(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// checkControls carries out the controls, and returns their names.
func checkControls(t *testing.T, b prove.Backup) (names []string) {
	t.Helper()
	for _, c := range prove.Controls(b, &config.Database{Postgres: config.Postgres{Version: "18"}}) {
		if names = append(names, c.Name); c.Impossible == "" {
			checkControl(t, b, c)
		}
	}
	return names
}

// unpackTar writes the files of a dump in tar format as a dump in directory format, with
// rows that are compressed if how is .gz.
func unpackTar(t *testing.T, archive []byte, folder, how string) {
	t.Helper()
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if err == io.EOF { //nolint:errorlint // of a reader in memory
			return
		}
		content, readErr := io.ReadAll(r)
		if err = errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		if h.Name == "restore.sql" {
			continue
		}
		if dumpfile.IsRows(h.Name) && how == ".gz" {
			h.Name, content = h.Name+how, wrapped(t, content, "gzip")
		}
		if err := os.WriteFile(filepath.Join(folder, h.Name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
