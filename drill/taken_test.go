package drill_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/verify"
)

// dated is a drill of a backup with the given times.
type dated struct {
	*script
	object  locate.Object
	stated  snapshot.Stated
	checked snapshot.Range // what the verify stage got
}

func (d *dated) Locate(context.Context) (locate.Backup, error) {
	return locate.Backup{Object: d.object}, nil
}

func (d *dated) Fetch(ctx context.Context, b locate.Backup, p outcome.Progress) (fetch.File, error) {
	f, err := d.script.Fetch(ctx, b, p)
	f.Contents.Source.TakenAt = d.stated
	return f, err
}

func (d *dated) Verify(_ context.Context, _ provision.Server, _ inspect.Promise, taken snapshot.Range, _ outcome.Progress) (verify.Report, error) {
	d.checked = taken
	return verify.Report{}, nil
}

// TestOneTimeForAll checks that the stages, the RPO and the result use the same time.
func TestOneTimeForAll(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 1, 0, 0, time.UTC)
	noon := now.Add(-time.Minute)
	object := locate.Object{ModifiedAt: noon.Add(2 * time.Second), Size: 1 << 20}
	newYork, err := snapshot.LoadZone("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		stated  snapshot.Stated
		zone    *time.Location
		object  locate.Object
		taken   time.Time // as the result has it
		between []time.Time
		finding bool
	}{
		"archive":                 {snapshot.Stated{Clock: noon.Add(-5 * time.Hour)}, nil, object, noon, []time.Time{noon, noon}, true},
		"archive with its zone":   {snapshot.Stated{Clock: noon.Add(-5 * time.Hour)}, newYork, object, noon, []time.Time{noon, noon}, false},
		"script that states it":   {snapshot.Exactly(noon), nil, object, noon, []time.Time{noon, noon}, false},
		"script that states none": {snapshot.Stated{}, nil, object, time.Time{}, []time.Time{object.ModifiedAt.Add(-10*time.Minute - time.Second), object.ModifiedAt}, false},
		"nothing is known":        {snapshot.Stated{}, nil, locate.Object{}, time.Time{}, nil, false},
		"archive, object undated": {snapshot.Stated{Clock: noon}, nil, locate.Object{Size: 1}, noon, []time.Time{noon.Add(-14 * time.Hour), noon}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &dated{script: newScript(), object: c.object, stated: c.stated}
			d := s.drill()
			d.Now, d.Locator, d.Fetcher, d.Verifier, d.Timezone = func() time.Time { return now }, s, s, s, c.zone
			r := d.Run(t.Context())
			if diff := cmp.Diff(c.between, r.Backup.TakenBetween); diff != "" || !r.Backup.TakenAt.Equal(c.taken) {
				t.Errorf("taken %s, between %s", r.Backup.TakenAt, r.Backup.TakenBetween)
			}
			if diff := cmp.Diff(c.between, s.checked.Between()); diff != "" {
				t.Errorf("verify got %s", diff)
			}
			if (r.RPOSeconds == nil) != (c.between == nil) || r.RPOSeconds != nil && math.Abs(*r.RPOSeconds-60) > 2 {
				t.Errorf("rpo %v", r.RPOSeconds)
			}
			found := false
			for _, f := range r.Findings {
				found = found || f.Code == "timezone_unknown"
			}
			if found != c.finding {
				t.Errorf("findings %+v", r.Findings)
			}
		})
	}
}
