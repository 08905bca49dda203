package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
)

// stepRun holds the output of a step of a workflow.
type stepRun struct {
	exit            int
	stdout, stderr  string
	summary, output string
}

// inStep runs drillgres as a step of a workflow whose repository is dir.
func inStep(t *testing.T, dir string, env map[string]string, args ...string) stepRun {
	t.Helper()
	files := t.TempDir()
	vars := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir,
		"GITHUB_STEP_SUMMARY": filepath.Join(files, "summary"), "GITHUB_OUTPUT": filepath.Join(files, "output"),
	}
	for k, v := range env {
		vars[k] = v
	}
	getenv := func(name string) (string, bool) {
		if v, ok := vars[name]; ok {
			return v, true
		}
		return os.LookupEnv(name)
	}
	var stdout, stderr bytes.Buffer
	exit := run(context.WithoutCancel(t.Context()), args, strings.NewReader(""), &stdout, &stderr, getenv)
	summary, _ := os.ReadFile(filepath.Join(files, "summary"))
	output, _ := os.ReadFile(filepath.Join(files, "output"))
	return stepRun{exit, stdout.String(), stderr.String(), string(summary), string(output)}
}

// set reports whether the step set an output to value.
func (s stepRun) set(name, value string) bool {
	_, rest, ok := strings.Cut("\n"+s.output, "\n"+name+"<<end-")
	_, rest, _ = strings.Cut(rest, "\n")
	return ok && strings.HasPrefix(rest, value+"\nend-")
}

func TestStepOfABrokenConfig(t *testing.T) {
	config := program.WriteConfig(t, "version: 1\ndatabases:\n  shop:\n    backup: {from: ./backups, min_sise: 1, max_age: 26 hours}\n    postgres: {version: \"15\"}\n")
	s := inStep(t, filepath.Dir(config), nil, "run", "--config", config)
	if s.exit != 2 || s.stdout != "" {
		t.Errorf("exit %d, stdout %q", s.exit, s.stdout)
	}
	name := filepath.Base(config)
	for _, want := range []string{
		"::error col=31,file=" + name + ",line=4,title=config_invalid::databases.shop.backup.min_sise: unknown key",
		"::error col=53,file=" + name + ",line=4,title=config_invalid::databases.shop.backup.max_age: \"26 hours\"",
	} {
		if !strings.Contains(s.stderr, want) {
			t.Errorf("no %q in\n%s", want, s.stderr)
		}
	}
	if !s.set("verdict", "unproved") || !s.set("code", "config_invalid") {
		t.Errorf("outputs\n%s", s.output)
	}
	if !strings.Contains(s.summary, "UNPROVED drillgres") || !strings.Contains(s.summary, "min_sise") {
		t.Errorf("summary\n%s", s.summary)
	}
}

func TestStepMasksBeforeAnythingPrints(t *testing.T) {
	const canary = "canary-4711-token"
	config := program.WriteConfig(t, `version: 1
databases:
  shop:
    backup: {from: ./nowhere}
    postgres: {version: "15"}
    app: {image: shop, env: {KEY: {file: key.pem}, TOKEN: "${TOKEN}"}, port: 8080}
`)
	key := "-----BEGIN-----\ncanary-line-of-a-key\n-----END-----\n"
	if err := os.WriteFile(filepath.Join(filepath.Dir(config), "key.pem"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	s := inStep(t, filepath.Dir(config), map[string]string{"TOKEN": canary, "AWS_SECRET_ACCESS_KEY": "canary-of-aws"}, "check", "--config", config)
	masks := map[string]bool{}
	other := false
	for line := range strings.Lines(s.stderr) {
		secret, ok := strings.CutPrefix(strings.TrimSpace(line), "::add-mask::")
		if ok && other {
			t.Errorf("a mask after something else was printed: %q", line)
		}
		if !ok && strings.Contains(line, "canary") {
			t.Errorf("a secret is printed: %q", line)
		}
		masks[secret], other = ok, other || !ok
	}
	for _, secret := range []string{canary, "canary-of-aws", "canary-line-of-a-key"} {
		if !masks[secret] {
			t.Errorf("%s is not masked: %s", secret, s.stderr)
		}
	}
	if strings.Contains(s.stdout+s.summary+s.output, "canary") {
		t.Error("a secret in the result")
	}
}

// smallDump is a whole plain dump.
const smallDump = "-- PostgreSQL database dump\n-- Dumped by pg_dump version 15.18\nCREATE TABLE t (a int);\nCOPY t FROM stdin;\n1\n\\.\n-- PostgreSQL database dump complete\n"

// twoBackups returns a config with one good backup and one that is too small.
func twoBackups(t *testing.T) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.dump"), []byte(smallDump), 0o600); err != nil {
		t.Fatal(err)
	}
	config = filepath.Join(dir, "drillgres.yaml")
	text := "version: 1\ndatabases:\n" +
		"  crm: {backup: {from: .}, postgres: {version: \"15\"}}\n" +
		"  shop:\n    postgres: {version: \"15\"}\n    backup: {from: ., min_size: 1MiB}\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, config
}

func TestStepOfACheck(t *testing.T) {
	dir, config := twoBackups(t)
	result, junit := filepath.Join(dir, "r.json"), filepath.Join(dir, "r.xml")
	s := inStep(t, dir, nil, "check", "--config", config, "--output", result, "--junit", junit)
	if s.exit != 3 || !s.set("verdict", "failed") || !s.set("code", "backup_too_small") || !s.set("database", "shop") || !s.set("result", result) {
		t.Errorf("exit %d, outputs\n%s", s.exit, s.output)
	}
	if !strings.Contains(s.stderr, "::error file=drillgres.yaml,line=6,title=shop%3A backup_too_small::") {
		t.Errorf("annotations\n%s", s.stderr)
	}
	if !strings.Contains(s.summary, `| crm | ✅ OK | only checked, not restored: `) || !strings.Contains(s.summary, `backup\_too\_small`) {
		t.Errorf("summary\n%s", s.summary)
	}
	text, err := os.ReadFile(result)
	if err != nil {
		t.Fatal(err)
	}
	checkedDocument(t, text)
	if text, err = os.ReadFile(junit); err != nil || !strings.Contains(string(text), `type="backup_too_small"`) {
		t.Errorf("%v: %s", err, text)
	}
}

// checkedDocument checks the JSON of twoBackups: the keys that existed before its elements
// became whole results, and the new ones.
func checkedDocument(t *testing.T, text []byte) {
	t.Helper()
	type element struct {
		Database string
		Backup   struct {
			Size int `json:"size_bytes"`
		}
		Matched  int
		Failure  *struct{ Stage, Code string }
		Findings []struct{ Code string }
	}
	var before struct {
		SchemaVersion int `json:"schema_version"`
		Checked       []element
	}
	var now struct{ Checked []outcome.Result }
	if err := errors.Join(json.Unmarshal(text, &before), json.Unmarshal(text, &now)); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	crm := element{Database: "crm", Matched: 1, Findings: []struct{ Code string }{}}
	crm.Backup.Size = len(smallDump)
	shop := crm
	shop.Database, shop.Failure = "shop", &struct{ Stage, Code string }{"locate", "backup_too_small"}
	if diff := cmp.Diff([]element{crm, shop}, before.Checked); diff != "" || before.SchemaVersion != 1 {
		t.Errorf("schema version %d, checked (-want +got):\n%s", before.SchemaVersion, diff)
	}
	for i, want := range []outcome.Result{
		{Verdict: outcome.VerdictUnproved, ExitCode: 0}, {Verdict: outcome.VerdictFailed, ExitCode: 3},
	} {
		r := now.Checked[i]
		if r.Kind != outcome.KindCheck || r.Verdict != want.Verdict || r.ExitCode != want.ExitCode || len(r.Stages) != len(outcome.Stages) {
			t.Errorf("%+v", r)
		}
	}
}

func TestStepThatCannotReportEverything(t *testing.T) {
	dir, config := twoBackups(t)
	nowhere := map[string]string{"GITHUB_STEP_SUMMARY": filepath.Join(dir, "nowhere", "summary")}
	if s := inStep(t, dir, nowhere, "check", "crm", "--config", config, "--junit", filepath.Join(dir, "nowhere", "r.xml")); s.exit != 7 ||
		!strings.Contains(s.stderr, "write the step's summary") || !strings.Contains(s.stderr, "--junit") || !s.set("verdict", "ok") {
		t.Errorf("exit %d, outputs\n%s\n%s", s.exit, s.output, s.stderr)
	}
	if s := inStep(t, dir, nil, "check", "crm", "--config", config); s.exit != 0 || !s.set("verdict", "ok") || !s.set("code", "") {
		t.Errorf("exit %d, outputs\n%s", s.exit, s.output)
	}
}

func TestNoWorkflowCommandsOutsideOfActions(t *testing.T) {
	s := inStep(t, t.TempDir(), map[string]string{"GITHUB_ACTIONS": ""}, "run", "--config", "/nowhere.yaml")
	if s.exit != 2 || s.summary+s.output != "" || strings.Contains(s.stderr, "::") {
		t.Errorf("exit %d, summary %q, outputs %q, stderr %q", s.exit, s.summary, s.output, s.stderr)
	}
}

// TestStepOfADrill drills an application that prints workflow commands. None of them may
// reach any output as a command.
func TestStepOfADrill(t *testing.T) {
	program.BuildShop(t)
	app := strings.Replace(program.ShopApp, "role: shop_app\n", "role: shop_app\n      command: [/shop, \"::error::forged ##[error]forged @team\"]\n", 1)
	config := program.ShopConfig(t, "    verify:\n      tables: {public.users: {min_rows: 1}}\n      queries:\n        - {name: always wrong, sql: select 1, expect: value == 2}\n"+app)
	s := inStep(t, filepath.Dir(config), nil, "run", "--config", config, "--format", "json")
	var r outcome.Result
	if err := json.Unmarshal([]byte(s.stdout), &r); err != nil {
		t.Fatalf("stdout is not JSON: %v\n%s\n%s", err, s.stdout, s.stderr)
	}
	if s.exit != 3 || !s.set("verdict", "failed") || !s.set("code", string(r.Failure.Code)) || !s.set("database", "shop") {
		t.Errorf("exit %d, outputs\n%s", s.exit, s.output)
	}
	for _, want := range []string{
		"::group::shop: locate\n", "::group::shop: verify\n", "::endgroup::\n",
		"::error file=drillgres.yaml,line=9,title=shop%3A always wrong::expected value == 2, saw 1%0Ahint: ",
	} {
		if !strings.Contains(s.stderr, want) {
			t.Errorf("no %q in\n%s", want, s.stderr)
		}
	}
	if before, _, ok := strings.Cut(s.stderr, "stage failed"); !ok || strings.Count(before, "::group::") != strings.Count(before, "::endgroup::") {
		t.Errorf("the failed stage is reported within a group:\n%s", s.stderr)
	}
	if !strings.Contains(s.summary, "❌ FAILED shop") || !strings.Contains(s.summary, "| verify | **FAILED** |") {
		t.Errorf("summary\n%s", s.summary)
	}

	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, bytes.Replace(text, []byte("value == 2"), []byte("value == 1"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	s = inStep(t, filepath.Dir(config), nil, "run", "--config", config)
	if s.exit != 4 {
		t.Errorf("exit %d\n%s\n%s", s.exit, s.stdout, s.stderr)
	}
	for line := range strings.Lines(s.stdout + s.stderr) {
		command, _, _ := strings.Cut(strings.TrimPrefix(line, "::"), "::")
		if strings.HasPrefix(strings.TrimSpace(line), "::error::") || strings.Contains(line, "##[") && !strings.HasPrefix(command, "error ") {
			t.Errorf("the application wrote a command: %q", line)
		}
	}
	if !strings.Contains(s.stdout+s.stderr, "unknown arguments") {
		t.Errorf("the output of the application is missing, so nothing is tested:\n%s\n%s", s.stdout, s.stderr)
	}
}
