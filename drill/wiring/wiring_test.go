package wiring

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/fixtures/images"
)

const dump = `--
-- PostgreSQL database dump
--

-- Dumped from database version 15.18
-- Dumped by pg_dump version 15.18

CREATE TABLE public.t (
    id integer NOT NULL
);

COPY public.t (id) FROM stdin;
1
2
\.

--
-- PostgreSQL database dump complete
--

`

const several = 4

// wired returns a Wiring of several databases whose engine is at host, or the engine of
// this machine if host is empty.
func wired(t *testing.T, host, image string) *Wiring {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.sql"), []byte(dump), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "version: 1\nwork: {dir: work}\ndatabases:\n"
	for i := range several {
		text += fmt.Sprintf("  shop%d: {backup: {from: shop.sql}, postgres: {version: 15, image: %q}, restore: {profile: fast}}\n", i, image)
	}
	getenv := func(name string) (string, bool) {
		if name == "DOCKER_HOST" && host != "" {
			return host, true
		}
		return os.LookupEnv(name)
	}
	cfg, err := ConfigReader(getenv).Parse(filepath.Join(dir, "drillgres.yaml"), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(t.Context(), cfg, Options{Getenv: getenv, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// atOnce calls a function with a drill of each database, all at the same time.
func atOnce(t *testing.T, w *Wiring, do func(d drill.Drill)) {
	t.Helper()
	var all sync.WaitGroup
	for _, name := range w.Config.Names() {
		all.Go(func() {
			d, err := w.Drill(w.Config.Databases[name], DrillOptions{Backup: Latest})
			if err != nil {
				t.Error(err)
				return
			}
			do(d)
		})
	}
	all.Wait()
}

// TestDrillsAtTheSameTimeShareOneEngine checks, under the race detector, that each drill
// gets the engine before its stages start.
func TestDrillsAtTheSameTimeShareOneEngine(t *testing.T) {
	engine := startEngine(t)
	w := wired(t, engine.host, "none:15")
	atOnce(t, w, func(d drill.Drill) {
		if err := d.Preflight(t.Context()); err != nil {
			t.Error(err)
		}
		early := d.Provisioner.(drill.Beginner)
		early.Begin(t.Context())
		_, err := d.Provisioner.Provision(t.Context(), inspect.Needs{})
		if f := outcome.AsFailure(err); f == nil || f.Code != outcome.ImageUnavailable {
			t.Errorf("got %v", err)
		}
		early.Abandon(t.Context())
		d.CleanUp(t.Context())
	})
	atOnce(t, w, func(d drill.Drill) {
		if r := d.Run(t.Context()); r.Failure == nil || r.Failure.Code != outcome.ImageUnavailable || len(r.TellErrors) > 0 {
			t.Errorf("%s: %+v, %v", d.Database, r.Failure, r.TellErrors)
		}
	})
	if n := engine.sweeps.Load(); n != 1 {
		t.Errorf("connected to the engine %d times", n)
	}
	if past, err := w.History.List(t.Context(), record.Filter{}); err != nil || len(past) != several {
		t.Errorf("%d drills on record, %v", len(past), err)
	}
	if left, err := filepath.Glob(filepath.Join(w.workRoot, "*-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestDrillsInOneProcess drills several databases at the same time on a real engine.
func TestDrillsInOneProcess(t *testing.T) {
	w := wired(t, "", images.Postgres(t, "15"))
	atOnce(t, w, func(d drill.Drill) {
		r := d.Run(t.Context())
		if r.Verdict != outcome.VerdictPassed || len(r.Leftovers) > 0 || len(r.TellErrors) > 0 {
			t.Errorf("%s: %s, %+v, leftovers %v, %v", d.Database, r.Verdict, r.Failure, r.Leftovers, r.TellErrors)
		}
	})
}

// TestSecretsOfOneDrillAreHiddenInAnother checks that the result of a drill contains no
// secret of another drill of the process.
func TestSecretsOfOneDrillAreHiddenInAnother(t *testing.T) {
	w := wired(t, startEngine(t).host, "none:15")
	var drills [2]drill.Drill
	for i := range drills {
		var err error
		if drills[i], err = w.Drill(w.Config.Databases[fmt.Sprintf("shop%d", i)], DrillOptions{Backup: Latest}); err != nil {
			t.Fatal(err)
		}
		defer drills[i].CleanUp(t.Context())
	}
	drills[0].Redactor.Add(canary)
	if got := drills[1].Redactor.Text("FATAL: " + canary); strings.Contains(got, canary) {
		t.Error(got)
	}
}

// TestAReleaseMayAllowAnOlderBackup checks that a gate that allows more than backup.max_age
// is not refused by the drill, and that one that allows less does not change the drill.
func TestAReleaseMayAllowAnOlderBackup(t *testing.T) {
	w := wired(t, startEngine(t).host, "none:15")
	for _, c := range []struct{ own, release, want time.Duration }{
		{26 * time.Hour, 0, 26 * time.Hour}, {26 * time.Hour, time.Hour, 26 * time.Hour}, {26 * time.Hour, 72 * time.Hour, 72 * time.Hour}, {0, time.Hour, 0},
	} {
		db := *w.Config.Databases["shop0"]
		db.Backup.MaxAge = config.Duration(c.own)
		d, err := w.Drill(&db, DrillOptions{Gate: true, MaxAge: c.release})
		if err != nil {
			t.Fatal(err)
		}
		defer d.CleanUp(t.Context())
		if located := d.Locator.(Locator).Rules.MaxAge; located != c.want || d.Policy.MaxAge != c.want {
			t.Errorf("%+v: located with %s, inspected with %s", c, located, d.Policy.MaxAge)
		}
	}
}

func TestAnUnreachableEngineIsAskedOnce(t *testing.T) {
	var tries atomic.Int64
	c := newConnection(func(context.Context) (*machine, error) {
		tries.Add(1)
		return nil, outcome.Fail(outcome.EngineUnreachable, "no answer")
	})
	var all sync.WaitGroup
	for range several {
		all.Go(func() {
			if _, err := c.get(t.Context()); outcome.AsFailure(err).Code != outcome.EngineUnreachable {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if tries.Load() != 1 {
		t.Errorf("asked %d times", tries.Load())
	}
	c.tried = c.tried.Add(-retryAfter)
	if _, err := c.get(t.Context()); err == nil || tries.Load() != 2 {
		t.Errorf("a worker's later drill asked %d times, %v", tries.Load(), err)
	}
}

// TestACancelledDrillLeavesTheEngineToOthers checks that a cancelled drill does not make
// another one fail, and does not wait for one.
func TestACancelledDrillLeavesTheEngineToOthers(t *testing.T) {
	stopped := errors.New("stopped")
	began := make(chan struct{})
	first := true
	c := newConnection(func(ctx context.Context) (*machine, error) {
		if !first {
			return &machine{total: 1}, nil
		}
		first = false
		close(began)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	})
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error)
	go func() {
		_, err := c.get(ctx)
		ended <- err
	}()
	<-began
	late, cancelLate := context.WithCancelCause(t.Context())
	cancelLate(stopped)
	if _, err := c.get(late); !errors.Is(err, stopped) {
		t.Errorf("waited for another drill: %v", err)
	}
	cancel(stopped)
	if err := <-ended; !errors.Is(err, stopped) {
		t.Error(err)
	}
	if m, err := c.get(t.Context()); err != nil || m.total != 1 {
		t.Errorf("a cancelled drill is in the way of the next: %v", err)
	}
}

// fakeEngine is an engine that answers and has no images.
type fakeEngine struct {
	host   string
	sweeps atomic.Int64 // one for each connection
}

func startEngine(t *testing.T) *fakeEngine {
	t.Helper()
	e := &fakeEngine{}
	answers := map[string]string{
		"/info": `{"ID": "fake", "MemTotal": 1073741824}`, "/containers/json": `[]`, "/volumes": `{"Volumes": []}`, "/networks": `[]`,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		w.Header().Set("Content-Type", "application/json")
		for path, answer := range answers {
			if strings.HasSuffix(r.URL.Path, path) {
				if path == "/volumes" {
					e.sweeps.Add(1)
				}
				_, _ = fmt.Fprint(w, answer)
				return
			}
		}
		if !strings.HasSuffix(r.URL.Path, "/_ping") {
			w.WriteHeader(http.StatusNotFound)
			_, _ = fmt.Fprint(w, `{"message": "no such image"}`)
		}
	}))
	t.Cleanup(server.Close)
	e.host = "tcp://" + server.Listener.Addr().String()
	return e
}

// TestSandboxesOutliveTheLongestDrill checks that the longest deadline of any database
// counts: after it another machine takes the sandbox for that of a dead run.
func TestSandboxesOutliveTheLongestDrill(t *testing.T) {
	const text = "version: 1\ndatabases:\n  crm: {backup: {from: x}, postgres: {version: 15}}\n  shop: {backup: {from: x}, postgres: {version: 15}, verify: {integrity_within: 100h}}\n"
	cfg, err := ConfigReader(os.LookupEnv).Parse("drillgres.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := LongestDrill(cfg); got < drill.Longest(nil)+100*time.Hour {
		t.Errorf("%s, but verify alone may take 100h longer than %s", got, drill.Longest(nil))
	}
}
