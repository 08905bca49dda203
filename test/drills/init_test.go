package drills

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/backups"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

var update = flag.Bool("update", false, "rewrite the golden configs of drillgres init")

// shopTables has a table with recent rows, one that empties itself, and an application's role.
const shopTables = `
do $$ begin
	if not exists (select from pg_roles where rolname = 'init_owner') then create role init_owner; end if;
	if not exists (select from pg_roles where rolname = 'init_app') then create role init_app login; end if;
end $$;
create table orders (id integer primary key, "Note" text, created_at timestamptz not null, updated_at timestamp, ships_on date);
insert into orders select g, 'order ' || g, now() - g * interval '1 minute', '2020-01-01', '2099-01-01' from generate_series(0, 2000) g;
create table "Order Items" (id integer primary key, name text);
insert into "Order Items" select g, repeat('x', 100) from generate_series(1, 500) g;
create table email_jobs (id integer primary key, queued_at timestamptz);
insert into email_jobs select g, now() from generate_series(1, 50) g;
alter table orders owner to init_owner;
alter table "Order Items" owner to init_owner;
alter table email_jobs owner to init_owner;
grant select, insert on orders, "Order Items", email_jobs to init_app;
create extension pg_trgm;
`

// corpusCase returns a good backup of the corpus.
func corpusCase(t *testing.T, name string) backups.Case {
	t.Helper()
	all := backups.Good()
	i := slices.IndexFunc(all, func(c backups.Case) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("the corpus has no backup %s", name)
	}
	return all[i]
}

// layouts are backups as tools and scripts store them.
func layouts(t *testing.T) map[string]backups.Case {
	t.Helper()
	custom := []string{"-Fc"}
	older := map[string]string{"shop_2026-11-26T03:00:00.dump": "older", "shop_2026-11-25T03:00:00.dump": "older"}
	encrypted := corpusCase(t, "age")
	encrypted.File, encrypted.Beside = "shop-2026-11-28.sql.age", nil
	packed := corpusCase(t, "directory-format")
	packed.File = "shop-2026-11-28.dir"
	pgBack := corpusCase(t, "globals-and-a-custom")
	pgBack.File, pgBack.Verify = "shop_2026-11-28T03:00:00Z.dump", ""
	pgBack.Beside = map[string]string{"pg_globals_2026-11-28T03:00:00Z.sql": pgBack.Beside["globals-1.sql"]}
	cluster := corpusCase(t, "cluster-in-gzip")
	cluster.File, cluster.Verify = "all-2026-11-28.sql.gz", ""
	return map[string]backups.Case{
		"plain":              {SQL: shopTables, File: "shop-20261128.sql", Beside: map[string]string{"shop-20261127.sql": "older"}},
		"custom":             {SQL: shopTables, Args: custom, File: "shop-20261128.dump"},
		"directory":          packed,
		"age":                encrypted,
		"pg_back":            pgBack,
		"postgres-backup-s3": {SQL: shopTables, Args: custom, File: "shop_2026-11-27T03:00:00.dump", Beside: older},
		"pg_dumpall":         cluster,
	}
}

// TestInit writes configs for the layouts of backup tools. The first drill with each passes.
func TestInit(t *testing.T) {
	t.Parallel()
	images.NeedEngine(t)
	made := &backups.Productions{Image: images.Ensure}
	t.Cleanup(func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	})
	image := images.Postgres(t, "15")
	for name, c := range layouts(t) {
		if !*whole && name != "age" && name != "pg_dumpall" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if _, err := made.Make(t.Context(), c, dir); err != nil {
				t.Fatal(err)
			}
			config := filepath.Join(dir, "init.yaml")
			args := []string{"init", filepath.Join(dir, "backups"), "--output", config, "--image", image}
			for _, key := range slices.Sorted(maps.Keys(c.Keys)) { // the order of the keys in the config
				args = append(args, "--key", filepath.Join(dir, key))
			}
			stdout, exit, stderr := program.Run(t.Context(), t, args...)
			if exit != outcome.ExitPassed || !strings.HasSuffix(stdout, "next: drillgres run --config "+config+"\n") {
				t.Fatalf("exit %d\n%s\n%s", exit, stdout, stderr)
			}
			compareConfig(t, filepath.Join("testdata", "init", name+".yaml"), config, dir, image)
			if r, exit, stderr := program.Drill(t, "--config", config); exit != outcome.ExitPassed {
				t.Errorf("the first drill: exit %d, %+v\n%s", exit, r.Failure, stderr)
			}
		})
	}
}

// changing matches what differs from one backup to the next: dates, sizes, minor versions
// and the names of databases that the corpus invents.
var changing = []struct {
	what *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`on 20\d\d-\d\d-\d\d,`), "on DATE,"},
	{regexp.MustCompile(`, \d[\d.,]* (B|KiB|MiB),`), ", SIZE,"},
	{regexp.MustCompile(`(\d\d)\.\d+`), "$1.MINOR"},
	{regexp.MustCompile(`fixture_[0-9a-f]+`), "fixture_ID"},
}

func compareConfig(t *testing.T, golden, config, dir, image string) {
	t.Helper()
	content, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.ReplaceAll(strings.ReplaceAll(string(content), dir, "DIR"), image, "IMAGE")
	for _, c := range changing {
		got = c.what.ReplaceAllString(got, c.with)
	}
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the config of %s (-want +got):\n%s", golden, diff)
	}
}

// TestInitInABucket: a bucket that is denied or empty says so itself, and forty databases in
// one prefix are one config.
func TestInitInABucket(t *testing.T) {
	s := program.NewStore(t)
	config := filepath.Join(t.TempDir(), "init.yaml")
	initialize := func(prefix string) (stdout string, exit int, stderr string) {
		return program.Run(t.Context(), t, "init", "s3://"+bucket+"/"+prefix, "--s3-endpoint", s.Endpoint, "--output", config)
	}
	if _, exit, stderr := initialize("none/"); exit != outcome.BackupMissing.Class().ExitCode() || !strings.Contains(stderr, "contains no objects") {
		t.Errorf("an empty prefix: exit %d\n%s", exit, stderr)
	}
	const databases = 40
	for i := range databases {
		for _, date := range []string{"20261127", "20261128"} {
			dump := "-- PostgreSQL database dump\n\n-- Dumped from database version 15.18\n\nCREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n\n-- PostgreSQL database dump complete\n"
			s.Put(t, bucket, fmt.Sprintf("prod/tenant_%02d_%s.sql", i, date), []byte(dump))
		}
	}
	stdout, exit, stderr := initialize("prod/")
	if exit != outcome.ExitPassed || !strings.Contains(stdout, "40 databases (tenant_00, ") {
		t.Errorf("exit %d\n%s\n%s", exit, stdout, stderr)
	}
	if stdout, exit, stderr := program.Run(t.Context(), t, "check", "--config", config); exit != outcome.ExitPassed || strings.Contains(stdout, "backups_mixed") {
		t.Errorf("the check of all: exit %d\n%s\n%s", exit, stdout, stderr)
	}
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	s3server.Setenv(t, s.AccessKey, "canary-wrong-secret")
	if _, exit, stderr := initialize("prod/"); exit != outcome.SourceDenied.Class().ExitCode() || strings.Contains(stderr, "canary") {
		t.Errorf("a denied bucket: exit %d\n%s", exit, stderr)
	}
	if _, err := os.Stat(config); err == nil {
		t.Error("a config was written")
	}
}
