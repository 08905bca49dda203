package fleet_test

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record/recordtest"
)

// TestObjectives checks that no objective contradicts the verdict of its drill.
func TestObjectives(t *testing.T) {
	targets := fleet.Targets{Age: 26 * time.Hour, Restore: 2 * time.Minute, Total: time.Hour}
	// base took 30 minutes; its backup was 25:50 old when it began, and 26:20 when it ended.
	base := func(verdict outcome.Verdict, code outcome.Code) outcome.Result {
		r := drill("run", verdict, -1, code)
		rpo := (26*time.Hour + 20*time.Minute).Seconds()
		r.FinishedAt, r.RPOSeconds = r.StartedAt.Add(30*time.Minute), &rpo
		r.Times = outcome.Times{Restore: 60, Recovery: 600, Total: 1800}
		return r
	}
	fast := base(outcome.VerdictPassed, "")
	fast.Postgres.Profile = "fast"
	slow := base(outcome.VerdictFailed, outcome.OverBudget)
	slow.Times.Restore = 300
	for name, c := range map[string]struct {
		r    outcome.Result
		want map[string]string
	}{
		"passed":              {base(outcome.VerdictPassed, ""), map[string]string{"rpo": "met", "recovery": "met", "restore": "met", "total": "met"}},
		"named by hand":       {recordtest.NamedByHand(base(outcome.VerdictPassed, ""), outcome.ChosenKey), map[string]string{"rpo": "no target", "total": "met"}},
		"profile fast":        {fast, map[string]string{"recovery": "not measured", "restore": "met"}},
		"over budget":         {slow, map[string]string{"rpo": "met", "restore": "missed", "total": "met"}},
		"unproved":            {base(outcome.VerdictUnproved, outcome.EngineUnreachable), map[string]string{"rpo": "open", "restore": "open", "total": "open"}},
		"failed, ended early": {base(outcome.VerdictFailed, outcome.DumpTruncated), map[string]string{"rpo": "open", "restore": "open", "total": "open"}},
	} {
		for _, o := range fleet.ObjectivesOf(c.r, targets) {
			got := "open"
			switch {
			case o.Target == 0:
				got = "no target"
			case o.Measured == 0:
				got = "not measured"
			case o.Judged && o.Met():
				got = "met"
			case o.Judged:
				got = "missed"
			}
			if want := c.want[o.Name]; want != "" && got != want {
				t.Errorf("%s, %s: %s, want %s", name, o.Name, got, want)
			}
		}
	}
}
