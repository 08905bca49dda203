package report

import (
	"slices"
	"testing"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/target"
)

// TestPlanNamesTheHooks names the SQL of the config where it runs, and only if there is any.
func TestPlanNamesTheHooks(t *testing.T) {
	to, err := target.Parse("postgres://postgres@db.example/shop")
	if err != nil {
		t.Fatal(err)
	}
	const compared = "ANALYZE, the comparison with what the backup promises, "
	for _, c := range []struct {
		plan target.Plan
		want []fact
	}{
		{target.Plan{}, []fact{{"then", compared + "and the comparison with the last verified drill"}}},
		{target.Plan{Before: 1, After: 2}, []fact{
			{"first", "restore.before (1 item)"},
			{"then", compared + "restore.after (2 items), and the comparison with the last verified drill"},
		}},
	} {
		c.plan.Target = to
		got := slices.DeleteFunc(planFacts(drill.Recovery{}, c.plan), func(f fact) bool { return f.label != "first" && f.label != "then" })
		if !slices.Equal(got, c.want) {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
