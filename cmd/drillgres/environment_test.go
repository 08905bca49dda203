package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestUnusableWorkDirectory checks that a work directory that cannot be written is a
// matter of this machine.
func TestUnusableWorkDirectory(t *testing.T) {
	config := filepath.Join(t.TempDir(), "drillgres.yaml")
	text := "version: 1\nwork: {dir: drillgres.yaml/work}\ndatabases:\n  shop: {backup: {from: .}, postgres: {version: \"15\"}}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"run", "doctor"} {
		stdout, exit, stderr := runProgram(t.Context(), command, "--config", config)
		if exit != outcome.WorkDirUnusable.Class().ExitCode() && command == "run" || !strings.Contains(stdout+stderr, "work.dir") || !strings.Contains(stdout+stderr, "make work directory") {
			t.Errorf("%s: exit %d\n%s%s", command, exit, stdout, stderr)
		}
	}
}

// TestMasksOnlyInTheRunnersLog runs the program as a step of a workflow with its stderr
// in a file, in a pipe to another process, and as the step itself.
func TestMasksOnlyInTheRunnersLog(t *testing.T) {
	config := program.WriteConfig(t, "version: 1\ndatabases:\n  shop: {backup: {from: .}, postgres: {version: \"15\"}, app: {image: shop, port: 80, env: {A: \"${A}\", B: \"${GITHUB_TOKEN}\"}}}\n")
	binary := program.Binary(t)
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("the parent's files cannot be listed here")
	}
	dir := t.TempDir()
	script := func(line string) (log, file string) {
		name := filepath.Join(dir, "f")
		cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
		cmd.Env = append(os.Environ(), "GITHUB_ACTIONS=true", "GITHUB_OUTPUT=", "GITHUB_STEP_SUMMARY=", "A=canary-of-the-config", "GITHUB_TOKEN=canary-of-github", "AWS_SECRET_ACCESS_KEY=canary-of-aws", "F="+name)
		out, _ := cmd.CombinedOutput()
		text, _ := os.ReadFile(name)
		_ = os.Remove(name)
		return string(out), string(text)
	}
	validate := fmt.Sprintf("%s config validate --config %s", binary, config)
	for line, masked := range map[string]bool{
		validate:                      true,
		"exec " + validate:            true,
		validate + " 2>$F":            false,
		validate + " 2>&1 | tee $F":   false,
		"exec 2>$F; exec " + validate: false,
		binary + " version 2>$F":      false,
		binary + " version":           false,
	} {
		log, file := script(line)
		for _, secret := range []string{"canary-of-the-config", "canary-of-aws"} {
			if got := strings.Contains(log, "::add-mask::"+secret); got != masked || strings.Contains(file, "canary") {
				t.Errorf("%s: %s masked: %t, want %t\nlog:\n%s\nfile:\n%s", line, secret, got, masked, log, file)
			}
		}
		if strings.Contains(log, "canary-of-github") {
			t.Errorf("%s: GitHub's own token is printed", line)
		}
	}
}

// TestDashIsStdout checks that stdout gets one document.
func TestDashIsStdout(t *testing.T) {
	_, config := twoBackups(t)
	stdout, exit, _ := runProgram(t.Context(), "check", "--config", config, "-o", "-")
	checkedDocument(t, []byte(stdout))
	if exit != 3 {
		t.Errorf("exit %d", exit)
	}
	if stdout, _, _ = runProgram(t.Context(), "check", "--config", config, "--junit", "-"); !strings.HasPrefix(stdout, "<?xml") {
		t.Errorf("JUnit: %s", stdout)
	}
	if _, exit, stderr := runProgram(t.Context(), "check", "--config", config, "--junit", "-", "--format", "json"); exit != 2 || !strings.Contains(stderr, "stdout is for the JSON result") {
		t.Errorf("both: exit %d, %s", exit, stderr)
	}
	if _, err := os.Stat("-"); err == nil {
		t.Error("a file named - was written")
	}
}
