package fleet_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/fixtures/past"
)

var now = recordtest.Noon

func history(t *testing.T, results ...outcome.Result) *record.History {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	h := record.New(store, "history.db")
	t.Cleanup(func() { _ = h.Close() })
	recordtest.Tell(t, h, results...)
	return h
}

func read(t *testing.T, targets map[string]fleet.Targets, results ...outcome.Result) fleet.Fleet {
	t.Helper()
	f, err := fleet.Read(t.Context(), history(t, results...), targets, 90, now)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func drill(id string, verdict outcome.Verdict, hours float64, code outcome.Code) outcome.Result {
	r := recordtest.Drill(id, "shop", verdict, hours)
	if code != "" {
		r.Failure = &outcome.FailureReport{Code: code, Class: code.Class(), Stage: outcome.Verify}
	}
	return r
}

func TestState(t *testing.T) {
	passed := func(hours float64) outcome.Result { return drill("passed", outcome.VerdictPassed, hours, "") }
	failed := func(code outcome.Code) outcome.Result { return drill("second", code.Class().Verdict(), -1, code) }
	byHand := recordtest.NamedByHand(failed(outcome.DumpTruncated), outcome.ChosenFile)
	for name, c := range map[string]struct {
		drills          []outcome.Result
		age, unverified time.Duration
		want            fleet.State
	}{
		"never drilled":                  {want: fleet.Never},
		"the only drill failed":          {drills: []outcome.Result{failed(outcome.DumpTruncated)}, want: fleet.Failed},
		"the only drill was not proved":  {drills: []outcome.Result{failed(outcome.EngineUnreachable)}, want: fleet.Never},
		"passed":                         {drills: []outcome.Result{passed(-5)}, age: 26 * time.Hour, want: fleet.Proved},
		"passed, no target":              {drills: []outcome.Result{passed(-500)}, want: fleet.Proved},
		"passed long ago":                {drills: []outcome.Result{passed(-500)}, age: 26 * time.Hour, want: fleet.Overdue},
		"as old as it may be":            {drills: []outcome.Result{passed(-25)}, age: 26 * time.Hour, want: fleet.Proved},
		"then failed":                    {drills: []outcome.Result{passed(-5), failed(outcome.DumpTruncated)}, age: 26 * time.Hour, want: fleet.Failed},
		"failed is worse than overdue":   {drills: []outcome.Result{passed(-500), failed(outcome.DumpTruncated)}, age: 26 * time.Hour, want: fleet.Failed},
		"then not proved":                {drills: []outcome.Result{passed(-5), failed(outcome.EngineUnreachable)}, age: 26 * time.Hour, want: fleet.Unproved},
		"overdue is worse than unproved": {drills: []outcome.Result{passed(-500), failed(outcome.EngineUnreachable)}, age: 26 * time.Hour, want: fleet.Overdue},
		"then over budget":               {drills: []outcome.Result{passed(-5), failed(outcome.OverBudget)}, age: 26 * time.Hour, want: fleet.OverBudget},
		"then the restore did not end":   {drills: []outcome.Result{passed(-5), failed(outcome.RestoreTimeout)}, age: 26 * time.Hour, want: fleet.Failed},
		"no restore ended":               {drills: []outcome.Result{failed(outcome.RestoreTimeout)}, want: fleet.Failed},
		"only over budget":               {drills: []outcome.Result{failed(outcome.OverBudget)}, want: fleet.Never},
		"then the release was slow":      {drills: []outcome.Result{passed(-5), failed(outcome.MigrationOverBudget)}, age: 26 * time.Hour, want: fleet.Proved},
		"then the release failed":        {drills: []outcome.Result{passed(-5), failed(outcome.MigrationFailed)}, age: 26 * time.Hour, want: fleet.Proved},
		"then another backup failed":     {drills: []outcome.Result{passed(-5), byHand}, age: 26 * time.Hour, want: fleet.Proved},
		"drilled too long ago":           {drills: []outcome.Result{passed(-50)}, unverified: 48 * time.Hour, want: fleet.Overdue},
		"drilled in time":                {drills: []outcome.Result{passed(-47)}, unverified: 48 * time.Hour, want: fleet.Proved},
		"drilled in time, but too old":   {drills: []outcome.Result{passed(-47)}, age: 26 * time.Hour, unverified: 48 * time.Hour, want: fleet.Overdue},
		"undated":                        {drills: []outcome.Result{undated(-25)}, age: 26 * time.Hour, want: fleet.Proved},
		"undated, too old at least":      {drills: []outcome.Result{undated(-200 * 24)}, age: 26 * time.Hour, want: fleet.Overdue},
		"undated, too long ago":          {drills: []outcome.Result{undated(-50)}, age: 26 * time.Hour, unverified: 48 * time.Hour, want: fleet.Overdue},
		"only by a clock that is ahead":  {drills: []outcome.Result{passed(1)}, age: 26 * time.Hour, want: fleet.Never},
		"then by a clock that is ahead":  {drills: []outcome.Result{passed(-5), drill("ahead", outcome.VerdictFailed, 24, outcome.DumpTruncated)}, age: 26 * time.Hour, want: fleet.Unproved},
		"ahead, and overdue":             {drills: []outcome.Result{passed(-500), drill("ahead", outcome.VerdictPassed, 24, "")}, age: 26 * time.Hour, want: fleet.Overdue},
		"another backup, ahead":          {drills: []outcome.Result{passed(-5), recordtest.NamedByHand(drill("ahead", outcome.VerdictFailed, 24, outcome.DumpTruncated), outcome.ChosenKey)}, age: 26 * time.Hour, want: fleet.Proved},
	} {
		f := read(t, map[string]fleet.Targets{"shop": {Age: c.age, Unverified: c.unverified}}, c.drills...)
		if got := f.Databases[0].State; got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// undated is a passed drill of a backup of which neither the source nor the dump says when
// it was taken.
func undated(hours float64) outcome.Result {
	r := drill("undated", outcome.VerdictPassed, hours, "")
	r.Backup.TakenAt, r.Backup.ModifiedAt, r.Backup.TakenBetween = time.Time{}, time.Time{}, nil
	return r
}

// TestUndated checks that a backup of unknown age is neither new nor never verified.
func TestUndated(t *testing.T) {
	d := read(t, map[string]fleet.Targets{"shop": {}}, drill("before", outcome.VerdictPassed, -30, ""), undated(-5)).Databases[0]
	if age, known := d.Age(); known || !d.IsVerified() || d.LastVerified.RunID != "undated" || !d.LastVerified.Snapshot.IsZero() {
		t.Errorf("%+v, age %s", d.LastVerified, age)
	}
}

// TestLastDrilled checks that a drill counts that ended last, also if it verified an older
// backup than the one before it, as after a rollback of the source.
func TestLastDrilled(t *testing.T) {
	older := drill("older", outcome.VerdictPassed, -5, "")
	older.Backup.TakenAt, older.Backup.ModifiedAt = now.Add(-260*time.Hour), now.Add(-260*time.Hour)
	d := read(t, map[string]fleet.Targets{"shop": {Unverified: 7 * 24 * time.Hour}}, drill("newest", outcome.VerdictPassed, -240, ""), older).Databases[0]
	if d.State != fleet.Proved || d.LastVerified.RunID != "newest" || !d.LastDrilled.Equal(older.FinishedAt) {
		t.Errorf("%s, last drilled %s, %+v", d.State, d.LastDrilled, d.LastVerified)
	}
}

// TestAClockAhead checks that a drill of a clock that was a year ahead does not hide the
// failures of that year.
func TestAClockAhead(t *testing.T) {
	d := read(t, map[string]fleet.Targets{"shop": {Age: 26 * time.Hour}},
		drill("before", outcome.VerdictPassed, -48, ""), drill("ahead", outcome.VerdictPassed, 365*24, ""), drill("failed", outcome.VerdictFailed, -1, outcome.DumpTruncated)).Databases[0]
	last, _ := d.Last()
	failed, _ := d.LastFailed()
	if age, _ := d.Age(); d.State != fleet.Failed || age != 49*time.Hour || last.RunID != "failed" || failed.RunID != "failed" || d.Counts.Total() != 2 || d.Ahead != 1 {
		t.Errorf("%s, %s old, last %s, %+v", d.State, age, last.RunID, d.Counts)
	}
}

// TestNinetyDays reads a generated history of several databases.
func TestNinetyDays(t *testing.T) {
	targets := map[string]fleet.Targets{}
	for _, name := range past.Names {
		targets[name] = fleet.Targets{Age: 26 * time.Hour}
	}
	targets["ledger"], targets["media"] = fleet.Targets{Age: 50 * time.Hour}, fleet.Targets{Age: 8 * 24 * time.Hour}
	h := history(t, past.Results(now)...)
	f, err := fleet.Read(t.Context(), h, targets, 90, now)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.LoadTrends(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	checkOrder(t, f)
	checkShop(t, f.Find("shop"))
	if search := f.Find("search"); len(search.Points) > 120 || search.Points[len(search.Points)-1].RunID != search.Recent[0].RunID {
		t.Errorf("%d points, of %d drills", len(search.Points), search.Counts.Total())
	}
	if media := f.Find("media"); media.Points[len(media.Points)-1].Restore == 0 {
		t.Error("the restore that took too long is not in the trend")
	}
	if billing := f.Find("billing"); billing.Points[len(billing.Points)-1].Restore != 0 {
		t.Error("a restore of a truncated dump is in the trend")
	}
	wiki := f.Find("wiki")
	if _, verified := wiki.Age(); verified || !wiki.Next.IsZero() || wiki.Recovery != nil {
		t.Errorf("never drilled: %+v", wiki)
	}
}

func checkOrder(t *testing.T, f fleet.Fleet) {
	t.Helper()
	var order []string
	for _, d := range f.Databases {
		order = append(order, d.Name)
	}
	if diff := cmp.Diff(past.Names, order); diff != "" {
		t.Errorf("the worst first:\n%s", diff)
	}
	if len(f.Former) != 1 || f.Former[0].Name != past.Former {
		t.Errorf("not in the config: %+v", f.Former)
	}
}

func checkShop(t *testing.T, shop *fleet.Database) {
	t.Helper()
	if shop.Counts != (fleet.Counts{Passed: 87, Failed: 2, Unproved: 1}) || len(shop.Recent) != 30 || len(shop.Points) != shop.Counts.Total() {
		t.Errorf("%+v, %d recent, %d points", shop.Counts, len(shop.Recent), len(shop.Points))
	}
	first, last := shop.Points[0], shop.Points[len(shop.Points)-1]
	if !first.At.Before(last.At) || last.Size < first.Size*5/4 || last.RPO == nil || last.Recovery <= last.Restore {
		t.Errorf("the trend goes from %+v to %+v", first, last)
	}
	if want := now.Truncate(24 * time.Hour).Add(27 * time.Hour); !shop.Next.Equal(want) {
		t.Errorf("the next drill is at %s, want %s", shop.Next, want)
	}
	if failed, ok := shop.LastFailed(); !ok || failed.Code != outcome.SmokeFailed {
		t.Errorf("the last failed drill is %+v", failed)
	}
}

// TestDrillsOfTheWindow checks that older drills are not listed, and still determine the state.
func TestDrillsOfTheWindow(t *testing.T) {
	f := read(t, nil, drill("old", outcome.VerdictPassed, -100*24, ""))
	d := f.Former[0]
	if age, ok := d.Age(); !ok || age != (100*24+1)*time.Hour || len(d.Drills) != 0 || d.Counts.Total() != 0 || len(d.Recent) != 1 {
		t.Errorf("age %s, %d listed, %+v", age, len(d.Drills), d.Counts)
	}
}

func TestAccepted(t *testing.T) {
	drifted := recordtest.Drifted("drifted", "shop", -3)
	h := history(t, drifted)
	if err := h.Accept(t.Context(), record.Acceptance{RunID: "drifted", Database: "shop", Reason: "split off", By: "ann", At: now}); err != nil {
		t.Fatal(err)
	}
	f, err := fleet.Read(t.Context(), h, nil, 90, now)
	if err != nil {
		t.Fatal(err)
	}
	d := f.Find("shop")
	if a, ok := d.Acceptance("drifted"); !ok || a.Reason != "split off" || d.State != fleet.Failed {
		t.Errorf("%+v, %s", d.Accepted, d.State)
	}
	if _, ok := d.Acceptance("another"); ok {
		t.Error("another drill is accepted, too")
	}
}

func TestJSON(t *testing.T) {
	f := read(t, map[string]fleet.Targets{"shop": {Age: time.Hour}})
	document, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"state":"never_verified"`, `"age_seconds":3600`, `"age_seconds":null`, `"recent":[]`, `"trend":[]`, `"former":[]`} {
		if !strings.Contains(string(document), want) {
			t.Errorf("%s is not in %s", want, document)
		}
	}
}
