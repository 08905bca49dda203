package report

import (
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestWhatARestoreMeans checks the first sentence about a real server.
func TestWhatARestoreMeans(t *testing.T) {
	for _, c := range []struct {
		restore, verify outcome.Status
		failed          outcome.Stage
		want            string
	}{
		{outcome.StagePassed, outcome.StagePassed, "", "the backup is restored into URL"},
		{outcome.StageNotReached, outcome.StageNotReached, outcome.Inspect, "nothing was written to URL"},
		{outcome.StageFailed, outcome.StageNotReached, outcome.Restore, "URL is incomplete, as its comment says"},
		{outcome.StagePassed, outcome.StageFailed, outcome.Verify, "URL is loaded, but not accepted: content_drifted in verify"},
	} {
		r := outcome.Result{
			Verdict: outcome.VerdictPassed, Postgres: outcome.Postgres{Target: "URL"},
			Stages: []outcome.StageReport{{Stage: outcome.Restore, Status: c.restore}, {Stage: outcome.Verify, Status: c.verify}},
		}
		if c.failed != "" {
			r.Verdict, r.Failure = outcome.VerdictFailed, &outcome.FailureReport{Code: outcome.ContentDrifted, Stage: c.failed}
		}
		if got := restoreMeaning(r); !strings.HasPrefix(got, c.want) {
			t.Errorf("restore %s, verify %s: %s", c.restore, c.verify, got)
		}
	}
}
