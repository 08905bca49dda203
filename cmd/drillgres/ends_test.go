package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/backups"
	"github.com/drillgres/drillgres/fixtures/images"
)

// slowConfig is a drill whose restore takes minutes.
func slowConfig(t *testing.T) string {
	t.Helper()
	config := localConfig(t, "")
	dump := []byte("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.1\n-- Dumped by pg_dump version 15.1\n\n" +
		"CREATE TABLE public.t (id integer);\nCOPY public.t (id) FROM stdin;\n1\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n")
	slow := backups.BeforeTrailer("SELECT pg_sleep(600);")(dump)
	backup := filepath.Join(filepath.Dir(config), "backups", "shop.dump")
	if err := os.WriteFile(backup, slow, 0o600); err != nil {
		t.Fatal(err)
	}
	return config
}

// living is a drill in a process of its own.
type living struct {
	cmd    *exec.Cmd
	stdout bytes.Buffer
	stderr *bytes.Buffer
}

func start(t *testing.T, args ...string) *living {
	t.Helper()
	l := &living{stderr: new(bytes.Buffer)}
	l.cmd = exec.CommandContext(t.Context(), "drillgres", append([]string{"run", "--format", "json", "--progress", "plain"}, args...)...)
	l.cmd.Stdout, l.cmd.Stderr = &l.stdout, l.stderr
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.cmd.Process.Kill() })
	return l
}

func (l *living) result(t *testing.T) (r outcome.Result, exit int) {
	t.Helper()
	_ = l.cmd.Wait() // the exit code is looked at
	if err := json.Unmarshal(l.stdout.Bytes(), &r); err != nil {
		t.Fatalf("no result: %q\n%s", l.stdout.String(), l.stderr.String())
	}
	return r, l.cmd.ProcessState.ExitCode()
}

// restoring waits until the drill of a config is in its restore, and gives
// the id of its Postgres container.
func restoring(t *testing.T, config string) string {
	t.Helper()
	root := filepath.Join(filepath.Dir(config), "work")
	return eventually(t, func() string {
		for _, id := range engineList(t, "ps", "-q", "--filter", "label=io.drillgres.root="+root) {
			out, err := exec.CommandContext(t.Context(), "docker", "exec", id, "psql", "-U", "drillgres", "-d", "postgres", "-Atc",
				"select count(*) from pg_stat_activity where query like '%pg_sleep%' and pid <> pg_backend_pid()").Output()
			if err == nil && strings.TrimSpace(string(out)) == "1" {
				return id
			}
		}
		return ""
	})
}

func eventually(t *testing.T, probe func() string) string {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		if found := probe(); found != "" {
			return found
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatal("waited a minute for nothing")
	return ""
}

// left are the containers and volumes that drills of a config have left.
func left(t *testing.T, config string) []string {
	t.Helper()
	label := "label=io.drillgres.root=" + filepath.Join(filepath.Dir(config), "work")
	return append(engineList(t, "ps", "-aq", "--filter", label), engineList(t, "volume", "ls", "-q", "--filter", label)...)
}

// nothingLeft looks for itself, whatever the results say.
func nothingLeft(t *testing.T, config string) {
	t.Helper()
	if l := left(t, config); len(l) > 0 {
		t.Errorf("left on the engine: %q", l)
	}
}

func engineList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "docker", args...).Output()
	if err != nil {
		t.Fatalf("docker %s: %v", strings.Join(args, " "), err)
	}
	return strings.Fields(string(out))
}

// TestSignals interrupts real processes in the middle of a restore: the drill
// is unproved, not failed, and nothing is left.
func TestSignals(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			config := slowConfig(t)
			l := start(t, "--config", config)
			restoring(t, config)
			if err := l.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			r, exit := l.result(t)
			if r.Verdict != outcome.VerdictUnproved || r.Failure == nil || r.Failure.Code != outcome.Interrupted || exit != 130 {
				t.Errorf("%s, exit %d, %+v", r.Verdict, exit, r.Failure)
			}
			if l := left(t, config); len(l) > 0 || len(r.Leftovers) > 0 {
				t.Errorf("left %q, leftovers %q", l, r.Leftovers)
			}
			if files, _ := os.ReadDir(filepath.Join(filepath.Dir(config), "work", r.RunID)); len(files) > 0 {
				t.Errorf("files left: %v", files)
			}
		})
	}
}

// TestKillIsSweptByTheNextDrill kills a drill that can clean up nothing: the
// next one removes what it left, and leaves a living drill alone.
func TestKillIsSweptByTheNextDrill(t *testing.T) {
	images.NeedEngine(t)
	living, dead := slowConfig(t), slowConfig(t)
	alive := start(t, "--config", living)
	bystander := restoring(t, living)

	l := start(t, "--config", dead)
	restoring(t, dead)
	if err := l.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = l.cmd.Wait() // it was killed
	if len(left(t, dead)) == 0 {
		t.Fatal("the killed drill left nothing: nothing is tested")
	}

	// The next drill of any config, though its backup is missing.
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
	if _, exit := alive.result(t); exit != 130 {
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

// TestSandboxLost takes the server away in the middle of a restore.
func TestSandboxLost(t *testing.T) {
	for _, how := range []string{"kill", "pause"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			config := slowConfig(t)
			l := start(t, "--config", config)
			id := restoring(t, config)
			if out, err := exec.CommandContext(t.Context(), "docker", how, id).CombinedOutput(); err != nil {
				t.Fatalf("docker %s: %v\n%s", how, err, out)
			}
			r, exit := l.result(t)
			if r.Failure == nil || r.Failure.Code != outcome.SandboxLost || r.Failure.Stage != outcome.Restore || exit != 5 {
				t.Errorf("exit %d, %+v", exit, r.Failure)
			}
			if l := left(t, config); len(l) > 0 {
				t.Errorf("left %q", l)
			}
		})
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
