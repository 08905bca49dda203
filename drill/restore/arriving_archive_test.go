package restore_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/fixtures/images"
)

// withoutBlobs keeps large objects out of an archive, without which pg_restore needs all of it.
const withoutBlobs = "--no-blobs"

func TestLoadAnArchiveWhileItArrives(t *testing.T) {
	t.Parallel()
	for _, major := range images.Majors("13", "18") {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			s := l.server(t)
			for name, c := range map[string]struct {
				script, until, loaded string
				args                  []string
				gzip                  bool
			}{
				"intricate":              {script: intricate, loaded: "exists (select from public.countries)"},
				"not compressed":         {script: twoTables, until: "777\t777\tnote777\n", args: []string{"--compress=0"}, loaded: "exists (select from public.a)"},
				"within gzip":            {script: twoTables, gzip: true},
				"a public of its own":    {script: "drop schema public; create schema public; alter schema public owner to pg_monitor;" + twoTables, loaded: "exists (select from public.a)"},
				"in the order":           {script: inOrder, until: "777\n", args: []string{"--compress=0"}},
				"nothing after the rows": {script: "create table a (x text); insert into a select generate_series(1, 20000); grant select on a to pg_monitor;"},
				"letters of a language":  {script: twoTables + `comment on table a is 'Größe'; create table "Maß" (a text); insert into "Maß" select 'ß' || g from generate_series(1, 100) g`, args: []string{"--encoding=LATIN1"}},
			} {
				if major != "18" && name != "intricate" {
					continue
				}
				if c.loaded == "" { // it has begun
					c.loaded = "exists (select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())"
				}
				t.Run(name, func(t *testing.T) {
					dump := l.archive(t, s, c.script, "custom", append(c.args, withoutBlobs)...)
					if c.gzip {
						dump = gzipOf(dump)
					}
					a := &arrival{dump: string(dump), until: c.until, config: config.Restore{Jobs: 3}, between: func(ctx context.Context, s provision.Server) {
						l.await(ctx, t, s, c.loaded)
					}}
					into, f := l.arrive(t, a)
					if f != nil || a.restored.Loader != restore.LoaderParallel || a.restored.Ahead == 0 {
						t.Fatalf("loaded by %q (%s), %.1f s ahead: %v", a.restored.Loader, a.restored.WhyClient, a.restored.Ahead, f)
					}
					if diff := cmp.Diff(l.loaded(t, dump, restore.LoaderClient, "pg_restore"), l.dumped(t, into)); diff != "" {
						t.Errorf("the databases differ (-client +parallel):\n%s", diff)
					}
				})
			}
		})
	}
}

// TestTheRestOfAnArchiveDecides restores archives that cannot be loaded, or not in this way.
func TestTheRestOfAnArchiveDecides(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	s := l.server(t)
	whole := string(l.archive(t, s, twoTables, "custom", "--compress=0", withoutBlobs))
	for name, c := range map[string]struct{ dump, until string }{
		"a broken row":            {strings.Replace(whole, "8888\tx8888\n", "eigh\tx8888\n", 1), "2222\tx2222\n"},
		"a broken row at the end": {strings.Replace(whole, "777\t777\tnote777\n", "777\tsev\tnote777\n", 1), "2222\tx2222\n"},
		"a broken key":            {strings.Replace(whole, "777\t777\tnote777\n", "777\t-77\tnote777\n", 1), "2222\tx2222\n"},
		"a check of all rows": {string(l.archive(t, s, "create table a (x int); insert into a select generate_series(1, 20000); create table b (x int); insert into b select generate_series(1, 20000);"+
			"alter table b add check (x < 777) not valid; update pg_constraint set convalidated = true where contype = 'c';", "custom")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.dump == whole {
				t.Fatal("the archive was not changed")
			}
			a := &arrival{dump: c.dump, until: c.until, config: config.Restore{Loader: restore.LoaderParallel, Jobs: 3}}
			_, f := l.arrive(t, a)
			_, _, want := l.drill(t, job{dump: []byte(c.dump), config: config.Restore{Loader: restore.LoaderClient, Jobs: 1}})
			if f == nil || want == nil {
				t.Fatalf("got %v, want %v", f, want)
			}
			f.Err, want.Err = nil, nil
			if diff := cmp.Diff(want, f); diff != "" {
				t.Errorf("another failure than that of pg_restore (-want +got):\n%s", diff)
			}
			if a.restored.Loader != "pg_restore" || a.restored.Jobs != 1 || a.restored.Ahead != 0 {
				t.Errorf("loaded by %s with %d jobs, %.1f s ahead", a.restored.Loader, a.restored.Jobs, a.restored.Ahead)
			}
		})
	}
}
