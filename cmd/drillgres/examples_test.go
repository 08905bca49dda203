package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/fixtures/repository"
)

const (
	root     = "../.."
	examples = root + "/docs/examples"
)

func TestExampleConfig(t *testing.T) {
	getenv := func(name string) (string, bool) { return "canary", name == "SESSION_KEY" }
	_, err := wiring.ConfigReader(getenv).Load(filepath.Join(examples, "drillgres.yaml"))
	if err != nil {
		t.Error(err)
	}
}

// TestExampleWorkflows lints the examples with actionlint, as make lint does with the
// repository's own workflows.
func TestExampleWorkflows(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "github-*.yml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%v, %q", err, files)
	}
	lint := repository.Tool(t, "actionlint")
	if out, err := exec.CommandContext(t.Context(), lint, files...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

var (
	inputsOf  = regexp.MustCompile(`(?s)uses: drillgres/drillgres/(\.github/actions/drill|\.github/workflows/restore-drill\.yml)@.*?with:(.*?)(?:\n\s*(?:env|secrets|deploy):|\z)`)
	inputName = regexp.MustCompile(`(?m)(?:^\s+|[{,] ?)([a-z-]+): `)
)

// TestExamplesUseExistingInputs compares the inputs in the examples with those of the
// action and the workflow, which actionlint does not.
func TestExamplesUseExistingInputs(t *testing.T) {
	found := 0
	for _, file := range glob(t, "github-*.yml") {
		for _, m := range inputsOf.FindAllStringSubmatch(read(t, file), -1) {
			taken := inputsTaken(t, m[1])
			for _, name := range inputName.FindAllStringSubmatch(m[2], -1) {
				found++
				if !taken[name[1]] {
					t.Errorf("%s: %s has no input %s", file, m[1], name[1])
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d inputs found", found)
	}
}

func inputsTaken(t *testing.T, what string) map[string]bool {
	t.Helper()
	var doc struct {
		Inputs map[string]any
		On     struct {
			WorkflowCall struct{ Inputs map[string]any } `yaml:"workflow_call"`
		}
	}
	if strings.HasSuffix(what, "drill") {
		what += "/action.yml"
	}
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(root, what))), &doc); err != nil {
		t.Fatal(err)
	}
	taken := map[string]bool{}
	for name := range doc.Inputs {
		taken[name] = true
	}
	for name := range doc.On.WorkflowCall.Inputs {
		taken[name] = true
	}
	return taken
}

var commandLine = regexp.MustCompile(`(?m)(?:/usr/local/bin/|- |\(| )drillgres ((?:run|check|gate) [^\n)` + "`" + `]*)`)

// TestExampleCommands checks that the flags of every command in the examples exist and
// accept their values.
func TestExampleCommands(t *testing.T) {
	found := 0
	for _, file := range glob(t, "*") {
		for _, m := range commandLine.FindAllStringSubmatch(read(t, file), -1) {
			line, _, _ := strings.Cut(m[1], " 2>")
			args := strings.Fields(strings.ReplaceAll(line, `"`, ""))
			root := newRoot(edges{stdout: io.Discard, stderr: io.Discard, getenv: os.LookupEnv})
			cmd, rest, err := root.Find(args)
			if cmd == root {
				if args[0] != "gate" {
					t.Errorf("%s: no such command: %s", file, line)
				}
				continue // it comes with the gate itself
			}
			found++
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err != nil {
				t.Errorf("%s: drillgres %s: %v", file, line, err)
			}
		}
	}
	if found < 3 {
		t.Errorf("only %d commands found", found)
	}
}

func TestExampleGitLab(t *testing.T) {
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(read(t, filepath.Join(examples, "gitlab-ci.yml"))), &doc); err != nil {
		t.Fatal(err)
	}
	for _, job := range []string{"restore-drill", "migrations", "gate", "deploy"} {
		if j, ok := doc[job].(map[string]any); !ok || j["script"] == nil || j["rules"] == nil {
			t.Errorf("%s is not a job: %v", job, doc[job])
		}
	}
}

// TestExampleUnits verifies the units with systemd, if it is installed.
func TestExampleUnits(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd-analyze")
	}
	dir := t.TempDir()
	for _, name := range []string{"drillgres.service", "drillgres.timer"} {
		// The program is not installed here.
		text := regexp.MustCompile(`ExecStart=/\S+`).ReplaceAllString(read(t, filepath.Join(examples, name)), "ExecStart=/bin/true")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(context.WithoutCancel(t.Context()), analyze, "verify", "--man=no",
		filepath.Join(dir, "drillgres.service"), filepath.Join(dir, "drillgres.timer")).CombinedOutput()
	if err != nil || strings.Contains(string(out), "drillgres.") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestActionsArePinned checks that every third-party action is pinned to the same full
// commit everywhere, with its version in a comment.
func TestActionsArePinned(t *testing.T) {
	use := regexp.MustCompile(`(?m)^\s*(?:- )?uses: (\S+)(?: (.*))?$`)
	pin := regexp.MustCompile(`^([\w/-]+)@[0-9a-f]{40}$`)
	seen := map[string]string{}
	files := glob(t, "github-*.yml")
	own, err := filepath.Glob(filepath.Join(root, ".github/workflows/*.yml"))
	if err != nil || len(own) < 4 {
		t.Fatalf("%v, %q", err, own)
	}
	for _, file := range append(append(files, own...), filepath.Join(root, ".github/actions/drill/action.yml")) {
		for _, m := range use.FindAllStringSubmatch(read(t, file), -1) {
			if strings.HasPrefix(m[1], "./") || strings.HasPrefix(m[1], "drillgres/") {
				continue
			}
			name := pin.FindStringSubmatch(m[1])
			if name == nil || !regexp.MustCompile(`^# v\d+\.\d+\.\d+`).MatchString(m[2]) {
				t.Errorf("%s: %s is not pinned to a commit, with its version", file, m[0])
				continue
			}
			if other := seen[name[1]]; other != "" && other != m[1]+m[2] {
				t.Errorf("%s: %s is pinned to something else elsewhere", file, m[1])
			}
			seen[name[1]] = m[1] + m[2]
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %q", err, files)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
