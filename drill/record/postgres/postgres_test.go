package postgres

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
)

const canary = "canary-90817263"

func TestConformance(t *testing.T) {
	srv := start(t)
	recordtest.Run(t, func(t *testing.T) recordtest.Opener {
		url := srv.url(srv.schema(t))
		return func(t testing.TB) *record.History {
			h, _ := open(t, url)
			return h
		}
	})
}

// TestManyProcesses lets several processes create and write one history.
func TestManyProcesses(t *testing.T) {
	const children, perChild = 3, 10
	if url := os.Getenv("DRILLGRES_TEST_HISTORY"); url != "" {
		h, _ := open(t, url)
		for i := range perChild {
			recordtest.Tell(t, h, recordtest.Drill(fmt.Sprintf("%s-%d", os.Getenv("DRILLGRES_TEST_CHILD"), i), "shop", outcome.VerdictPassed, float64(i)))
		}
		return
	}
	srv := start(t)
	url := srv.url(srv.schema(t))
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range children {
		wg.Go(func() {
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestManyProcesses$")
			cmd.Env = append(os.Environ(), "DRILLGRES_TEST_HISTORY="+url, fmt.Sprintf("DRILLGRES_TEST_CHILD=%d", i))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", i, err, out)
			}
		})
	}
	wg.Wait()
	h, _ := open(t, url)
	if got := len(strings.Fields(recordtest.Listed(t, h, record.Filter{}))); got != children*perChild {
		t.Errorf("%d recorded drills, want %d", got, children*perChild)
	}
}

func TestRefusesForeignAndNewerTables(t *testing.T) {
	srv := start(t)
	for name, c := range map[string]struct {
		before []string
		want   string
		hint   string
	}{
		"another program's log":     {[]string{"create table %s.restore_drill_log (id int)"}, "already exists", "search_path"},
		"another program's version": {[]string{"create table %s.restore_drill_version (v text)"}, "does not exist", "search_path"},
		"a newer drillgres": {[]string{
			"create table %s.restore_drill_version (version_id bigint, is_applied boolean)",
			"insert into %s.restore_drill_version values (99, true)",
		}, "newer drillgres", ""},
	} {
		schema := srv.schema(t)
		for _, statement := range c.before {
			srv.run(t, fmt.Sprintf(statement, schema))
		}
		h, _ := open(t, srv.url(schema))
		err := h.Tell(t.Context(), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
		want(t, err, c.want)
		if f := outcome.AsFailure(err); f.Code != outcome.HistoryUnavailable || !strings.Contains(f.Remedy(), c.hint) {
			t.Errorf("%s: %s, hint: %s", name, f.Code, f.Remedy())
		}
		var tables int
		row := srv.admin.QueryRow(t.Context(), "select count(*) from pg_tables where schemaname = $1 and tablename = 'restore_drill_accepted'", schema)
		if err := row.Scan(&tables); err != nil || tables != 0 {
			t.Errorf("%s: tables were created: %v", name, err)
		}
	}
}

// TestPrivileges checks that a role that may select can read, that a role that may
// also insert can record, and that neither can change a recorded drill.
func TestPrivileges(t *testing.T) {
	srv := start(t)
	schema := srv.schema(t)
	srv.run(t,
		"create role history_reader login password '"+canary+"'", "create role history_writer login password '"+canary+"'",
		"grant usage on schema "+schema+" to history_reader, history_writer")
	defer srv.run(t, "drop owned by history_reader, history_writer", "drop role history_reader, history_writer")
	as := func(user string) *record.History {
		other := *srv
		other.user, other.password = user, canary
		h, _ := open(t, other.url(schema))
		return h
	}
	early := as("history_writer").Tell(t.Context(), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
	want(t, early, "permission denied for schema")

	owner, _ := open(t, srv.url(schema))
	recordtest.Tell(t, owner, recordtest.Drill("a", "shop", outcome.VerdictPassed, 0), recordtest.Drifted("b", "shop", 1))
	srv.run(t,
		"grant select on all tables in schema "+schema+" to history_reader, history_writer",
		"grant insert on "+schema+".restore_drill_log to history_writer",
		"grant insert, update on "+schema+".restore_drill_accepted to history_writer")

	reader := as("history_reader")
	if got := recordtest.Listed(t, reader, record.Filter{}); got != "b a" {
		t.Errorf("the reader lists %q", got)
	}
	for _, err := range []error{reader.Tell(t.Context(), recordtest.Drill("c", "shop", outcome.VerdictPassed, 2)), reader.Check(t.Context())} {
		want(t, err, "permission denied for table restore_drill_log", "42501")
		if hint := outcome.AsFailure(err).Remedy(); !strings.Contains(hint, "docs/history.md") {
			t.Errorf("hint: %s", hint)
		}
	}
	writer := as("history_writer")
	if err := writer.Check(t.Context()); err != nil {
		t.Error(err)
	}
	recordtest.Tell(t, writer, recordtest.Drill("c", "shop", outcome.VerdictPassed, 2))
	recordtest.Accept(t, writer, "b", "shop", "intended", recordtest.Noon)
	recordtest.Accept(t, writer, "b", "shop", "intended, again", recordtest.Noon.Add(time.Second))
}

func TestNeverPrintsThePassword(t *testing.T) {
	srv := start(t)
	for name, c := range map[string]struct{ url, want string }{
		"wrong password":   {"postgres://" + srv.user + ":" + canary + "@" + srv.address + "/postgres?sslmode=disable", "password authentication failed"},
		"no such user":     {"postgres://nobody:" + canary + "@" + srv.address + "/postgres?sslmode=disable", "password authentication failed"},
		"no TLS there":     {"postgres://" + srv.user + ":" + canary + "@" + srv.address + "/postgres?sslmode=require", "TLS"},
		"not listening":    {"postgres://u:" + canary + "@127.0.0.1:1/d", "connection refused"},
		"unknown sslmode":  {"postgres://u:" + canary + "@h/d?sslmode=" + "maybe", "sslmode"},
		"not a number":     {"postgres://u:" + canary + "@h/d?connect_timeout=soon", "connect_timeout"},
		"not encoded":      {"postgres://u:" + canary + "/x@h/d", "record.history"},
		"bad percent":      {"postgres://u:" + canary + "%zz@h/d", "record.history"},
		"bad root of CAs":  {"postgres://u:" + canary + "@h/d?sslmode=verify-full&sslrootcert=/none", "/none"},
		"password of keys": {"postgres://u@h/d?sslmode=maybe&password=" + canary, "sslmode"},
	} {
		s, err := New(c.url)
		if err == nil {
			defer s.Close()
			err = record.New(s, "h").Tell(t.Context(), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
		}
		want(t, err, c.want)
		f := outcome.AsFailure(err)
		printed := fmt.Sprintf("%v %+v %#v %s %+v", err, err, err, f.Remedy(), *f)
		if strings.Contains(printed, canary) {
			t.Errorf("%s: the password is in %s", name, printed)
		}
		t.Logf("%s: %v (hint: %s)", name, err, f.Remedy())
	}
}

// TestServerThatGoesAway loses its server between two statements: the error has a
// code and comes within the deadline, and the history works again once the server
// is back.
func TestServerThatGoesAway(t *testing.T) {
	srv := start(t)
	schema := srv.schema(t)
	zerolog.SetGlobalLevel(zerolog.Disabled)
	wire := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "pg", "127.0.0.1:0", srv.address)
	if err := wire.Start(); err != nil {
		t.Fatal(err)
	}
	defer wire.Stop()
	behind := *srv
	behind.address = wire.Listen
	h, s := open(t, behind.url(schema))
	s.answer = time.Second
	recordtest.Tell(t, h, recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))

	if _, err := wire.Toxics.AddToxicJson(bytes.NewReader([]byte(`{"type": "timeout", "attributes": {"timeout": 0}}`))); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	err := h.Tell(t.Context(), recordtest.Drill("b", "shop", outcome.VerdictPassed, 1))
	want(t, err, "the server did not answer in time")
	if f := outcome.AsFailure(err); f.Code != outcome.HistoryUnavailable {
		t.Errorf("%s: %v", f.Code, err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %s to give up", took)
	}
	wire.Toxics.ResetToxics(t.Context())
	recordtest.Tell(t, h, recordtest.Drill("c", "shop", outcome.VerdictPassed, 2))
	srv.run(t, "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'drillgres'")
	recordtest.Tell(t, h, recordtest.Drill("d", "shop", outcome.VerdictPassed, 3))
	if got := recordtest.Listed(t, h, record.Filter{}); got != "d c a" && got != "d c b a" {
		t.Errorf("lists %q", got)
	}
}

// TestServerThatIsDownAtFirst checks that the history works once the server is up.
func TestServerThatIsDownAtFirst(t *testing.T) {
	srv := start(t)
	schema := srv.schema(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down := *srv
	down.address = l.Addr().String()
	l.Close()
	h, _ := open(t, down.url(schema))
	want(t, h.Tell(t.Context(), recordtest.Drill("a", "shop", outcome.VerdictPassed, 0)), "connection refused")

	zerolog.SetGlobalLevel(zerolog.Disabled)
	wire := toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), "pg", down.address, srv.address)
	if err := wire.Start(); err != nil {
		t.Fatal(err)
	}
	defer wire.Stop()
	recordtest.Tell(t, h, recordtest.Drill("a", "shop", outcome.VerdictPassed, 0))
}

// TestTheTableIsForDashboards runs the SQL in docs/history.md.
func TestTheTableIsForDashboards(t *testing.T) {
	srv := start(t)
	schema := srv.schema(t)
	h, _ := open(t, srv.url(schema))
	r := recordtest.Drill("a", "shop", outcome.VerdictPassed, 0)
	r.Times.Recovery = 42.5
	recordtest.Tell(t, h, r)
	page, err := os.ReadFile("../../../docs/history.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(page), "```sql\n")[1:]
	if len(blocks) < 2 {
		t.Fatalf("found only %d blocks of SQL", len(blocks))
	}
	srv.run(t, "set search_path to "+schema, "create role drill_runner", "create role dashboards")
	defer srv.run(t, "reset search_path", "drop owned by drill_runner, dashboards", "drop role drill_runner, dashboards")
	for _, block := range blocks {
		sql, _, _ := strings.Cut(block, "```")
		srv.run(t, strings.ReplaceAll(sql, "schema public", "schema "+schema))
	}
}
