package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// drifted returns a drill that failed as drifted from an accepted baseline.
func drifted() outcome.Result {
	r := stopped(outcome.FailureReport{
		Stage: outcome.Verify, Code: outcome.ContentDrifted, Class: outcome.ClassBackup,
		Message: "public.orders: 35,000 rows, were 50,000 (30% fewer; verify.drift.rows allows 20%)", Object: "public.orders",
		Hint: "if the change is intended, run drillgres accept 20261123-110000-00c0ffee --reason TEXT",
	})
	r.RunID = "20261123-110000-00c0ffee"
	r.Tables = passed().Tables
	r.Baseline = &outcome.Baseline{RunID: "20261122-120000-00c0ffee", StartedAt: noon.Add(-24 * time.Hour), Accepted: "orders of 2018 are archived"}
	r.Checks = []outcome.Check{{
		Stage: outcome.Verify, Name: "drift", Kind: "builtin", Status: outcome.CheckFailed,
		Expect: "no table gone and at most 20% fewer rows and 50% fewer bytes than run 20261122-120000-00c0ffee",
		Saw:    "rows -4.29%, bytes -2%, no table gone",
	}}
	return r
}

func acceptance() record.Acceptance {
	return record.Acceptance{RunID: "20261123-110000-00c0ffee", Database: "shop", Reason: "orders of 2019 are archived", By: "alice", At: noon.Add(time.Hour)}
}

func TestTextOfADrift(t *testing.T) {
	var out bytes.Buffer
	if err := Text(&out, drifted(), Options{}); err != nil {
		t.Fatal(err)
	}
	golden(t, "drifted.txt", out.Bytes())
}

// TestHistoryShowsOnlyItsOwnAcceptances checks that an acceptance of another
// database or of a drill that is not listed is not shown.
func TestHistoryShowsOnlyItsOwnAcceptances(t *testing.T) {
	other, old := acceptance(), acceptance()
	other.Database, other.Reason = "crm", "canary"
	old.RunID, old.Reason = "20250101-000000-00c0ffee", "canary"
	var out bytes.Buffer
	if err := History(&out, Past{Drills: []outcome.Result{drifted()}, Acceptances: []record.Acceptance{other, old}}, noon, Options{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "accepted") || strings.Contains(out.String(), "canary") {
		t.Errorf("got:\n%s", out.String())
	}
}
