package restore_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/fixtures/images"
)

// arrival is a dump that arrives in two pieces, and is restored meanwhile.
type arrival struct {
	dump     string
	until    string // the end of the first piece; empty: half of the dump
	config   config.Restore
	between  func(context.Context, provision.Server) // runs when the first piece has arrived
	refuse   error                                   // instead of accepting the dump
	restored restore.Restored
}

// arrive restores a dump while it arrives.
func (l *lab) arrive(t *testing.T, a *arrival) (provision.Server, *outcome.Failure) {
	t.Helper()
	l.cases++
	path, _ := l.write(t, job{dump: []byte(a.dump), change: func(*inspect.Contents) {}})
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)

	first, rest, ok := strings.Cut(a.dump, a.until)
	if a.until == "" {
		first, rest, ok = a.dump[:len(a.dump)/2], a.dump[len(a.dump)/2:], true
	}
	if !ok {
		t.Fatalf("the dump does not contain %q", a.until)
	}
	arriving, opener := inspect.NewArriving(), layers.Opener{}
	arriving.Follow(func(context.Context) (io.ReadCloser, error) { return os.Open(path) })
	set := inspect.NewSet(&opener)
	set.FollowedBy(arriving)
	stored, end := io.Pipe()
	var whole inspect.Contents
	scanned := make(chan error, 1)
	go func() {
		var err error
		whole, err = set.Scan(ctx, stored)
		scanned <- err
	}()
	if _, err := io.WriteString(end, first+a.until); err != nil {
		t.Fatal(err)
	}

	limited, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	head, found := arriving.Head(limited)
	if !found {
		t.Fatal("nobody can follow the dump")
	}
	a.config.Profile = provision.Fast
	p := &provision.Provisioner{
		Opener: l, Restore: a.config, RunID: l.run, WorkDir: l.work.Shared, Database: "case_" + strconv.Itoa(l.cases),
		Config: config.Postgres{Version: l.major, Image: config.Text(l.image)},
	}
	s, err := p.Provision(ctx, head.Needs)
	if err != nil {
		t.Fatal(err)
	}
	accepted, done, since := make(chan struct{}), make(chan error), time.Time{}
	var complete provision.Server
	go func() {
		dump := restore.Dump{Source: head.Source, Arriving: &restore.Arriving{Arriving: arriving, Accepted: func(ctx context.Context) (provision.Server, restore.Dump, error) {
			select {
			case <-accepted:
				return complete, restore.Dump{Path: path, Source: whole.Source}, nil
			case <-ctx.Done():
				return provision.Server{}, restore.Dump{}, context.Cause(ctx)
			}
		}}}
		var err error
		a.restored, err = restore.Restorer{Config: a.config, WorkDir: l.work.Shared}.Restore(ctx, s, dump, nil)
		done <- err
	}()
	if a.between != nil {
		a.between(ctx, s)
	}

	if _, err := io.WriteString(end, rest); err != nil {
		t.Fatal(err)
	}
	_ = end.Close()
	if err := <-scanned; err != nil {
		t.Fatalf("inspect: %v", err)
	}
	if a.refuse != nil {
		cancel(a.refuse)
	} else {
		var fits bool
		if complete, fits, err = p.Complete(ctx, s, head.Needs, whole.Needs); err != nil || !fits {
			t.Fatalf("the server fits: %v, %v", fits, err)
		}
		since = time.Now()
		close(accepted)
	}
	select {
	case err = <-done:
	case <-time.After(time.Minute):
		t.Fatal("the restore does not end")
	}
	a.restored.CountFrom(since)
	return complete, outcome.AsFailure(err)
}

func TestLoadWhileTheDumpArrives(t *testing.T) {
	t.Parallel()
	for _, major := range images.Majors("13", "18") {
		t.Run(major, func(t *testing.T) {
			t.Parallel()
			l := sharedLab(t, major)
			s := l.server(t)
			for name, c := range map[string]struct{ script, until, loaded string }{
				"intricate":    {intricate, "\nCOPY public.visits_2026_0 ", "exists (select from public.countries)"},
				"two tables":   {twoTables, "\nCOPY public.b (id, a, note) FROM stdin;\n", "exists (select from public.a)"},
				"within rows":  {twoTables, "\n777\tx777\n", "to_regclass('public.a') is not null"}, // its rows are not committed
				"in the order": {inOrder, "\nCOPY public.b (a) FROM stdin;\n", "exists (select from public.a)"},
			} {
				if major != "18" && name != "intricate" {
					continue
				}
				t.Run(name, func(t *testing.T) {
					dump := string(l.source(t, s, c.script))
					role := "reader_" + strings.ReplaceAll(name, " ", "_") + major
					dump = strings.Replace(dump, "\n--\n-- PostgreSQL database dump complete", "\nGRANT SELECT ON ALL TABLES IN SCHEMA public TO "+role+";\n\n--\n-- PostgreSQL database dump complete", 1)
					a := &arrival{dump: dump, until: c.until, config: config.Restore{Jobs: 3}, between: func(ctx context.Context, s provision.Server) {
						l.await(ctx, t, s, c.loaded)
					}}
					into, f := l.arrive(t, a)
					if f != nil || a.restored.Loader != restore.LoaderParallel || a.restored.Ahead == 0 {
						t.Fatalf("loaded by %q (%s), %.1f s ahead: %v", a.restored.Loader, a.restored.WhyClient, a.restored.Ahead, f)
					}
					got := l.dumped(t, into)
					if diff := cmp.Diff(l.loaded(t, []byte(dump), restore.LoaderClient, "psql"), got); diff != "" {
						t.Errorf("the databases differ (-client +parallel):\n%s", diff)
					}
					if !strings.Contains(strings.Join(got, "\n"), role) {
						t.Errorf("the role %s has no privileges", role)
					}
				})
			}
		})
	}
}

// TestShareOutRowsThatArrive has one table that is most of the dump. Several sessions share its rows
// if they arrive fast.
func TestShareOutRowsThatArrive(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "18")
	s := l.server(t)
	dump := string(l.source(t, s, "create table a (id int, note text); insert into a select g, repeat(md5(g::text), 20) from generate_series(1, 130000) g; create table z as select 1 x;"))
	const digest = "select count(*), count(distinct id), sum(hashtext(note)) from a"
	want := l.psql(t, s, "source", digest)
	a := &arrival{dump: dump, until: "\n9999\t", config: config.Restore{Jobs: 3}}
	into, f := l.arrive(t, a)
	if f != nil || a.restored.Loader != restore.LoaderParallel {
		t.Fatalf("loaded by %q (%s): %v", a.restored.Loader, a.restored.WhyClient, f)
	}
	if got := l.psql(t, s, into.Database, digest); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestRowsThatNameALateRole has rows with a role that only a grant at the end of the dump shows to be needed.
func TestRowsThatNameALateRole(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	s := l.server(t)
	dump := string(l.source(t, s, "create role late; create table a as select 'late'::regrole r from generate_series(1, 1000); create table z as select 1 x; grant select on a to late;"))
	l.psql(t, s, "source", "drop owned by late; drop table a; drop role late")
	a := &arrival{dump: dump, until: "\nCOPY public.z (x) FROM stdin;\n", config: config.Restore{Jobs: 3, Loader: restore.LoaderParallel}, between: func(ctx context.Context, s provision.Server) { // until they cannot be loaded
		l.await(ctx, t, s, "to_regclass('public.a') is not null and not exists (select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid())")
	}}
	if _, f := l.arrive(t, a); f != nil || a.restored.Loader != restore.LoaderParallel || a.restored.Ahead != 0 {
		t.Errorf("loaded by %q (%s), %.1f s ahead: %v", a.restored.Loader, a.restored.WhyClient, a.restored.Ahead, f)
	}
}

// await waits until a condition holds in the database. Its tables may not be there yet.
func (l *lab) await(ctx context.Context, t *testing.T, s provision.Server, condition string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := s.Session(ctx, s.Database, provision.SessionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(ctx, conn)
	for ; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		var holds bool
		if err := conn.QueryRow(ctx, "select "+condition).Scan(&holds); err == nil && holds {
			return
		}
	}
	t.Errorf("not %s while the dump arrives", condition)
}

// TestTheRestOfADumpDecides restores dumps whose rest shows that their rows were loaded in the wrong way, or cannot be
// loaded.
func TestTheRestOfADumpDecides(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	s := l.server(t)
	dump := string(l.source(t, s, twoTables))
	const last = "SELECT pg_catalog.lo_create"
	for name, changed := range map[string]string{
		"the rows of a table again": strings.Replace(dump, last, "COPY public.a (id, x) FROM stdin;\n99999\tx\n\\.\n"+last, 1),
		"a setting after rows":      strings.Replace(dump, last, "SET row_security = on;\n"+last, 1),
		"a broken row":              strings.Replace(dump, "\n8888\tx8888\n", "\neight\tx8888\n", 1),
		"a broken row at the end":   strings.Replace(dump, "\n777\t777\tnote777\n", "\n777\tseven\tnote777\n", 1),
		"a broken key":              strings.Replace(dump, "\n777\t777\tnote777\n", "\n777\t99999\tnote777\n", 1),
		"a broken index":            strings.Replace(dump, "USING btree (note)", "USING btree (missing)", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if changed == dump {
				t.Fatal("the dump was not changed")
			}
			a := &arrival{dump: changed, until: "\n2222\tx2222\n", config: config.Restore{Loader: restore.LoaderParallel, Jobs: 3}}
			into, f := l.arrive(t, a)
			_, _, want := l.drill(t, job{dump: []byte(changed), config: config.Restore{Loader: restore.LoaderClient, Jobs: 3}})
			if (f == nil) != (want == nil) {
				t.Fatalf("got %v, want %v", f, want)
			}
			if want != nil {
				f.Err, want.Err = nil, nil
				if diff := cmp.Diff(want, f); diff != "" {
					t.Errorf("another failure than that of psql (-want +got):\n%s", diff)
				}
				return
			}
			loaded, _ := l.result(t, []byte(changed), restore.LoaderClient)
			if diff := cmp.Diff(loaded, l.dumped(t, into)); diff != "" {
				t.Errorf("the databases differ (-client +parallel):\n%s", diff)
			}
		})
	}
}

// TestARefusedDumpIsNotRestored ends a restore that waits for the verdict of inspect.
func TestARefusedDumpIsNotRestored(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	dump := string(l.source(t, l.server(t), twoTables))
	refused := errors.New("refused")
	for _, loader := range []string{restore.LoaderAuto, restore.LoaderClient} {
		a := &arrival{dump: dump, until: "\n2222\tx2222\n", config: config.Restore{Loader: loader, Jobs: 3}, refuse: refused}
		if _, f := l.arrive(t, a); !errors.Is(f, refused) {
			t.Errorf("%s: got %v", loader, f)
		}
	}
}

// TestAClientWaitsForTheWholeDump has nothing loaded before the dump is accepted.
func TestAClientWaitsForTheWholeDump(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	dump := string(l.source(t, l.server(t), twoTables))
	a := &arrival{dump: dump, until: "\n2222\tx2222\n", config: config.Restore{Loader: restore.LoaderClient}, between: func(ctx context.Context, s provision.Server) {
		time.Sleep(300 * time.Millisecond)
		if got := l.psql(t, s, s.Database, "select count(*) from pg_class where relname = 'a'"); got != "0\n" {
			t.Errorf("loaded early: %s", got)
		}
	}}
	if _, f := l.arrive(t, a); f != nil || a.restored.Loader != "psql" || a.restored.Ahead != 0 {
		t.Errorf("loaded by %q, %.1f s ahead: %v", a.restored.Loader, a.restored.Ahead, f)
	}
}

// TestWaitingForADumpIsNoRestore counts what was loaded while the dump arrived, and not the time in which nothing
// came.
func TestWaitingForADumpIsNoRestore(t *testing.T) {
	t.Parallel()
	l := sharedLab(t, "15")
	dump := string(l.source(t, l.server(t), twoTables))
	const pause = 8 * time.Second // the restore takes less than a second
	a := &arrival{dump: dump, until: "\n2222\tx2222\n", config: config.Restore{Jobs: 3}, between: func(context.Context, provision.Server) { time.Sleep(pause) }}
	if _, f := l.arrive(t, a); f != nil {
		t.Fatal(f)
	}
	took := a.restored.Ahead
	for _, p := range a.restored.Phases {
		took += p.Seconds
	}
	if a.restored.Ahead <= 0 || took >= pause.Seconds() {
		t.Errorf("the restore took %.1f s, %.1f s of it while the dump arrived", took, a.restored.Ahead)
	}
}
