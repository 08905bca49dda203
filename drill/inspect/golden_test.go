package inspect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

var update = flag.Bool("update", false, "update the golden files")

func TestMain(m *testing.M) {
	time.Local = time.UTC // archives hold local times
	os.Exit(m.Run())
}

func scan(t *testing.T, content []byte) (inspect.Contents, error) {
	t.Helper()
	return inspect.Scan(context.Background(), bytes.NewReader(content), layers.Opener{})
}

// promised returns what a dump of one database promises.
func promised(t testing.TB, c inspect.Contents) inspect.Promise {
	t.Helper()
	if len(c.Promises) != 1 {
		t.Fatalf("%d promises of a dump of one database", len(c.Promises))
	}
	return c.Promises[0]
}

// codeOf returns the failure code of err, or "" for no error.
func codeOf(err error) outcome.Code {
	if err == nil {
		return ""
	}
	return outcome.AsFailure(err).Code
}

func dumps(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/dumps/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no dumps: %v", err)
	}
	return files
}

func load(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata/dumps", filepath.Base(name)))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestContentsOfRealDumps(t *testing.T) {
	for _, file := range dumps(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := scan(t, load(t, file))
			if err != nil {
				t.Fatalf("a good dump: %v", err)
			}
			got, err := json.MarshalIndent(c, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata/golden", filepath.Base(file)+".json")
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
				t.Errorf("contents (-want +got):\n%s", diff)
			}
		})
	}
}

// All dumps of a database promise the same, whatever their format and version.
func TestEveryFormatPromisesTheSame(t *testing.T) {
	want, err := scan(t, load(t, "plain-15.sql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"plain-13.sql", "plain-17.sql", "plain-18.sql", "verbose-13.sql", "create-15.sql",
		"custom-13.dump", "custom-15.dump", "custom-17.dump", "custom-18.dump", "twice-18.dump", "level0-13.dump", "zstd-17.dump", "lz4-18.dump",
	} {
		got, err := scan(t, load(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		wanted, received := promised(t, want), promised(t, got)
		for what, pair := range map[string][2]any{
			"objects":       {sortedObjects(wanted), sortedObjects(received)},
			"tables":        {wanted.Tables, received.Tables},
			"large objects": {wanted.LargeObjects, received.LargeObjects},
			"roles":         {want.Needs.Roles, got.Needs.Roles},
			"created roles": {want.Needs.CreatedRoles, got.Needs.CreatedRoles},
			"extensions":    {want.Needs.Extensions, got.Needs.Extensions},
			"tablespaces":   {want.Needs.Tablespaces, got.Needs.Tablespaces},
			"owners":        {want.Needs.ObjectsByOwner, got.Needs.ObjectsByOwner},
		} {
			if diff := cmp.Diff(pair[0], pair[1], cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("%s: %s (-plain-15 +%s):\n%s", name, what, name, diff)
			}
		}
	}
}

func sortedObjects(p inspect.Promise) []inspect.Object {
	objects := slices.Clone(p.Objects)
	slices.SortFunc(objects, func(a, b inspect.Object) int {
		key := func(o inspect.Object) string {
			return strings.Join([]string{string(o.Kind), o.Schema, o.Name, o.Table, o.Owner}, "\x00")
		}
		return strings.Compare(key(a), key(b))
	})
	return objects
}

func TestRowsOfInsertsAndPartitionRoots(t *testing.T) {
	odd := inspect.Table{Schema: `odd.schema; "s"`, Name: "ta\nble", Rows: 3, Data: true}
	for name, want := range map[string][]inspect.Table{
		"inserts-15.sql": {
			odd,
			{Schema: "public", Name: "empty_one"},
			{Schema: "public", Name: "events_2026", Rows: 1, Data: true, PartOf: sqltext.Name{Schema: "public", Name: "events"}},
			{Schema: "public", Name: "users", Rows: 3, Data: true},
			{Schema: "sales", Name: "orders", Rows: 2, Data: true},
		},
		"inserts-15.dump": {
			odd,
			{Schema: "public", Name: "empty_one", Data: true},
			{Schema: "public", Name: "events_2026", Rows: 1, Data: true, PartOf: sqltext.Name{Schema: "public", Name: "events"}},
			{Schema: "public", Name: "users", Rows: 3, Data: true},
			{Schema: "sales", Name: "orders", Rows: 2, Data: true},
		},
		"root-18.sql": {
			odd,
			{Schema: "public", Name: "empty_one", Data: true},
			{Schema: "public", Name: "events", Rows: 1, Data: true},
			{Schema: "public", Name: "users", Rows: 3, Data: true},
			{Schema: "sales", Name: "orders", Rows: 2, Data: true},
		},
	} {
		got, err := scan(t, load(t, name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		byName := cmpopts.SortSlices(func(a, b inspect.Table) bool { return a.Schema+a.Name < b.Schema+b.Name })
		if diff := cmp.Diff(want, promised(t, got).Tables, byName, cmpopts.IgnoreFields(inspect.Table{}, "Bytes", "Columns")); diff != "" {
			t.Errorf("%s: tables (-want +got):\n%s", name, diff)
		}
	}
}
