package verify

import (
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestDriftOfAWindow compares single tables with the lowest count of several drills.
func TestDriftOfAWindow(t *testing.T) {
	other := rowsOf("public.other", 1_000_000)
	jobs := func(counts ...int64) (backups []outcome.Result) {
		for _, rows := range counts {
			r := outcome.Result{RunID: "then", Tables: tablesOf(other)}
			if rows >= 0 {
				r.Tables = append(r.Tables, rowsOf("public.jobs", rows))
			}
			backups = append(backups, r)
		}
		return backups
	}
	const gone = -1
	own := map[string]config.Percent{"public.jobs": 50}
	for _, c := range []struct {
		name     string
		limits   map[string]config.Percent
		drills   int
		backups  []outcome.Result
		is       int64
		problems []string
		findings []string
	}{
		{name: "a queue", drills: 4, backups: jobs(5000, 300, 4000), is: 250},
		{name: "a queue that was empty once", drills: 4, backups: jobs(5000, 0, 4000), is: 0, findings: []string{"table_emptied"}},
		{
			name: "lower than ever", drills: 4, backups: jobs(5000, 300, 4000), is: 239,
			problems: []string{"public.jobs: 239 rows, were at least 300 in the last 3 verified backups (20.33% fewer; verify.drift.rows allows 20%)"},
		},
		{name: "after two drills", drills: 2, backups: jobs(5000, 4000), is: 10, findings: []string{"content_drifted"}},
		{name: "gone after one drill", drills: 1, backups: jobs(5000), is: gone, findings: []string{"content_drifted"}},
		{name: "three drills of one backup", drills: 3, backups: jobs(5000), is: gone, problems: []string{"table public.jobs is gone (it had 5,000 rows)"}},
		{name: "it comes and goes", drills: 3, backups: jobs(5000, gone, 4000), is: gone, findings: []string{"schema_changed"}},
		{name: "a new table", drills: 3, backups: jobs(5000, gone, gone), is: gone, problems: []string{"table public.jobs is gone (it had 5,000 rows)"}},
		{
			name: "a new table that loses rows", drills: 3, backups: jobs(5000, 4900, gone), is: 3000,
			problems: []string{"public.jobs: 3,000 rows, were at least 4,900 in the last 3 verified backups (38.78% fewer; verify.drift.rows allows 20%)"},
		},
		{name: "it was not there then", drills: 3, backups: jobs(gone, 4000), is: gone},
		{
			name: "its own limit, from the first drill on", limits: own, drills: 1, backups: jobs(5000), is: 2000,
			problems: []string{"public.jobs: 2,000 rows, were 5,000 (60% fewer; verify.drift.tables allows 50%)"},
		},
		{
			name: "its own limit, after a lower count", limits: own, drills: 3, backups: jobs(5000, 100), is: 2000,
			problems: []string{"public.jobs: 2,000 rows, were 5,000 (60% fewer; verify.drift.tables allows 50%)"},
		},
		{
			name: "gone, with its own limit", limits: own, drills: 1, backups: jobs(5000), is: gone,
			problems: []string{"table public.jobs is gone (it had 5,000 rows)"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			limits := drift20
			limits.Tables = c.limits
			v := Verifier{Config: config.Verify{Drift: limits}, Past: past{}}
			got := v.checkDrift(baseline{Earlier: outcome.Earlier{Drills: c.drills, Backups: c.backups}}, content{tables: jobs(c.is)[0].Tables})
			want(t, "problems", problemTexts(got.problems), append([]string{}, c.problems...))
			want(t, "findings", findings(got.findings), c.findings)
		})
	}
	total := compare(drift20, outcome.Earlier{Drills: 1, Backups: jobs(1_000_000)}, content{tables: jobs(500_000)[0].Tables})
	want(t, "the total after one drill", problemTexts(total.problems), []string{"all tables together: 1,500,000 rows, were 2,000,000 (25% fewer; verify.drift.rows allows 20%)"})
}
