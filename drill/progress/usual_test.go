package progress

import (
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestUsual(t *testing.T) {
	parts := before(1, 6, outcome.Restore)
	parts.Backup.Parts = []outcome.Part{{SizeBytes: 5}, {SizeBytes: 30}}
	failed := before(10, 0, outcome.Restore)
	failed.Stages[0].Status = outcome.StageFailed
	all := func(seconds ...float64) (results []outcome.Result) {
		for _, s := range seconds {
			results = append(results, before(10, s, outcome.App, outcome.Restore))
		}
		return results
	}
	for name, c := range map[string]struct {
		past  []outcome.Result
		stage outcome.Stage
		size  int64
		want  float64
		known bool
	}{
		"no history":                 {nil, outcome.App, 0, 0, false},
		"another stage":              {all(1), outcome.Migrate, 0, 0, false},
		"one":                        {all(3), outcome.App, 0, 3, true},
		"two":                        {all(3, 5), outcome.App, 0, 4, true},
		"one that was slow":          {all(3, 4, 500, 5, 4), outcome.App, 0, 4, true},
		"a backup of another size":   {all(3), outcome.Restore, 40, 12, true},
		"which does not slow an app": {all(3), outcome.App, 40, 3, true},
		"of unknown size":            {all(3), outcome.Restore, 0, 3, true},
		"of a size unknown then":     {[]outcome.Result{before(0, 3, outcome.Restore)}, outcome.Restore, 40, 3, true},
		"of parts":                   {[]outcome.Result{parts}, outcome.Restore, 15, 3, true},
		"a release failed":           {[]outcome.Result{failed}, outcome.Restore, 0, 0, false},
	} {
		got, known := UsualOf(c.past).seconds(c.stage, c.size)
		if got != c.want || known != c.known {
			t.Errorf("%s: %v, %t, want %v", name, got, known, c.want)
		}
	}
}
