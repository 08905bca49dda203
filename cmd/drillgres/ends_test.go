package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/backups"
	"github.com/drillgres/drillgres/fixtures/images"
)

// TestSweepSparesTheLiving kills one drill beside another: the next drill, of
// any config, removes what is left of the one and leaves the other alone.
func TestSweepSparesTheLiving(t *testing.T) {
	images.NeedEngine(t)
	living, dead := restoring(t).config, restoring(t).config
	alive := start(t, living)
	bystander := alive.sleeping(t)

	l := start(t, dead)
	l.sleeping(t)
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.end(t, time.Minute)
	if len(left(t, dead)) == 0 {
		t.Fatal("the killed drill left nothing: nothing is tested")
	}

	next := localConfig(t, "    restore: {timeout: 1m}\n")
	if err := os.Remove(filepath.Join(filepath.Dir(next), "backups", "shop.dump")); err != nil {
		t.Fatal(err)
	}
	drilled(t, "--config", next)
	if l := left(t, dead); len(l) > 0 {
		t.Errorf("not swept: %q", l)
	}
	if ids := engineList(t, "ps", "-q", "--filter", "id="+bystander); len(ids) != 1 {
		t.Error("the living drill's container was swept")
	}
	if err := alive.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, exit := alive.result(t, time.Minute); exit != 130 {
		t.Errorf("the living drill ended with %d", exit)
	}
}

// TestKeep keeps the sandbox, says how to look inside, and clean removes it.
func TestKeep(t *testing.T) {
	config := localConfig(t, "")
	_, exit, stderr := drilled(t, "--config", config, "--keep")
	if exit != 0 || !strings.Contains(stderr, "docker exec") || !strings.Contains(stderr, "drillgres clean") {
		t.Errorf("exit %d, stderr:\n%s", exit, stderr)
	}
	if len(left(t, config)) == 0 {
		t.Fatal("nothing was kept")
	}
	drilled(t, "--config", localConfig(t, ""))
	if len(left(t, config)) == 0 {
		t.Error("the next drill swept what was kept")
	}
	if out, exit, stderr := program(t.Context(), "clean", "--config", config); exit != 0 || len(left(t, config)) > 0 {
		t.Errorf("clean, exit %d: %s%s; left %q", exit, out, stderr, left(t, config))
	}
}

// TestEngineUnreachable asks for an engine that does not answer, while another
// one would.
func TestEngineUnreachable(t *testing.T) {
	config := localConfig(t, "")
	cmd := exec.CommandContext(context.Background(), "drillgres", "run", "--format", "json", "--progress", "none", "--config", config)
	cmd.Env = append(os.Environ(), "DOCKER_HOST=tcp://127.0.0.1:1")
	out, _ := cmd.Output() // the exit code is looked at
	var r outcome.Result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("no result: %q", out)
	}
	if r.Failure == nil || r.Failure.Code != outcome.EngineUnreachable || cmd.ProcessState.ExitCode() != 5 || r.Verdict != outcome.VerdictUnproved {
		t.Errorf("exit %d, %s, %+v", cmd.ProcessState.ExitCode(), r.Verdict, r.Failure)
	}
}

// TestClientTooOld drills a dump that a patched pg_dump wrapped in \restrict on
// an image whose psql does not know it.
func TestClientTooOld(t *testing.T) {
	made := newProductions(t)
	c := backups.Case{Name: "restrict", Major: "13", SQL: "create table t (id integer); insert into t values (1)"}
	config, err := c.Make(t.Context(), made.of("13"), images.Postgres(t, "13-unpatched"), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, exit, _ := drilled(t, "--config", config)
	if r.Failure == nil || r.Failure.Code != outcome.ClientTooOld || exit != 5 {
		t.Errorf("exit %d, %+v", exit, r.Failure)
	}
}
