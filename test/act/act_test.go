package act

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/program"
	"github.com/drillgres/drillgres/fixtures/repository"
)

// callers is where in the repository the workflows are that use the action and
// the reusable workflow as a team would.
const callers = "test/act/testdata/actions/"

var all = flag.String("act", "some", "which workflows to run: some, or all")

// TestWorkflows runs the action and the reusable workflow, as they stand, by
// act, on real drills. What GitHub does itself is stood for by the actions in
// testdata/actions.
func TestWorkflows(t *testing.T) {
	needAct(t)
	program.BuildShop(t)
	passing := program.ShopConfig(t, program.ShopApp+"      ready: {http: /healthz, within: 30s}\n")
	failing := program.ShopConfig(t, "    verify:\n      queries:\n        - {name: no orders, sql: select count(*) from orders, expect: value == 0}\n")
	gated := program.ShopConfig(t, program.ShopApp+"      ready: {http: /healthz, within: 30s}\n      smoke: [{name: orders, http: {get: /orders}}]\n    migrate: {command: [migrate, up]}\n")
	program.BuildShop(t, "candidate-good", "candidate-drops")
	broken := program.WriteConfig(t, "version: 1\ndatabases:\n  shop: {backup: {from: .}, postgres: {version: \"15\", imagge: x}}\n")
	tests := []struct {
		name     string
		vars     map[string]string // COMMAND, CONFIG and what a gate wants besides
		holds    bool
		verdict  outcome.Verdict
		code     outcome.Code
		summary  []string
		annotate []string // command, where, title and message
	}{
		{
			"a drill that passes",
			map[string]string{"COMMAND": "run", "CONFIG": passing},
			true, outcome.VerdictPassed, "",
			[]string{"## ✅ PASSED shop\n", "| app | passed |"},
			[]string{"warning 5 shop: role_created the backup does not contain roles"},
		},
		{
			"a drill that fails",
			map[string]string{"COMMAND": "run", "CONFIG": failing},
			false, outcome.VerdictFailed, outcome.QueryFailed,
			[]string{"## ❌ FAILED shop\n", "| verify | **FAILED** |", "**hint:**"},
			[]string{"error 8 shop: no orders expected value == 0, saw 1000"},
		},
		{
			"a release that may go out",
			map[string]string{"COMMAND": "gate", "CONFIG": gated, "CANDIDATE": "drillgres-fixture/shop:candidate-good"},
			true, outcome.VerdictPassed, "",
			[]string{"# ✅ GO shop\n", "| migrate | passed |", "| AccessExclusive on public.orders |"},
			nil,
		},
		{
			"a release that may not",
			map[string]string{"COMMAND": "gate", "CONFIG": gated, "CANDIDATE": "drillgres-fixture/shop:candidate-drops"},
			false, outcome.VerdictFailed, outcome.MigrationDropsData,
			[]string{"# ❌ NO-GO shop\n", "| migrate | **FAILED** |", "column public.orders.note"},
			[]string{
				"error 12 shop: migration_drops_data the migration drops values that production holds",
				"warning 12 shop: drops_data the migration drops the column public.orders.note",
			},
		},
		{
			"a config that is wrong",
			map[string]string{"COMMAND": "run", "CONFIG": broken},
			false, outcome.VerdictUnproved, outcome.ConfigInvalid,
			[]string{"## ⚠️ UNPROVED drillgres\n", "imagge"},
			[]string{"error 3 config_invalid databases.shop.postgres.imagge: unknown key"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.verdict == outcome.VerdictPassed {
				needAll(t)
			}
			ran := act(t, callers+"step.yml", tt.vars)
			if ran.succeeded != tt.holds {
				t.Errorf("the workflow succeeded: %t, want %t\n%s", ran.succeeded, tt.holds, ran.log)
			}
			outputs := ran.outputs(t)
			if outputs["verdict"] != string(tt.verdict) || outputs["code"] != string(tt.code) {
				t.Errorf("outputs %v", outputs)
			}
			for _, want := range tt.summary {
				if !strings.Contains(ran.summary, want) {
					t.Errorf("no %q in the summary:\n%s", want, ran.summary)
				}
			}
			for _, want := range tt.annotate {
				if !strings.Contains(ran.annotations, want) {
					t.Errorf("no %q among the annotations:\n%s", want, ran.annotations)
				}
			}
			if want := map[bool]string{true: "go", false: "no-go"}[tt.holds]; tt.vars["COMMAND"] == "gate" && outputs["decision"] != want {
				t.Errorf("the decision is %q, want %s", outputs["decision"], want)
			}
			if tt.verdict != outcome.VerdictUnproved {
				checkOutputs(t, outputs)
			}
		})
	}
}

// checkOutputs compares a step's outputs with its JSON result.
func checkOutputs(t *testing.T, outputs map[string]string) {
	t.Helper()
	for _, name := range []string{"restore-seconds", "recovery-seconds"} {
		if outputs["verdict"] == "passed" && !regexp.MustCompile(`^\d+\.\d{3}$`).MatchString(outputs[name]) {
			t.Errorf("%s is %q", name, outputs[name])
		}
	}
	if outputs["verdict"] == "passed" && outputs["rpo-seconds"] == "" {
		t.Error("no rpo-seconds")
	}
	if outputs["database"] != "shop" || filepath.Base(outputs["result"]) != "result.json" {
		t.Errorf("outputs %v", outputs)
	}
}

// TestReusableWorkflow drills each database of a config in a job of its own, keeps the
// results of all, also of the one that failed, and notifies a receiver whose address is
// secret.
func TestReusableWorkflow(t *testing.T) {
	needAct(t)
	var got deliveries
	receiver := httptest.NewServer(&got)
	defer receiver.Close()
	config := program.ShopConfig(t, "notify:\n  - {webhook: {url: \"${HOOK_URL}\", secret: \"${HOOK_SECRET}\"}, on: [failed, passed]}\n")
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	crm := "  crm:\n    backup: {from: ./backups, match: \"crm-*\"}\n    postgres: {version: \"15\", image: \"" + images.Postgres(t, "15") + "\"}\n" +
		"    app: {image: none, port: 80, env: {TOKEN: \"${CRM_TOKEN}\"}}\n"
	if err := os.WriteFile(config, bytes.Replace(text, []byte("databases:\n"), []byte("databases:\n"+crm), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	ran := act(t, callers+"nightly.yml", map[string]string{"CONFIG": config}, "--secret", "ENVIRONMENT=CRM_TOKEN=canary-4711-token\nHOOK_URL="+receiver.URL+"/canary-hook\nHOOK_SECRET=canary-secret")
	if ran.succeeded {
		t.Errorf("it succeeded, but crm has no backup:\n%s", ran.log)
	}
	for name, want := range map[string]outcome.Verdict{"crm": outcome.VerdictFailed, "shop": outcome.VerdictPassed} {
		text, err := os.ReadFile(filepath.Join(ran.seen, "restore-drill-"+name, "result.json"))
		var r outcome.Result
		if err != nil || json.Unmarshal(text, &r) != nil || r.Verdict != want || r.Database != name {
			t.Errorf("%s: %v, %s in\n%s\n%s", name, err, r.Verdict, text, ran.log)
		}
	}
	if !strings.Contains(ran.summary, "FAILED crm") || !strings.Contains(ran.summary, "PASSED shop") {
		t.Errorf("summary\n%s", ran.summary)
	}
	if strings.Contains(ran.printed, "canary") || !strings.Contains(ran.printed, "***") {
		t.Errorf("a secret is printed, or none is masked:\n%s", ran.printed)
	}
	if want := []string{"FAILED crm: backup_missing, from a run of GitHub", "PASSED shop, from a run of GitHub"}; !slices.Equal(got.inOrder(), want) {
		t.Errorf("the receiver got %q, want %q", got.inOrder(), want)
	}
}

// deliveries is a receiver that keeps what it was sent.
type deliveries struct {
	mu  sync.Mutex
	all []string
}

func (d *deliveries) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var sent struct{ Title, Link string }
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.URL.Path != "/canary-hook" || r.Header.Get("Drillgres-Signature") == "" {
		http.Error(w, "not a signed message", http.StatusBadRequest)
		return
	}
	if strings.HasPrefix(sent.Link, "https://github.com/") && strings.Contains(sent.Link, "/actions/runs/") {
		sent.Title += ", from a run of GitHub"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, sent.Title)
}

// inOrder returns the titles, sorted: the databases are drilled in jobs beside each other.
func (d *deliveries) inOrder() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Sorted(slices.Values(d.all))
}

// TestShopWorkflow runs this repository's own nightly drill.
func TestShopWorkflow(t *testing.T) {
	needAct(t)
	needAll(t)
	images.NeedEngine(t)
	ran := act(t, ".github/workflows/shop-drill.yml", nil)
	text, err := os.ReadFile(filepath.Join(ran.seen, "shop-drill", "result.json"))
	var r outcome.Result
	if err != nil || json.Unmarshal(text, &r) != nil || r.Verdict != outcome.VerdictPassed || !ran.succeeded {
		t.Errorf("%v, %s in\n%s\n%s", err, r.Verdict, text, ran.printed)
	}
	if !strings.Contains(ran.summary, "PASSED shop") {
		t.Errorf("summary\n%s", ran.summary)
	}
}

// actRun is what a run of a workflow left behind.
type actRun struct {
	succeeded   bool
	log         string // as act prints it, one JSON object a line
	printed     string // what a person sees of it
	summary     string
	annotations string // a line each: command, line, title and message
	seen        string // directory that the workflow writes to
}

func (r actRun) outputs(t *testing.T) (outputs map[string]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(r.seen, "outputs.json"))
	if err != nil {
		t.Fatalf("%v\n%s", err, r.log)
	}
	if err := json.Unmarshal(text, &outputs); err != nil {
		t.Fatal(err)
	}
	return outputs
}

// oneAct runs one workflow at a time: each builds drillgres and drills.
var oneAct sync.Mutex

func act(t *testing.T, workflow string, vars map[string]string, args ...string) actRun {
	t.Helper()
	oneAct.Lock()
	defer oneAct.Unlock()
	r := actRun{seen: t.TempDir()}
	args = append(args, "workflow_dispatch", "--json", "-C", repository.Path(t, "."), "-W", workflow,
		"-P", "ubuntu-latest=-self-hosted", "--no-cache-server", "--use-new-action-cache", "--action-cache-path", t.TempDir(), "--env", "SEEN="+r.seen)
	for name, value := range vars {
		args = append(args, "--var", name+"="+value)
	}
	for uses, stands := range standIns(t) {
		args = append(args, "--local-repository", uses+"="+stands)
	}
	cmd := exec.CommandContext(t.Context(), needAct(t), args...)
	var out, stderr bytes.Buffer
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { // of the workflow that runs the tests
		return strings.HasPrefix(v, "GITHUB_") || strings.HasPrefix(v, "RUNNER_") || strings.HasPrefix(v, "ACTIONS_")
	})
	cmd.Stdout, cmd.Stderr = &out, &stderr
	r.succeeded = cmd.Run() == nil
	r.log = out.String() + stderr.String()
	r.read()
	return r
}

// read takes apart what act logs of the runner's own files and commands.
func (r *actRun) read() {
	for line := range strings.Lines(r.log) {
		var event struct {
			Msg, Command, Content, Arg string
			KVPairs                    map[string]string `json:"kvPairs"`
			StepID                     []string          `json:"stepID"`
		}
		if json.Unmarshal([]byte(line), &event) == nil {
			r.printed += event.Msg + "\n"
		}
		if len(event.StepID) < 2 {
			continue // act tells of what is within an action twice: for the step, and for the action
		}
		switch event.Command {
		case "summary":
			r.summary += event.Content
		case "error", "warning":
			r.annotations += strings.Join([]string{event.Command, event.KVPairs["line"], event.KVPairs["title"], event.Arg}, " ") + "\n"
		}
	}
}

var pinned = regexp.MustCompile(`uses: ((?:actions|aws-actions)/([a-z-]+)@[0-9a-f]{40})`)

// standIns are the directories for the actions that a workflow fetches.
func standIns(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(repository.Path(t, ".github/workflows/restore-drill.yml"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range pinned.FindAllStringSubmatch(string(text), -1) {
		found[m[1]], err = filepath.Abs(filepath.Join("testdata/actions", m[2]))
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) == 0 {
		t.Fatal("the workflow fetches nothing")
	}
	return found
}

// needAct is for tests that run whole workflows.
func needAct(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("runs whole workflows")
	}
	return repository.Tool(t, "act")
}

// needAll skips a workflow that only make act runs: what it shows is shown by a
// quicker one too, and by the tests of the action's scripts.
func needAll(t *testing.T) {
	t.Helper()
	if *all != "all" {
		t.Skip("make act runs it")
	}
}
