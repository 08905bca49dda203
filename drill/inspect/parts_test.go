package inspect_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestParts checks sets of parts that are each whole.
func TestParts(t *testing.T) {
	real := func(name string) string {
		content, err := os.ReadFile(filepath.Join("testdata/dumps", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	const (
		head   = "--\n-- PostgreSQL database dump\n--\n\n"
		tail   = "\n--\n-- PostgreSQL database dump complete\n--\n\n"
		schema = head + "CREATE TABLE public.items (n int);\n" + tail
		rows   = head + "COPY public.items (n) FROM stdin;\n1\n\\.\n" + tail
		other  = head + "COPY auth.users (n) FROM stdin;\n1\n\\.\n" + tail
		roles  = "--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE app;\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n"
	)
	custom := real("custom-18.dump") // of archive version 1.16
	for name, c := range map[string]struct {
		parts []string
		code  outcome.Code
		says  string
	}{
		"roles, schema, data":            {[]string{roles, schema, rows}, "", ""},
		"data before schema":             {[]string{rows, schema}, outcome.ConfigInvalid, "fills the table public.items, and a later one creates it"},
		"data of a table of nobody":      {[]string{other, schema, rows}, outcome.DumpPartial, "auth.users"},
		"an archive that is too new":     {[]string{custom, rows}, outcome.DumpTooNew, "part 1: pg_restore 15 reads"},
		"roles and a cluster":            {[]string{roles, real("cluster-18.sql")}, "", ""},
		"a cluster and a dump":           {[]string{real("cluster-18.sql"), custom}, outcome.FormatUnsupported, "dump of a whole cluster"},
		"a dump and a cluster":           {[]string{schema, real("cluster-18.sql")}, outcome.FormatUnsupported, "dump of a whole cluster"},
		"a cluster and bare SQL":         {[]string{real("cluster-18.sql"), "CREATE TABLE public.t (n int);\n"}, outcome.FormatUnsupported, "dump of a whole cluster"},
		"bare SQL and a cluster":         {[]string{"CREATE TABLE public.t (n int);\n", real("cluster-18.sql")}, outcome.FormatUnsupported, "dump of a whole cluster"},
		"a cluster and a removal":        {[]string{real("cluster-18.sql"), "DELETE FROM public.users;\nALTER ROLE shop_app NOLOGIN;\n"}, outcome.FormatUnsupported, "dump of a whole cluster"},
		"a cluster and settings":         {[]string{real("cluster-18.sql"), "ALTER ROLE shop_app SET search_path = public;\n"}, "", ""},
		"two clusters":                   {[]string{real("cluster-18.sql"), real("cluster-18.sql")}, outcome.FormatUnsupported, "dump of a whole cluster"},
		"bare schema and data":           {[]string{"CREATE TABLE public.items (n int);\n", rows}, "", "third_party_dump"},
		"row security in the middle":     {[]string{schema, strings.Replace(rows, "COPY", "SET row_security = on;\nCOPY", 1), head + "SELECT 1;\n" + tail}, "", "partial_rows: part 2"},
		"an archive before data, in 18":  {[]string{schema, rows}, "", ""},
		"schema, and roles of a cluster": {[]string{schema, roles, rows}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			set := inspect.NewSet(&layers.Opener{})
			var contents inspect.Contents
			var err error
			for _, part := range c.parts {
				if contents, err = set.Scan(t.Context(), bytes.NewReader([]byte(part))); err != nil {
					t.Fatal(err)
				}
			}
			if chosen, err := contents.ForDatabase(""); err == nil {
				contents = chosen
			}
			found, err := inspect.Judge(contents, nil, inspect.Policy{Major: 15})
			said := ""
			for _, f := range found {
				said += f.Code + ": " + f.Message + "\n"
			}
			f := outcome.AsFailure(err)
			if err == nil {
				f = &outcome.Failure{}
			}
			if err != nil {
				said = err.Error()
			}
			if f.Code != c.code || !strings.Contains(said, c.says) {
				t.Errorf("%v, %s, want %s: %s", err, said, c.code, c.says)
			}
		})
	}
}

// TestAClusterKeepsItsPromises checks that roles and settings around the dump of a cluster
// change nothing about what each database must contain.
func TestAClusterKeepsItsPromises(t *testing.T) {
	cluster := load(t, "cluster-18.sql")
	want, err := scan(t, cluster)
	if err != nil {
		t.Fatal(err)
	}
	set := inspect.NewSet(&layers.Opener{})
	var got inspect.Contents
	for _, part := range []string{"CREATE ROLE x;\n", string(cluster), "ALTER ROLE x SET search_path = public;\n"} {
		if got, err = set.Scan(t.Context(), strings.NewReader(part)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want.Promises, got.Promises); diff != "" || !got.Needs.Cluster {
		t.Errorf("promises (-want +got):\n%s", diff)
	}
	if chosen, err := got.ForDatabase(""); err != nil || chosen.Needs.Database.Name != "shop" {
		t.Errorf("%q, %v", chosen.Needs.Database.Name, err)
	}
}

// TestTimeOfParts checks that the oldest part with rows says when the backup was taken.
func TestTimeOfParts(t *testing.T) {
	part := func(started, sql string) string {
		return "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.1\n-- Dumped by pg_dump version 15.1\n\n-- Started on " + started + " UTC\n\n" +
			sql + "\n--\n-- PostgreSQL database dump complete\n--\n\n"
	}
	set := inspect.NewSet(&layers.Opener{})
	var got inspect.Contents
	var err error
	for _, p := range []string{
		part("2026-11-01 03:00:00", "CREATE TABLE public.items (n int);\n"),
		part("2026-11-20 03:00:00", "COPY public.items (n) FROM stdin;\n1\n\\.\n"),
		part("2026-11-28 03:00:00", "ALTER TABLE ONLY public.items ADD CONSTRAINT k UNIQUE (n);\n"),
	} {
		if got, err = set.Scan(t.Context(), strings.NewReader(p)); err != nil {
			t.Fatal(err)
		}
	}
	if taken := got.Source.TakenAt.Clock.Format("2006-01-02"); taken != "2026-11-20" {
		t.Errorf("taken %s", taken)
	}
}

// TestRoleStatementsAreOfTheirPart checks that the places of statements about roles are those of
// the part that has them: a restore without these roles cuts them out of it.
func TestRoleStatementsAreOfTheirPart(t *testing.T) {
	const (
		roles = "--\n-- PostgreSQL database cluster dump\n--\n\nCREATE ROLE app;\nALTER ROLE app WITH LOGIN;\n\n--\n-- PostgreSQL database cluster dump complete\n--\n\n"
		dump  = "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.items (n int);\nCOPY public.items (n) FROM stdin;\n1\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n\n"
	)
	set := inspect.NewSet(&layers.Opener{})
	var last inspect.Contents
	for _, part := range []string{roles, dump} {
		var err error
		if last, err = set.Scan(t.Context(), strings.NewReader(part)); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(last.Earlier[0].Without([]string{"app"}).Splices); n != 2 {
		t.Errorf("%d statements are cut out of the roles, want 2", n)
	}
	if cut := last.Source.Without([]string{"app"}).Splices; len(cut) > 0 {
		t.Errorf("the dump loses %+v", cut)
	}
}
