package recovery

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/restore"
	"github.com/drillgres/drillgres/drill/target"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestALostSessionIsNoLostSetting loses the session that sets the settings of the database.
func TestALostSessionIsNoLostSetting(t *testing.T) {
	s := newServer(t)
	to, err := target.Parse(s.url())
	if err != nil {
		t.Fatal(err)
	}
	dump := dumpOf("CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n")
	c, err := inspect.Scan(t.Context(), bytes.NewReader(dump), layers.Opener{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "shop.sql")
	if err := os.WriteFile(path, dump, 0o600); err != nil {
		t.Fatal(err)
	}
	r := realTarget(to)
	real, adapted, err := r.Open(t.Context(), c.Needs, restore.Dump{Path: path, Source: c.Source})
	if err != nil {
		t.Fatal(err)
	}
	real.Properties = "select pg_terminate_backend(pg_backend_pid()); alter database recovered set work_mem to '9MB';"
	if restored, err := r.Restorer.Restore(t.Context(), real, adapted, nil); err == nil {
		t.Errorf("%d settings are lost, and the restore passed", restored.LostSettings)
	}
}

// TestAFailedLoadLeavesTheMark checks that a row is found by either loader, and is not shown.
func TestAFailedLoadLeavesTheMark(t *testing.T) {
	const rows = "CREATE TABLE public.t (id integer, name text);\nCOPY public.t (id, name) FROM stdin;\n1\tx\n" + rowCanary + "\ty\n\\.\n"
	for _, loader := range []string{"parallel", "client"} {
		t.Run(loader, func(t *testing.T) {
			s := newServer(t)
			config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf(rows)})
			stdout, exit, stderr := s.run(t, config, "--yes", "--format", "json", "--progress", "none", "--loader", loader)
			r := resultIn(t, stdout, stderr)
			if exit != 3 || r.Failure == nil || r.Failure.Code != outcome.CopyFailed || r.Failure.SQLState != "22P02" || !strings.Contains(r.Failure.Message, "row 2 of t, column id") {
				t.Errorf("exit %d, %+v", exit, r.Failure)
			}
			if r.Failure != nil && strings.Contains(r.Failure.Hint, "--loader client") != (loader == "parallel") {
				t.Errorf("the hint is %q", r.Failure.Hint)
			}
			if got := s.comment(t); !strings.HasPrefix(got, "drillgres: restore "+r.RunID+" began ") || !strings.HasSuffix(got, "has not ended") {
				t.Errorf("the database has the comment %q", got)
			}
		})
	}
}

// dumpOf returns a plain dump, as pg_dump writes it, with these statements.
func dumpOf(statements string) []byte {
	return []byte("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.18\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\nSELECT pg_catalog.set_config('search_path', '', false);\n\n" +
		statements + "\n--\n-- PostgreSQL database dump complete\n--\n\n")
}

// TestTheMarkComesBack fails after SQL has replaced the mark, as a block in a dump or the config may.
func TestTheMarkComesBack(t *testing.T) {
	s := newServer(t)
	config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf("CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n" +
		"DO $$ begin execute 'comment on database ' || current_database() || ' is ''mine'''; end $$;\nSELECT 1/0;\n")})
	stdout, exit, stderr := s.run(t, config, "--yes", "--format", "json", "--progress", "none")
	if r := resultIn(t, stdout, stderr); exit != 3 || !strings.HasPrefix(s.comment(t), "drillgres: restore "+r.RunID+" began ") {
		t.Errorf("exit %d, and the database has the comment %q", exit, s.comment(t))
	}
}

// TestASignalLeavesTheMark interrupts a restore while it loads.
func TestASignalLeavesTheMark(t *testing.T) {
	for _, loader := range []string{"parallel", "client"} {
		t.Run(loader, func(t *testing.T) {
			s := newServer(t)
			// The load waits in the dump, and tells when.
			config := writeConfig(t, "", map[string][]byte{"shop.sql": dumpOf("CREATE TABLE public.begun ();\nSELECT pg_catalog.pg_sleep(600);\n")})
			p := program.StartArguments(t, config, []string{"restore", "shop", "--to", s.url(), "--yes", "--progress", "plain", "--loader", loader})
			p.Eventually(t, func() string {
				return s.ask(t, "select 1::text where to_regclass('public.begun') is not null union all select null limit 1")
			})
			if err := p.Cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			r, exit := p.Result(t, time.Minute)
			if exit != 130 || r.Failure == nil || r.Failure.Code != outcome.Interrupted || !strings.Contains(r.Failure.Hint, "drop the database") {
				t.Errorf("exit %d, %+v", exit, r.Failure)
			}
			if got := s.comment(t); !strings.HasPrefix(got, "drillgres: restore "+r.RunID) {
				t.Errorf("the database has the comment %q", got)
			}
			if strings.Contains(p.Stderr.String(), s.Password.Reveal()) {
				t.Error("the password is shown")
			}
		})
	}
}
