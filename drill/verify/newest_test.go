package verify

import (
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// TestFreshness judges dumps that began at noon UTC.
func TestFreshness(t *testing.T) {
	noon := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	clock := func(offset time.Duration) snapshot.Stated { return snapshot.Stated{Clock: noon.Add(offset)} }
	small := snapshot.Object{ModifiedAt: noon.Add(40 * time.Second), Size: 1 << 20}
	large := snapshot.Object{ModifiedAt: noon.Add(2 * time.Hour), Size: 8000 << 20}
	for name, c := range map[string]struct {
		taken  snapshot.Range
		lag    time.Duration
		within time.Duration
		want   outcome.CheckStatus
		saw    string
	}{
		"a lagging replica dumped in UTC":          {clock(0).Taken(nil, small), 3 * time.Hour, time.Hour, outcome.CheckFailed, "newest 2026-11-23T09:00:00Z, 3h before the backup"},
		"a lagging replica dumped in New York":     {clock(-5*time.Hour).Taken(nil, small), 3 * time.Hour, time.Hour, outcome.CheckFailed, "newest 2026-11-23T09:00:00Z, 3h before the backup"},
		"a lagging replica dumped in Tokyo":        {clock(9*time.Hour).Taken(nil, small), 3 * time.Hour, time.Hour, outcome.CheckFailed, "newest 2026-11-23T09:00:00Z, 3h before the backup"},
		"a lagging replica in a script":            {snapshot.Stated{}.Taken(nil, small), 3 * time.Hour, time.Hour, outcome.CheckFailed, "newest 2026-11-23T09:00:00Z, 2h 51m to 3h 1m before the backup"},
		"a small dump of fresh rows":               {clock(-5*time.Hour).Taken(nil, small), time.Minute, time.Hour, outcome.CheckPassed, "newest 2026-11-23T11:59:00Z, 1m before the backup"},
		"a large dump of fresh rows, zone known":   {clock(-5*time.Hour).Taken(time.FixedZone("", -5*3600), large), time.Minute, time.Hour, outcome.CheckPassed, "newest 2026-11-23T11:59:00Z, 1m before the backup"},
		"a large dump of fresh rows, zone unknown": {clock(-5*time.Hour).Taken(nil, large), time.Minute, time.Hour, outcome.CheckUnknown, "newest 2026-11-23T11:59:00Z, 1m to 2h 1m before the backup: the backup does not say exactly when it was taken"},
		"a large script of fresh rows":             {snapshot.Stated{}.Taken(nil, large), time.Minute, time.Hour, outcome.CheckUnknown, "newest 2026-11-23T11:59:00Z, 0s to 2h 1m before the backup: the backup does not say exactly when it was taken"},
		"a large dump of rows of a day":            {clock(-5*time.Hour).Taken(nil, large), 20 * time.Hour, 26 * time.Hour, outcome.CheckPassed, "newest 2026-11-22T16:00:00Z, 20h to 22h before the backup"},
		"a large dump of a lagging replica":        {clock(-5*time.Hour).Taken(nil, large), 3 * time.Hour, time.Hour, outcome.CheckFailed, "newest 2026-11-23T09:00:00Z, 3h to 5h before the backup"},
		"an object without a time":                 {clock(0).Taken(nil, snapshot.Object{SeenAt: noon.Add(10 * time.Hour)}), 3 * time.Hour, time.Hour, outcome.CheckUnknown, "newest 2026-11-23T09:00:00Z, 0s to 13h before the backup: the backup does not say exactly when it was taken"},
		"an object without a time, rows of days":   {clock(0).Taken(nil, snapshot.Object{SeenAt: noon.Add(10 * time.Hour)}), 72 * time.Hour, time.Hour, outcome.CheckFailed, "newest 2026-11-20T12:00:00Z, 2d 10h to 3d 10h before the backup"},
	} {
		newest := noon.Add(-c.lag)
		v := verdict{check: outcome.Check{Status: outcome.CheckPassed}}.judgeAge("t.at", "timestamp with time zone", &newest, c.taken, c.within)
		if v.check.Status != c.want || v.check.Saw != c.saw || (len(v.problems) > 0) != (c.want == outcome.CheckFailed) {
			t.Errorf("%s: %s, %q, %+v", name, v.check.Status, v.check.Saw, v.problems)
		}
	}
}
