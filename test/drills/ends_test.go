package drills

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestKeep keeps the sandbox, says how to look inside, and clean removes it.
func TestKeep(t *testing.T) {
	t.Parallel()
	config := program.ShopConfig(t, "")
	_, exit, stderr := program.Drill(t, "--config", config, "--keep")
	if exit != 0 || !strings.Contains(stderr, "docker exec") || !strings.Contains(stderr, "drillgres clean") {
		t.Errorf("exit %d, stderr:\n%s", exit, stderr)
	}
	if len(program.Leftovers(t, config)) == 0 {
		t.Fatal("nothing was kept")
	}
	program.Drill(t, "--config", program.ShopConfig(t, ""))
	if len(program.Leftovers(t, config)) == 0 {
		t.Error("the next drill swept what was kept")
	}
	if out, exit, stderr := program.Run(t.Context(), t, "clean", "--config", config); exit != 0 || len(program.Leftovers(t, config)) > 0 {
		t.Errorf("clean, exit %d: %s%s; left %q", exit, out, stderr, program.Leftovers(t, config))
	}
}

// TestEngineUnreachable asks for an engine that does not answer, while another
// one would.
func TestEngineUnreachable(t *testing.T) {
	t.Parallel()
	config := program.ShopConfig(t, "")
	cmd := exec.CommandContext(t.Context(), program.Binary(t), "run", "--format", "json", "--progress", "none", "--config", config)
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
