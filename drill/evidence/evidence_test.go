package evidence_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/evidence"
	"github.com/drillgres/drillgres/drill/evidence/dir"
	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/origin"
	"github.com/drillgres/drillgres/drill/outcome"
)

var started = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

// key is a key pair of a test.
type key struct {
	signer evidence.Signer
	public evidence.PublicKey
	pem    []byte
}

func newKey(t testing.TB) key {
	t.Helper()
	private, public, _, err := evidence.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	k := key{pem: public}
	if k.signer, err = evidence.ParseSigner(private); err != nil {
		t.Fatal(err)
	}
	if k.public, err = evidence.ParsePublicKey(public); err != nil {
		t.Fatal(err)
	}
	if k.public.ID != k.signer.Public.ID {
		t.Fatalf("two ids of one key: %s, %s", k.public.ID, k.signer.Public.ID)
	}
	return k
}

func storeAt(t testing.TB, root string) evidence.Store {
	t.Helper()
	s, err := dir.Kind.Open(t.Context(), config.Evidence{To: config.Text(root)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// result returns the result of the n-th drill of a database.
func result(database string, n int, verdict outcome.Verdict) outcome.Result {
	at := started.AddDate(0, 0, n)
	sum := sha256.Sum256(backup(database, n))
	rpo := 3600.0
	r := outcome.Result{
		SchemaVersion: 1, Kind: outcome.KindDrill, RunID: at.Format("20060102-150405-") + fmt.Sprintf("%08x", n), Drillgres: "test", Database: database,
		StartedAt: at, FinishedAt: at.Add(5 * time.Minute), Verdict: verdict,
		Backup:    outcome.Backup{URI: "s3://acme/" + database + ".dump", Chosen: outcome.ChosenLatest, SHA256: hex.EncodeToString(sum[:]), Format: "custom"},
		Postgres:  outcome.Postgres{Image: "postgres:16", Digest: "sha256:" + strings.Repeat("ab", 32)},
		Isolation: outcome.Isolation{Network: "none", Interfaces: []string{"lo"}},
		Stages:    []outcome.StageReport{{Stage: outcome.Restore, Status: outcome.StagePassed, Seconds: 60}},
		Checks:    []outcome.Check{{Stage: outcome.Verify, Name: "tables", Status: outcome.CheckPassed}},
		Times:     outcome.Times{Restore: 60, Total: 300, Recovery: 90}, RPOSeconds: &rpo,
		Integrity: outcome.Integrity{NotProved: []string{"that rows are right"}},
	}
	switch verdict {
	case outcome.VerdictFailed:
		r.Failure = &outcome.FailureReport{Stage: outcome.Restore, Code: outcome.DumpTruncated, Class: outcome.ClassBackup}
	case outcome.VerdictUnproved:
		r.Failure = &outcome.FailureReport{Stage: outcome.Provision, Code: outcome.EngineUnreachable, Class: outcome.ClassEnvironment}
	}
	return r
}

func backup(database string, n int) []byte { return fmt.Appendf(nil, "PGDMP %s %d", database, n) }

func recorder(s evidence.Store, k key) evidence.Recorder {
	return evidence.Recorder{
		Store: s, Signer: k.signer, Now: func() time.Time { return started.AddDate(0, 0, 90) }, Log: slog.New(slog.DiscardHandler),
		Context: evidence.Context{
			Origin: origin.Origin{Actor: "ann", Host: "ops", Trigger: "schedule"}, Owner: "Shop team", ConfigSHA256: strings.Repeat("cd", 32),
			Controls: []string{"soc2:A1.2"}, Targets: fleet.Targets{Age: 26 * time.Hour, Restore: 30 * time.Second}, Retain: 3 * 366 * 24 * time.Hour,
			Exceptions: []evidence.Exception{{Code: "dump_truncated", Until: "2026-11-21", Reason: "known"}},
		},
	}
}

// chain writes the evidence of drills of a database, one for each verdict.
func chain(t testing.TB, s evidence.Store, k key, database string, verdicts ...outcome.Verdict) (folders []string) {
	t.Helper()
	for n, v := range verdicts {
		r := result(database, n, v)
		if err := recorder(s, k).Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		folders = append(folders, filepath.Join(database, r.RunID))
	}
	return folders
}

const (
	passed   = outcome.VerdictPassed
	failed   = outcome.VerdictFailed
	unproved = outcome.VerdictUnproved
)

func verify(t testing.TB, root string, change func(*evidence.Verifier), keys ...key) evidence.Report {
	t.Helper()
	v := evidence.Verifier{Store: storeAt(t, root), Now: started.AddDate(0, 0, 91)}
	for _, k := range keys {
		v.Keys = append(v.Keys, k.public)
	}
	if change != nil {
		change(&v)
	}
	r, err := v.Verify(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// kinds returns the kinds of all problems, sorted.
func kinds(r evidence.Report) (all []string) {
	problems := slices.Clone(r.Problems)
	for _, c := range r.Chains {
		problems = append(problems, c.Problems...)
	}
	for _, p := range problems {
		all = append(all, string(p.Kind))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestGoodChain(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	folders := chain(t, s, k, "shop", passed, failed, unproved, passed)
	chain(t, s, k, "crm", passed)
	r := verify(t, root, nil, k)
	if !r.Valid || len(kinds(r)) > 0 || len(r.Chains) != 2 {
		t.Fatalf("%+v", r)
	}
	shop := r.Chains[1]
	if shop.Database != "shop" || shop.Passed != 2 || shop.Failed != 1 || shop.Unproved != 1 || len(shop.Ends) != 1 || shop.Ends[0].Number != 4 || len(shop.Forks) > 0 {
		t.Errorf("%+v", shop)
	}
	for i, folder := range folders {
		_, err := os.Stat(filepath.Join(root, folder, evidence.TestFile))
		if hasTest := err == nil; hasTest != (i != 2) {
			t.Errorf("%s: test-result.json exists: %t; an unproved drill must have none", folder, hasTest)
		}
	}
	for name, part := range map[string]string{"a database": "shop", "a run": folders[1]} {
		if r := verify(t, filepath.Join(root, part), nil, k); !r.Valid || r.Chains[0].Database != "shop" {
			t.Errorf("the folder of %s: %+v", name, r)
		}
	}
	last := r.Chains[1].Ends[0].SHA256
	r = verify(t, root, func(v *evidence.Verifier) { v.Last = []string{last} }, k)
	if !r.Valid || !slices.ContainsFunc(r.Proved, func(s string) bool { return strings.Contains(s, "that you named") }) {
		t.Errorf("%+v", r)
	}
}

// TestRunIsWrittenOnce checks that evidence is never replaced.
func TestRunIsWrittenOnce(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	chain(t, s, k, "shop", passed)
	other := result("shop", 0, failed)
	if err := recorder(s, k).Tell(t.Context(), other); !errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
	if r := verify(t, root, nil, k); !r.Valid || r.Chains[0].Passed != 1 {
		t.Errorf("%+v", r)
	}
}

// TestPage checks that a page for people is verified like the other files.
func TestPage(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	w := recorder(storeAt(t, root), k)
	w.Page = func(r outcome.Result) ([]byte, error) { return []byte("<html>" + r.RunID), nil }
	r := result("shop", 0, passed)
	if err := w.Tell(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(root, "shop", r.RunID, evidence.PageFile)
	if v := verify(t, root, nil, k); !v.Valid || string(read(t, name)) != "<html>"+r.RunID {
		t.Errorf("%+v", v)
	}
	write(t, name, []byte("<html>forged"))
	if got := kinds(verify(t, root, nil, k)); !slices.Equal(got, []string{string(evidence.FileChanged)}) {
		t.Errorf("a changed page: %v", got)
	}
}

// TestPageThatCannotBeMade checks that the record does not depend on the page.
func TestPageThatCannotBeMade(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	w := recorder(storeAt(t, root), k)
	unmade := errors.New("no template")
	w.Page = func(outcome.Result) ([]byte, error) { return nil, unmade }
	if err := w.Tell(t.Context(), result("shop", 0, failed)); !errors.Is(err, unmade) {
		t.Errorf("got %v", err)
	}
	if r := verify(t, root, nil, k); !r.Valid || len(r.Chains[0].Records) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestOnlyDrillsLeaveEvidence(t *testing.T) {
	root := t.TempDir()
	for _, kind := range []outcome.Kind{outcome.KindCheck, outcome.KindAnswer} {
		r := result("shop", 0, passed)
		r.Kind = kind
		if err := recorder(storeAt(t, root), newKey(t)).Tell(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestRecord checks what an auditor is told.
func TestRecord(t *testing.T) {
	root, k := t.TempDir(), newKey(t)
	s := storeAt(t, root)
	chain(t, s, k, "shop", passed, failed)
	found, err := evidence.Find(t.Context(), s, "20261121", "")
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %d found", err, len(found))
	}
	r := found[0].Record
	if r.Number != 2 || len(r.Previous) != 1 || r.Previous[0].Number != 1 || r.Origin.Actor != "ann" || r.Owner != "Shop team" || len(r.SignOff) != 1 || r.SignOff[0].Name != "" {
		t.Errorf("%+v", r)
	}
	if restore := targets(r)["restore"]; *restore.Target != 30 || *restore.Measured != 60 || restore.Met != nil || restore.Margin != nil {
		t.Errorf("a drill that ended early: %+v", restore)
	}
	if !r.Destroyed.Destroyed || !r.Destroyed.Restored || r.Lock != "none" || r.RetainUntil.Before(r.FinishedAt.AddDate(3, 0, 0)) {
		t.Errorf("%+v, %s, %s", r.Destroyed, r.Lock, r.RetainUntil)
	}
	if x := r.Exceptions[0]; !x.Applies || !x.InForce {
		t.Errorf("the accepted risk of this code, on its last day: %+v", x)
	}
}

func targets(r evidence.Record) map[string]evidence.Target {
	all := map[string]evidence.Target{}
	for _, target := range r.Targets {
		all[target.Name] = target
	}
	return all
}

// TestTargets checks the targets of a drill that measured everything.
func TestTargets(t *testing.T) {
	s, k := storeAt(t, t.TempDir()), newKey(t)
	r := result("shop", 0, failed)
	r.Failure = &outcome.FailureReport{Code: outcome.OverBudget, Class: outcome.ClassBudget}
	if err := tell(t, s, k, r); err != nil {
		t.Fatal(err)
	}
	found, err := evidence.Find(t.Context(), s, r.RunID, "")
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %d found", err, len(found))
	}
	got := targets(found[0].Record)
	if rpo := got["rpo"]; !*rpo.Met || *rpo.Margin != (25*time.Hour+5*time.Minute).Seconds() {
		t.Errorf("%+v", rpo)
	}
	if restore := got["restore"]; *restore.Met || *restore.Margin != -30 {
		t.Errorf("%+v", restore)
	}
	if total := got["total"]; total.Target != nil || total.Met != nil || *total.Measured != 300 {
		t.Errorf("%+v", total)
	}
}

// TestKeys checks the messages about files that are not the key that was asked for, which quote
// nothing of them.
func TestKeys(t *testing.T) {
	private, public, signer, err := evidence.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := evidence.ParsePublicKey(private); err == nil || !strings.Contains(err.Error(), "private key") {
		t.Errorf("a private key as public: %v", err)
	}
	if _, err := evidence.ParseSigner(public); err == nil || !strings.Contains(err.Error(), "public key") {
		t.Errorf("a public key as private: %v", err)
	}
	for _, damaged := range []string{"", "canary", "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n", "-----BEGIN CERTIFICATE-----\nY2FuYXJ5\n-----END CERTIFICATE-----\n"} {
		if _, err := evidence.ParseSigner([]byte(damaged)); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", damaged, err)
		}
	}
	block, _ := pem.Decode(private)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	seed := fmt.Sprintf("%d", parsed.(ed25519.PrivateKey).Seed())
	hidden := struct{ signer evidence.Signer }{signer} // whose methods fmt cannot call
	if text := fmt.Sprintf("%v %+v %+v", signer, hidden, evidence.Recorder{Signer: signer}); strings.Contains(text, strings.Trim(seed, "[]")) {
		t.Errorf("a signer prints its key: %s", text)
	}
}
