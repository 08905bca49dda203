package drills

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

// arrivingDump is a plain dump of 72 MB whose last statements name a role, and what follows them.
func arrivingDump(last string) []byte {
	var b strings.Builder
	b.WriteString("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.1\n-- Dumped by pg_dump version 15.1\n\nSET client_encoding = 'UTF8';\n\n" +
		"CREATE TABLE public.large (id integer NOT NULL, note text);\nCREATE TABLE public.small (id integer NOT NULL);\n\n" +
		"COPY public.large (id, note) FROM stdin;\n")
	for i := range 72_000 {
		fmt.Fprintf(&b, "%d\t%s\n", i, strings.Repeat("note", 250))
	}
	b.WriteString("\\.\n\nCOPY public.small (id) FROM stdin;\n1\n2\n\\.\n\n" +
		"ALTER TABLE ONLY public.large ADD CONSTRAINT large_pkey PRIMARY KEY (id);\n\n" + last)
	return []byte(b.String())
}

const (
	grantsLast = "GRANT SELECT ON TABLE public.large TO reader;\n\n"
	endsLast   = "--\n-- PostgreSQL database dump complete\n--\n\n"
)

// locksOut begins a table whose rows take the login from the role that inserts them.
const locksOut = `CREATE FUNCTION public.checked(id integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF id = 5 THEN EXECUTE format('ALTER ROLE %I NOLOGIN', current_user); END IF;
  RETURN true;
END $$;

CREATE TABLE public.large (id integer NOT NULL CHECK (public.checked(id)),`

// slowly starts a drill of a backup over a link of so many kilobytes a second.
func slowly(t *testing.T, kilobytes int64, dump []byte) *program.Process {
	t.Helper()
	s := s3server.Start(t)
	s.CreateBucket(t, program.Bucket)
	s.Put(t, program.Bucket, "prod/shop.sql", dump)
	wire := s.Wire(t)
	const connections = 4
	wire.Spoil(t, "bandwidth", map[string]int64{"rate": kilobytes / connections})
	config := program.WriteConfig(t, fmt.Sprintf(`
version: 1
databases:
  shop:
    backup: {from: "s3://%s/prod/", s3: {endpoint: %q}}
    postgres: {version: "15", image: %q}
    verify:
      queries:
        - {name: privileges, sql: "select has_table_privilege('reader', 'public.large', 'select')", expect: value == true}
        - {name: rows, sql: select count(*) from public.large, expect: value == 72000}
`, program.Bucket, wire.Endpoint, images.Postgres(t, "15")))
	return program.Start(t, config, s.Environment()...)
}

// TestRowsAreLoadedWhileTheyArrive drills over a slow link. The role that the end of the dump names
// is not known when the load begins.
func TestRowsAreLoadedWhileTheyArrive(t *testing.T) {
	t.Parallel()
	p := slowly(t, 8_000, arrivingDump(grantsLast+endsLast))
	r := checkAhead(t, p)
	for _, f := range r.Findings {
		if f.Code == "role_created" && !strings.Contains(f.Message, "reader") || f.Code == "app_role_unknown" {
			t.Errorf("finding %+v", f)
		}
	}
	program.CheckNothingLeft(t, p.Config)
}

// TestVerifyBeginsDuringTheLoad drills a dump whose last statement takes long, while the large table is complete.
func TestVerifyBeginsDuringTheLoad(t *testing.T) {
	t.Parallel()
	const slow = "CREATE MATERIALIZED VIEW public.slow AS SELECT 1 AS one FROM pg_sleep(6) WITH NO DATA;\n\nREFRESH MATERIALIZED VIEW public.slow;\n\n"
	config := program.WriteConfig(t, fmt.Sprintf("version: 1\ndatabases:\n  shop:\n    backup: {from: ./shop.sql}\n    restore: {jobs: 3}\n    postgres: {version: \"15\", image: %q}\n", images.Postgres(t, "15")))
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "shop.sql"), arrivingDump(slow+endsLast), 0o600); err != nil {
		t.Fatal(err)
	}
	r, exit, stderr := program.Drill(t, "--config", config)
	if exit != outcome.ExitPassed {
		t.Fatalf("exit %d: %+v\n%s", exit, r.Failure, stderr)
	}
	ahead := map[outcome.Stage]float64{}
	for _, s := range r.Stages {
		ahead[s.Stage], _ = s.Details["ahead_seconds"].(float64)
	}
	if ahead[outcome.Verify] <= 0 {
		t.Errorf("seconds ahead: %v", ahead)
	}
	if len(r.Tables) == 0 || r.Tables[0].Name != "public.large" || r.Tables[0].Rows != 72_000 {
		t.Errorf("tables: %+v", r.Tables)
	}
	program.CheckNothingLeft(t, config)
}

// checkAhead checks that a drill passes, and that it has loaded rows while they arrived.
func checkAhead(t *testing.T, p *program.Process) outcome.Result {
	t.Helper()
	r, exit := p.Result(t, 3*time.Minute)
	if exit != outcome.ExitPassed || len(r.Leftovers) > 0 {
		t.Fatalf("exit %d: %+v, leftovers %q\n%s", exit, r.Failure, r.Leftovers, p.Stderr.String())
	}
	for _, s := range r.Stages {
		if ahead, _ := s.Details["ahead_seconds"].(float64); s.Stage == outcome.Restore && ahead <= 0 {
			t.Errorf("restored with %v", s.Details)
		}
	}
	return r
}

// TestAnArchiveIsLoadedWhileItArrives does the same with a custom archive, whole and without its end.
func TestAnArchiveIsLoadedWhileItArrives(t *testing.T) {
	t.Parallel()
	n := newNightly(t, "")
	n.after(t, `create role reader; create table large (id int primary key, note text); grant select on large to reader;
		create table small (id int); insert into small values (1), (2);
		insert into large select g, (select string_agg(md5(g * 40 + i || ''), '') from generate_series(1, 40) i) from generate_series(1, 72000) g;`)
	archive, err := os.ReadFile(n.backup)
	if err != nil {
		t.Fatal(err)
	}
	const slow = 5_000
	t.Run("whole", func(t *testing.T) {
		p := slowly(t, slow, archive)
		checkAhead(t, p)
		program.CheckNothingLeft(t, p.Config)
	})
	t.Run("without its end", func(t *testing.T) {
		p := slowly(t, slow, archive[:len(archive)-100])
		r, exit := p.Result(t, 3*time.Minute)
		if r.Failure == nil || r.Failure.Code != outcome.DumpTruncated || r.Failure.Stage != outcome.Inspect || len(r.Leftovers) > 0 {
			t.Errorf("exit %d: %+v, leftovers %q", exit, r.Failure, r.Leftovers)
		}
		program.CheckNothingLeft(t, p.Config)
	})
}

// TestABrokenDumpIsNotRestoredWhileItArrives finds at the end of a dump that it is broken: that counts, and not what was
// loaded.
func TestABrokenDumpIsNotRestoredWhileItArrives(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dump  []byte
		code  outcome.Code
		stage outcome.Stage
	}{
		"without its end": {arrivingDump(grantsLast), outcome.DumpTruncated, outcome.Inspect},
		"a row again":     {arrivingDump("COPY public.large (id, note) FROM stdin;\n1\tagain\n\\.\n" + endsLast), outcome.ConstraintViolated, outcome.Restore},
		"rows that lock the drill out": {
			bytes.Replace(arrivingDump(grantsLast+endsLast), []byte("CREATE TABLE public.large (id integer NOT NULL,"), []byte(locksOut), 1), outcome.DumpHostile, outcome.Restore,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := slowly(t, 16_000, c.dump)
			r, exit := p.Result(t, 3*time.Minute)
			if exit == outcome.ExitPassed || r.Failure == nil || r.Failure.Code != c.code || r.Failure.Stage != c.stage || len(r.Leftovers) > 0 {
				t.Errorf("exit %d: %+v, leftovers %q", exit, r.Failure, r.Leftovers)
			}
			program.CheckNothingLeft(t, p.Config)
		})
	}
}

// TestInterruptedWhileRowsArrive leaves nothing behind of a server that no stage has taken over.
func TestInterruptedWhileRowsArrive(t *testing.T) {
	t.Parallel()
	p := slowly(t, 2_000, arrivingDump(grantsLast+endsLast))
	p.WaitForSQL(t, "select count(*) from pg_stat_activity where query ilike 'copy%'")
	if err := p.Cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	r, exit := p.Result(t, time.Minute)
	if r.Failure == nil || r.Failure.Code != outcome.Interrupted || r.Failure.Stage != outcome.Fetch || len(r.Leftovers) > 0 {
		t.Errorf("exit %d: %+v, leftovers %q", exit, r.Failure, r.Leftovers)
	}
	program.CheckNothingLeft(t, p.Config)
}
