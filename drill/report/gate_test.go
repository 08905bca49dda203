package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

func gate(d outcome.Decision, why string) *outcome.Gate {
	return &outcome.Gate{
		Decision: d, Why: why, Candidate: "ghcr.io/acme/shop:1.43", CandidateDigest: "sha256:0123456789abcdef0123456789abcdef",
		Commit: "9f2c1ab", AskedBy: "alice", MaxBackupAge: 26 * 3600,
	}
}

func gateGo() outcome.Result {
	r := passed()
	r.Stages = append(r.Stages[:7:7], outcome.StageReport{Stage: outcome.Migrate, Status: outcome.StagePassed, Seconds: 4.2, Details: map[string]any{"statements": 3}})
	r.Gate = gate(outcome.Go, "the backup of 2h 50m ago restores, the release's migrations succeed on it, and the candidate and today's release run on the new schema")
	return r
}

func gateNoGo() outcome.Result {
	r := gateGo()
	f := outcome.FailureReport{
		Stage: outcome.Migrate, Code: outcome.MigrationDropsData, Class: outcome.ClassApp, Hint: outcome.MigrationDropsData.Entry().Remedy,
		Message: "the migration drops values that production holds: column public.customers.phone (of 1204 rows)",
	}
	r.Failure, r.Verdict, r.ExitCode = &f, outcome.VerdictFailed, 4
	r.Stages[7].Status = outcome.StageFailed
	r.Gate = gate(outcome.NoGo, "the release's migrations drop values that production holds (migration_drops_data)")
	return r
}

// recorded returns the answer of a gate that restores nothing.
func recorded(d outcome.Decision, why string) outcome.Result {
	r := outcome.Result{
		RunID: "20261123-150000-00c0ffee", Drillgres: "0.1.0", Database: "shop",
		Kind: outcome.KindAnswer, StartedAt: noon, FinishedAt: noon, Verdict: outcome.VerdictUnproved, Gate: gate(d, why), Times: outcome.Times{Total: 0.02},
	}
	r.Gate.CandidateDigest, r.Gate.RequireDrill = "", 24*3600
	return r
}

func restsGo() outcome.Result {
	r := recorded(outcome.Go, "the backup of 5h ago passed its drill 3h ago (run 20261123-120000-00c0ffee); no migrations were rehearsed")
	r.Gate.RestsOn, r.Backup = "20261123-120000-00c0ffee", passed().Backup
	return r
}

func restsMissing() outcome.Result {
	r := recorded(outcome.Unknown, "no drill has passed within 24h (drill_missing)")
	f := outcome.Fail(outcome.DrillMissing, "no drill has passed within 24h, as --require-drill asks")
	r.Failure, r.ExitCode = f.Report(), 5
	return r
}

func TestGate(t *testing.T) {
	notRecorded := gateGo()
	notRecorded.ExitCode, notRecorded.TellErrors = outcome.ExitNotRecorded, []string{"record drill 20261123-120000-00c0ffee: database is locked"}
	for name, r := range map[string]outcome.Result{
		"gate_go": gateGo(), "gate_no_go": gateNoGo(), "gate_rests": restsGo(), "gate_missing": restsMissing(), "gate_not_recorded": notRecorded,
	} {
		var out bytes.Buffer
		if err := Text(&out, r, Options{}); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".txt", out.Bytes())
		var page bytes.Buffer
		if err := Markdown(&page, []outcome.Result{r}, 0); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".md", page.Bytes())
		want := map[outcome.Decision]string{outcome.Go: "GO  shop  ", outcome.NoGo: "NO-GO  shop  ", outcome.Unknown: "UNKNOWN  shop  "}[r.Gate.Decision]
		if !strings.HasPrefix(out.String(), want) {
			t.Errorf("%s does not begin with %s", name, want)
		}
	}
}

func TestAnswersOfSeveralDatabases(t *testing.T) {
	crm := restsMissing()
	crm.Database = "crm"
	for _, tt := range []struct {
		results []outcome.Result
		want    string
	}{
		{[]outcome.Result{gateGo(), gateGo()}, "GO  2 databases: shop go, shop go\n\n"},
		{[]outcome.Result{gateGo(), crm}, "UNKNOWN  2 databases: shop go, crm unknown\n\n"},
		{[]outcome.Result{crm, gateNoGo(), gateGo()}, "NO-GO  3 databases: crm unknown, shop no-go, shop go\n\n"},
		{[]outcome.Result{gateGo(), {Database: "odd", Gate: &outcome.Gate{Decision: "of a future version"}}}, "UNKNOWN  2 databases: shop go, odd of a future version\n\n"},
	} {
		var out bytes.Buffer
		if err := Answers(&out, tt.results, Options{}); err != nil || out.String() != tt.want {
			t.Errorf("got %q, %v; want %q", out.String(), err, tt.want)
		}
		var page bytes.Buffer
		first, _, _ := strings.Cut(strings.Replace(tt.want, "  ", " ", 1), "\n")
		if err := Markdown(&page, tt.results, 0); err != nil || !strings.HasSuffix(strings.SplitN(page.String(), "\n", 2)[0], " "+first) {
			t.Errorf("the summary of %q, %v, begins with %q", first, err, strings.SplitN(page.String(), "\n", 2)[0])
		}
	}
}

// TestHostileAnswers has hostile texts from the environment and the config.
func TestHostileAnswers(t *testing.T) {
	const attack = "\x1b[2Jevil\nGO  shop"
	r := gateNoGo()
	g := r.Gate
	r.Database, g.Why, g.Candidate, g.CandidateDigest, g.Commit, g.AskedBy, g.RestsOn = attack, attack, attack, attack, attack, attack, attack
	borrowed := r
	asked := *g
	asked.RequireDrill = 60
	borrowed.Gate, borrowed.RunID, borrowed.Backup.URI = &asked, attack, attack
	var out bytes.Buffer
	if err := errors.Join(Text(&out, r, Options{}), Text(&out, borrowed, Options{}), Answers(&out, []outcome.Result{r, r}, Options{}),
		History(&out, Past{Drills: []outcome.Result{r, borrowed}}, noon, Options{}), Markdown(&out, []outcome.Result{r, borrowed}, 0)); err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if strings.HasPrefix(line, "GO") || strings.Contains(line, "\x1b") {
			t.Errorf("it can forge an answer: %q", line)
		}
	}
}
