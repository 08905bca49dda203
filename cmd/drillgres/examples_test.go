package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
			if parses(t, file, strings.Fields(strings.ReplaceAll(line, `"`, ""))) {
				found++
			}
		}
	}
	if found < 6 {
		t.Errorf("only %d commands found", found)
	}
}

// parses checks that a command's flags exist and accept their values. It returns false if the
// command does not exist, which only the gate's may.
func parses(t *testing.T, file string, args []string) bool {
	t.Helper()
	root := newRoot(edges{stdout: io.Discard, stderr: io.Discard, getenv: os.LookupEnv})
	cmd, rest, err := root.Find(args)
	if cmd == root {
		if args[0] != "gate" {
			t.Errorf("%s: no such command: %q", file, args)
		}
		return false // it comes with the gate itself
	}
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err != nil {
		t.Errorf("%s: drillgres %q: %v", file, args, err)
	}
	return true
}

// cronJob is the part of a CronJob that TestExampleKubernetes reads.
type cronJob struct {
	Kind string
	Data map[string]string // of a ConfigMap
	Spec struct {
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				BackoffLimit *int `yaml:"backoffLimit"`
				Template     struct {
					Spec struct {
						RestartPolicy  string      `yaml:"restartPolicy"`
						InitContainers []container `yaml:"initContainers"`
						Containers     []container
						Volumes        []struct{ Name string }
					}
				}
			}
		} `yaml:"jobTemplate"`
	}
}

type container struct {
	Name          string
	RestartPolicy string `yaml:"restartPolicy"`
	Args          []string
	Env           []struct{ Name, Value string }
	VolumeMounts  []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

// mounts returns where a container mounts each volume.
func (c container) mounts() map[string]string {
	paths := map[string]string{}
	for _, m := range c.VolumeMounts {
		paths[m.Name] = m.MountPath
	}
	return paths
}

// TestExampleKubernetes reads the manifest: its config is valid, its commands exist, and no
// drill runs twice.
func TestExampleKubernetes(t *testing.T) {
	const file = examples + "/kubernetes.yaml"
	decoder, jobs := yaml.NewDecoder(strings.NewReader(read(t, file))), 0
	for {
		var doc cronJob
		if err := decoder.Decode(&doc); err != nil {
			break // io.EOF, or the number of jobs is wrong below
		}
		if text := doc.Data["drillgres.yaml"]; text != "" {
			if _, err := wiring.ConfigReader(os.LookupEnv).Parse(filepath.Join(t.TempDir(), "drillgres.yaml"), []byte(text)); err != nil {
				t.Error(err)
			}
		}
		if doc.Kind != "CronJob" {
			continue
		}
		jobs++
		job, pod := doc.Spec.JobTemplate.Spec, doc.Spec.JobTemplate.Spec.Template.Spec
		if doc.Spec.ConcurrencyPolicy != "Forbid" || job.BackoffLimit == nil || *job.BackoffLimit != 0 || pod.RestartPolicy != "Never" {
			t.Errorf("a drill could run twice: %+v", doc.Spec)
		}
		drillgres := pod.Containers[0]
		parses(t, file, drillgres.Args)
		for _, engine := range pod.InitContainers {
			checkSidecar(t, engine, drillgres)
		}
		for _, c := range append(pod.InitContainers, pod.Containers...) {
			for name := range c.mounts() {
				if !slices.ContainsFunc(pod.Volumes, func(v struct{ Name string }) bool { return v.Name == name }) {
					t.Errorf("%s mounts %s, which is not a volume", c.Name, name)
				}
			}
		}
	}
	if jobs != 2 {
		t.Errorf("%d jobs", jobs)
	}
}

// checkSidecar checks that the engine is a sidecar, and that drillgres finds its socket and
// the work directory where the engine has them.
func checkSidecar(t *testing.T, engine, drillgres container) {
	t.Helper()
	socket := drillgres.Env[0].Value
	if engine.RestartPolicy != "Always" || !slices.Contains(engine.Args, "--host="+socket) || !strings.HasPrefix(socket, "unix://"+drillgres.mounts()["engine"]+"/") {
		t.Errorf("the engine is not a sidecar, or listens elsewhere than at %s: %+v", socket, engine)
	}
	for _, shared := range []string{"engine", "work"} {
		if path := engine.mounts()[shared]; path == "" || path != drillgres.mounts()[shared] {
			t.Errorf("%s: %q in the engine, %q in drillgres", shared, path, drillgres.mounts()[shared])
		}
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
