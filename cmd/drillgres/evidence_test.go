package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/fixtures/program"
)

// newEvidenceKey makes a key in a new directory, by the command line.
func newEvidenceKey(t *testing.T) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "evidence.key")
	if stdout, exit, stderr := runProgram(t.Context(), "evidence", "keygen", "--out", name); exit != 0 || !strings.Contains(stdout, "key id ") {
		t.Fatalf("exit %d\n%s%s", exit, stdout, stderr)
	}
	return name
}

func TestEvidenceKeygen(t *testing.T) {
	name := newEvidenceKey(t)
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 && runtime.GOOS != "windows" {
		t.Errorf("%v, %v", info, err)
	}
	before, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, taken := range []string{name, name + ".pub"} {
		if _, exit, stderr := runProgram(t.Context(), "evidence", "keygen", "--out", name); exit != 2 || !strings.Contains(stderr, taken+" exists, and is never replaced") {
			t.Errorf("exit %d\n%s", exit, stderr)
		}
		if after, err := os.ReadFile(taken); taken == name && (err != nil || string(after) != string(before)) {
			t.Errorf("the key was replaced: %v", err)
		}
		if err := os.Remove(taken); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEvidenceOfADrill drills twice, and verifies, shows and forges the evidence by the
// command line.
func TestEvidenceOfADrill(t *testing.T) {
	key := newEvidenceKey(t)
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	section := fmt.Sprintf("evidence: {to: proof, sign: {file: %q}, every: 7d, controls: [soc2:A1.2], owner: Shop team, exceptions: [{code: checksum_missing, until: 2099-01-01, reason: small}]}\n", key)
	config := program.DumpConfig(t, "", section, program.ShopDump(t))
	proof := filepath.Join(filepath.Dir(config), "proof")
	whole, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.Split(string(whole), "\n")[1] // between the lines of PEM
	var runs []string
	for range 2 {
		r, exit, stderr := drilled(t, "--config", config)
		if exit != 0 || len(r.TellErrors) > 0 {
			t.Fatalf("exit %d, %q, %+v\n%s", exit, r.TellErrors, r.Failure, stderr)
		}
		if !slices.ContainsFunc(r.Findings, func(f outcome.Finding) bool { return f.Code == "key_readable" && strings.Contains(f.Hint, key) }) {
			t.Errorf("others can read the key, and no finding says so: %+v", r.Findings)
		}
		for _, file := range []string{evidence.ResultFile, evidence.TestFile, evidence.StatementFile} {
			content, err := os.ReadFile(filepath.Join(proof, "shop", r.RunID, file))
			if err != nil || strings.Contains(string(content)+stderr, secret) {
				t.Errorf("%s is missing, or it or stderr contains the key: %v", file, err)
			}
		}
		runs = append(runs, r.RunID)
	}
	stdout, exit, stderr := runProgram(t.Context(), "evidence", "verify", proof, "--key", key+".pub", "--config", config)
	if exit != 0 || !strings.Contains(stdout, "every drill in the history since the first record") || !strings.HasPrefix(stdout, "VALID  ") || !strings.Contains(stdout, "2 records of shop are as they were signed, with every file, from run ") {
		t.Errorf("exit %d\n%s%s", exit, stdout, stderr)
	}
	stdout, exit, _ = runProgram(t.Context(), "evidence", "show", runs[1], "--config", config)
	for _, want := range []string{"PASSED", "Shop team", "soc2:A1.2", "network none", "yes, by", "2, sha256 ", "after       record 1, run " + runs[0], "checksum_missing: small, until 2099-01-01, in force"} {
		if exit != 0 || !strings.Contains(stdout, want) {
			t.Errorf("exit %d, no %q in\n%s", exit, want, stdout)
		}
	}
	stdout, exit, _ = runProgram(t.Context(), "evidence", "controls", "--config", config)
	if exit != 0 || !strings.Contains(stdout, "soc2:A1.2  shop      kept    every 7d  2 ") {
		t.Errorf("exit %d\n%s", exit, stdout)
	}
	verifyForged(t, proof, runs[0], key)
	verifyTruncated(t, config, proof, runs, key)
}

// verifyTruncated removes the last record, which only the history shows.
func verifyTruncated(t *testing.T, config, proof string, runs []string, key string) {
	t.Helper()
	whole := func() (string, int) {
		later := time.Now().Add(time.Hour) // a record of the last minutes may still be on its way
		stdout, exit, _ := programAt(t, later, nil, "evidence", "verify", filepath.Join(proof, "shop"), "--key", key+".pub", "--config", config)
		return stdout, exit
	}
	if err := os.RemoveAll(filepath.Join(proof, "shop", runs[1])); err != nil {
		t.Fatal(err)
	}
	if stdout, exit := whole(); exit != 3 || !strings.Contains(stdout, "run "+runs[1]+", statement.json: the history has this drill") {
		t.Errorf("exit %d\n%s", exit, stdout)
	}
}

// TestAnchorForms checks the forms in which people copy a hash.
func TestAnchorForms(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	for _, text := range []string{sum, strings.ToUpper(sum), "sha256:" + sum, "SHA256:" + sum, " " + sum + "\n"} {
		if got, err := hashesOf([]string{text}); err != nil || !slices.Equal(got, []string{sum}) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	key := newEvidenceKey(t)
	for _, text := range []string{"", sum[:12], sum + "0a", "run 20261120", strings.Repeat("xy", 32)} {
		_, exit, stderr := runProgram(t.Context(), "evidence", "verify", t.TempDir(), "--key", key+".pub", "--last", text)
		if exit != 2 || !strings.Contains(stderr, "is not a SHA-256") {
			t.Errorf("%q: exit %d\n%s", text, exit, stderr)
		}
	}
}

// verifyForged changes a result and verifies it.
func verifyForged(t *testing.T, proof, run, key string) {
	t.Helper()
	name := filepath.Join(proof, "shop", run, evidence.ResultFile)
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(content, ' '), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, exit, _ := runProgram(t.Context(), "evidence", "verify", proof, "--key", key+".pub", "--format", "json")
	var r evidence.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	if exit != 3 || r.Valid || len(r.Chains) != 1 || len(r.Chains[0].Problems) != 1 || r.Chains[0].Problems[0].Kind != evidence.FileChanged {
		t.Errorf("exit %d\n%s", exit, stdout)
	}
	stdout, exit, _ = runProgram(t.Context(), "evidence", "verify", proof, "--key", key+".pub")
	if exit != 3 || !strings.HasPrefix(stdout, "NOT VALID  ") || !strings.Contains(stdout, "run "+run+", result.json: it was changed") {
		t.Errorf("exit %d\n%s", exit, stdout)
	}
}

// TestUnreachableEvidence checks that a drill passes, and says that its evidence was not
// written.
func TestUnreachableEvidence(t *testing.T) {
	key := newEvidenceKey(t)
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"} {
		t.Setenv(name, value)
	}
	section := fmt.Sprintf("evidence: {to: \"s3://acme-evidence/drills\", s3: {endpoint: \"http://127.0.0.1:1\"}, sign: {file: %q}}\n", key)
	config := program.DumpConfig(t, "", section, program.ShopDump(t))
	r, exit, stderr := drilled(t, "--config", config)
	if r.Verdict != outcome.VerdictPassed || exit != outcome.ExitNotRecorded || len(r.TellErrors) != 1 || !strings.Contains(r.TellErrors[0], "write evidence of run "+r.RunID) {
		t.Errorf("%s, exit %d, not recorded: %q\n%s", r.Verdict, exit, r.TellErrors, stderr)
	}
	_, exit, stderr = runProgram(t.Context(), "evidence", "show", r.RunID, "--config", config)
	if exit != 5 || !strings.Contains(stderr, "127.0.0.1:1") {
		t.Errorf("exit %d\n%s", exit, stderr)
	}
	step := inStep(t, filepath.Dir(config), nil, "evidence", "show", r.RunID, "--config", config)
	if !step.set("code", string(outcome.EvidenceUnavailable)) {
		t.Errorf("outputs\n%s", step.output)
	}
}

// tellFormer records a drill of a database that is not in the config.
func tellFormer(t *testing.T, h *record.History) {
	t.Helper()
	at := morning.AddDate(0, 0, -54)
	err := h.Tell(t.Context(), outcome.Result{
		SchemaVersion: 1, Kind: outcome.KindDrill, RunID: at.Format("20060102-150405-") + "00c0ffee", Database: "crm",
		StartedAt: at, FinishedAt: at, Verdict: outcome.VerdictPassed, Backup: outcome.Backup{Chosen: outcome.ChosenLatest},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestControlsOfAHistory checks the matrix of a history of 90 days, made without drills.
func TestControlsOfAHistory(t *testing.T) {
	key := newEvidenceKey(t)
	dir := t.TempDir()
	config := filepath.Join(dir, "drillgres.yaml")
	text := fmt.Sprintf(`version: 1
databases:
  shop: {backup: {from: ./backups}, postgres: {version: "15"}}
record: {history: history.db}
evidence: {to: proof, sign: {file: %q}, every: 7d, controls: [soc2:A1.2, {control: "nis2:4.2.6", every: 90d}]}
`, key)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	h := historyOf(t, config)
	for n := range 13 {
		at := morning.AddDate(0, 0, -7*n)
		r := outcome.Result{
			SchemaVersion: 1, Kind: outcome.KindDrill, RunID: at.Format("20060102-150405-") + "00c0ffee", Database: "shop",
			StartedAt: at, FinishedAt: at, Verdict: outcome.VerdictPassed, Backup: outcome.Backup{Chosen: outcome.ChosenLatest},
		}
		if n == 4 || n == 5 {
			r.Verdict, r.ExitCode = outcome.VerdictUnproved, 5
			r.Failure = &outcome.FailureReport{Code: outcome.EngineUnreachable, Class: outcome.ClassEnvironment}
		}
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	tellFormer(t, h)
	stdout, exit, stderr := programAt(t, morning, nil, "evidence", "controls", "--config", config, "--days", "90", "--format", "json")
	var m report.Matrix
	if err := json.Unmarshal([]byte(stdout), &m); err != nil || exit != 0 {
		t.Fatalf("exit %d, %v\n%s", exit, err, stderr)
	}
	if len(m.Controls) != 4 || m.Controls[0].Status != "gaps" || len(m.Controls[0].Gaps) != 1 || m.Controls[2].Status != "kept" || m.Controls[0].Drills != 13 ||
		!m.Controls[1].Former || m.Controls[1].Database != "crm" || m.Controls[1].Status != "kept" {
		t.Errorf("%s", stdout)
	}
	stdout, exit, _ = programAt(t, morning, nil, "evidence", "controls", "--config", config, "--days", "90", "--format", "markdown")
	if exit != 0 || !strings.Contains(stdout, "| nis2:4.2.6 | shop | kept | every 90d | 13 (0 failed, 2 unproved) | 2026-11-24 passed | 2026-11-24 | 21d | ") {
		t.Errorf("exit %d\n%s", exit, stdout)
	}
	stdout, exit, _ = programAt(t, morning, nil, "evidence", "controls", "--config", config, "--days", "90")
	if exit != 0 || !strings.Contains(stdout, "soc2:A1.2   shop          gaps    every 7d   13 (0 failed, 2 unproved)  2026-11-24 passed  2026-11-24     21d          2026-10-13 to") {
		t.Errorf("exit %d\n%s", exit, stdout)
	}
}
