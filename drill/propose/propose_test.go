package propose_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/producer"
	"github.com/drillgres/drillgres/drill/propose"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/wiring"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var now = time.Date(2026, 11, 28, 5, 0, 0, 0, time.UTC)

// read reads a config strictly.
func read(t *testing.T, text string) *config.Config {
	t.Helper()
	getenv := func(string) (string, bool) { return "set", true }
	cfg, err := wiring.ConfigReader(getenv).Parse("drillgres.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return cfg
}

// odd are names that YAML would read as something else, or not at all.
var odd = []string{
	"a: b", `"x"`, "0x10", "naïve–ünïcode", "日本", "#no", "- x", "*alias", "&anchor", "!tag", "%d", "@at", "`tick`", "'", "{a}", "[a]",
	"true", "No", "null", "~", "1e3", "", "a #b", "a\tb", "\u0085", "\u2028x", "\ufeff", `back\slash`, "${HOME}", "<<", "=", "?", "|", ">", "x:", " x ", "..", "/abs",
}

func TestNamesSurvive(t *testing.T) {
	for _, name := range odd {
		taken := snapshot.Range{Earliest: now, Latest: now}
		db := propose.Database{
			Name: config.NameFor(name, "backup"), Major: "16", From: name, Tool: name, Newest: name, Taken: taken, Whole: true,
			Backup: config.Backup{From: config.Text("./" + name), Database: name},
			Needs:  inspect.Needs{Roles: []string{name}, Extensions: []inspect.Extension{{Name: name}}},
			Promise: inspect.Promise{Tables: []inspect.Table{
				{Schema: name, Name: name, Rows: 10, Bytes: 1, Newest: []inspect.Newest{{Column: name, At: now}}},
				{Schema: "public", Name: "jobs", Rows: 10, Bytes: 1},
			}},
		}
		if config.NameFor(name, "backup") == "" {
			t.Errorf("%q: no name", name)
		}
		text := propose.Config{From: name, Written: now, Databases: []propose.Database{db}, LeftOut: []propose.LeftOut{{Name: name, Why: name}}}.Text()
		if hasControl := name == "a\tb" || name == "\u0085"; hasControl {
			continue // a config cannot have such a path
		}
		cfg := read(t, text)
		got := cfg.Databases[db.Name]
		if got.Backup.Database != name {
			t.Errorf("%q became %q", name, got.Backup.Database)
		}
		for table := range got.Verify.Tables {
			schema, _, err := config.SplitTable(table)
			if err != nil || schema != name {
				t.Errorf("%q became table %q", name, table)
			}
			if n := got.Verify.Tables[table].Newest; n == nil || n.Column != name {
				t.Errorf("%q became column %+v", name, n)
			}
		}
	}
}

func objects(keys ...string) (list []locate.Object) {
	for i, key := range keys {
		list = append(list, locate.Object{Key: key, Size: 1, ModifiedAt: now.Add(-time.Duration(i) * 24 * time.Hour)})
	}
	return list
}

func names(groups []propose.Group) (list []string) {
	for _, g := range groups {
		list = append(list, fmt.Sprintf("%s %q %q %d", g.Name, g.Folder, g.Match, len(g.Objects)))
	}
	return list
}

func TestGroupByName(t *testing.T) {
	for _, c := range []struct {
		why  string
		keys []string
		want []string
	}{
		{"one database", []string{"shop-2026-11-28.dump", "shop-2026-11-27.dump"}, []string{`shop "" "shop-*.dump" 2`}},
		{"numbered backups", []string{"shop-3.dump", "shop-2.dump"}, []string{`shop "" "shop-*.dump" 2`}},
		{"a name that begins like another", []string{"app-20261128.dump", "app-staging-20261128.dump"}, []string{`app "" "app-[0-9]*.dump" 1`, `app-staging "" "app-staging-*.dump" 1`}},
		{"folders", []string{"shop/1.dump", "crm/1.dump"}, []string{`crm "crm" "" 1`, `shop "shop" "" 1`}},
		{"rotations", []string{"daily/shop.dump", "weekly/shop.dump"}, []string{`shop "" "shop*.dump" 2`}},
		{"numbered databases", []string{"tenant-01-20261128.dump", "tenant-02-20261128.dump", "tenant-01-20261127.dump"}, []string{`tenant-01 "" "tenant-01-[0-9]*.dump" 2`, `tenant-02 "" "tenant-02-[0-9]*.dump" 1`}},
		{"numbered runs", []string{"shop-20261128-r2.dump", "shop-20261127-r1.dump"}, []string{`shop "" "shop-*-r*.dump" 2`}},
	} {
		if diff := cmp.Diff(c.want, names(propose.GroupByName(objects(c.keys...)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

func TestGroupByTool(t *testing.T) {
	tool, _ := producer.Find("pg_back")
	got := propose.GroupByTool(objects("a_2026-11-28T03:00:00Z.dump", "a_b_2026-11-28T03:00:00Z.dump", "a_2026-11-27T03:00:00Z.dump", "notes.dump"), tool)
	want := []string{`a "" "a_20[0-9][0-9]-[01][0-9]-[0-3][0-9]*" 2`, `a_b "" "a_b_20[0-9][0-9]-[01][0-9]-[0-3][0-9]*" 1`}
	if diff := cmp.Diff(want, names(got)); diff != "" {
		t.Error(diff)
	}
}

// TestMaxAge: the limit comes from the spacing, and is never one that the newest backup
// exceeds already.
func TestMaxAge(t *testing.T) {
	for _, c := range []struct {
		gap, age time.Duration
		want     time.Duration
	}{
		{24 * time.Hour, time.Hour, 26 * time.Hour},
		{time.Hour, time.Minute, 3 * time.Hour},
		{7 * 24 * time.Hour, time.Hour, 8 * 24 * time.Hour},
		{24 * time.Hour, 48 * time.Hour, 0},
		{time.Second, 0, 0}, // copied together
	} {
		var times []time.Time
		for i := range 5 {
			times = append(times, now.Add(-c.age-time.Duration(i)*c.gap))
		}
		db := propose.Database{Name: "shop", Major: "16", Backup: config.Backup{From: "./backups"}, Times: times, Dated: true, Newest: "shop.dump"}
		cfg := read(t, propose.Config{From: ".", Written: now, Databases: []propose.Database{db}}.Text())
		if got := time.Duration(cfg.Databases["shop"].Backup.MaxAge); got != c.want {
			t.Errorf("every %s, %s old: max_age %s, want %s", c.gap, c.age, got, c.want)
		}
	}
}

// TestSecretsAreReferences: no key, passphrase or signed URL is in a config.
func TestSecretsAreReferences(t *testing.T) {
	old := false
	db := propose.Database{Name: "shop", Major: "16", Newest: "shop.dump", Secret: "BACKUP_URL", Backup: config.Backup{
		From: "https://host/shop.dump?sig=canary",
		Keys: []config.Key{
			{Age: &config.KeyFile{File: "age.key", Passphrase: "canary"}},
			{OpenPGP: &config.KeyFile{Passphrase: "canary"}},
			{OpenSSL: &config.OpenSSLKey{Passphrase: "canary", PBKDF2: &old}},
			{Databasus: &config.KeyFile{File: "secret.key"}},
			{Zip: &config.KeyFile{Passphrase: "canary"}},
		},
	}}
	text := propose.Config{From: ".", Written: now, Databases: []propose.Database{db}}.Text()
	getenv := func(name string) (string, bool) {
		return map[string]string{"BACKUP_URL": "https://host/shop.dump"}[name] + "x", true
	}
	cfg, err := wiring.ConfigReader(getenv).Parse("drillgres.yaml", []byte(text))
	if err != nil || len(cfg.Databases["shop"].Backup.Keys) != 5 {
		t.Errorf("%v in\n%s", err, text)
	}
	if want, _ := os.ReadFile("testdata/secrets.yaml"); *update {
		_ = os.MkdirAll("testdata", 0o750)
		_ = os.WriteFile("testdata/secrets.yaml", []byte(text), 0o600)
	} else if diff := cmp.Diff(string(want), text); diff != "" {
		t.Error(diff)
	}
}

// TestTables: partitions count as their table, tables of one month are left out, queues may
// lose rows, and the ten largest tables get an expectation.
func TestTables(t *testing.T) {
	events := sqltext.Name{Schema: "public", Name: "events"}
	tables := []inspect.Table{
		{Schema: "public", Name: "events_2026_10", Rows: 100, Bytes: 600, PartOf: events},
		{Schema: "public", Name: "events_2026_11", Rows: 50, Bytes: 600, PartOf: events, Newest: []inspect.Newest{{Column: "at", At: now.Add(-10 * time.Hour)}}},
		{Schema: "public", Name: "log_2026_11", Rows: 500, Bytes: 900},
		{Schema: "public", Name: "email_jobs", Rows: 500, Bytes: 900},
		{Schema: "public", Name: "unknown", Rows: -1, Bytes: 900},
		{Schema: "public", Name: "empty"},
		{Schema: "public", Name: "spatial_ref_sys", Rows: 8500, Bytes: 9000, FillsOnly: true},
	}
	for i := range 12 {
		tables = append(tables, inspect.Table{Schema: "shop", Name: fmt.Sprintf("t%02d", i), Rows: 10, Bytes: int64(100 - i)})
	}
	db := propose.Database{
		Name: "shop", Major: "16", Newest: "shop.dump", Backup: config.Backup{From: "./backups"}, Whole: true,
		Promise: inspect.Promise{Tables: tables}, Taken: snapshot.Range{Earliest: now.Add(-time.Hour), Latest: now},
	}
	v := read(t, propose.Config{From: ".", Written: now, Databases: []propose.Database{db}}.Text()).Databases["shop"].Verify
	if e := v.Tables["public.events"]; e.MinRows != 120 || e.Newest == nil || time.Duration(e.Newest.Within) != 40*time.Hour {
		t.Errorf("events: %+v", e)
	}
	if e := v.Tables["shop.t08"]; e.MinRows != 8 || len(v.Tables) != 10 || len(v.Drift.Tables) != 1 || v.Drift.Tables["public.email_jobs"] != 90 {
		t.Errorf("%+v", v)
	}
}
