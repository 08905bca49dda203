// Package recordtest tests what every record.Store must do. Only tests import it.
package recordtest

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// Noon is when the first drills of these tests begin.
var Noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// Opener opens a history again, as another process would.
type Opener func(t testing.TB) *record.History

// Run tests that a store keeps the contract. empty creates an empty place and
// returns a function that opens the history there.
func Run(t *testing.T, empty func(t *testing.T) Opener) {
	t.Helper()
	for name, check := range map[string]func(*testing.T, Opener){
		"an empty history answers":                      answersEmpty,
		"drills are listed newest first":                listsNewestFirst,
		"drills are listed by run and by code":          listsByRunAndCode,
		"a result is kept whole":                        keepsEverything,
		"hostile texts are kept":                        keepsHostileTexts,
		"recording again changes nothing":               recordsOnce,
		"the last verified backup is the newest":        findsLastVerified,
		"the baseline is the newest backup that passed": choosesBaseline,
		"the baseline of undated backups":               choosesUndated,
		"a backup named by hand moves nothing":          ignoresNamedByHand,
		"the last drill, and the backups verified":      findsLastDrill,
		"an answer is not a drill":                      listsAnswers,
		"standings of databases":                        listsStandings,
		"acceptances":                                   keepsAcceptances,
		"notices are replaced":                          keepsNotices,
		"many writers lose nothing":                     manyWriters,
		"many may open it first":                        manyOpenFirst,
		"a check leaves no trace":                       checksWithoutTrace,
		"a drill of a newer drillgres is refused":       refusesNewer,
		"a cancelled context returns its cause":         returnsCause,
	} {
		t.Run(name, func(t *testing.T) { check(t, empty(t)) })
	}
}

// Drill returns a drill that began hours after Noon, of a backup taken an hour
// before that.
func Drill(id, database string, verdict outcome.Verdict, hours float64) outcome.Result {
	began := Noon.Add(time.Duration(hours * float64(time.Hour)))
	return outcome.Result{
		SchemaVersion: outcome.SchemaVersion, Kind: outcome.KindDrill, RunID: id, Database: database, Verdict: verdict,
		StartedAt: began, FinishedAt: began.Add(time.Minute),
		Backup: outcome.Backup{URI: "file:///b/" + id, Chosen: outcome.ChosenLatest, TakenAt: began.Add(-time.Hour), ModifiedAt: began.Add(-time.Minute)},
	}
}

// NamedByHand returns r as a drill of a backup that was not chosen as the newest.
func NamedByHand(r outcome.Result, how outcome.Chosen) outcome.Result {
	r.Backup.Chosen = how
	return r
}

// Drifted returns a drill that failed as drifted.
func Drifted(id, database string, hours float64) outcome.Result {
	r := Drill(id, database, outcome.VerdictFailed, hours)
	r.Failure = &outcome.FailureReport{Stage: outcome.Verify, Code: outcome.ContentDrifted, Class: outcome.ClassBackup}
	return r
}

// Tell records drills.
func Tell(t testing.TB, h *record.History, results ...outcome.Result) {
	t.Helper()
	for _, r := range results {
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

// Listed returns the run ids that a history lists, space-separated.
func Listed(t testing.TB, h *record.History, f record.Filter) string {
	t.Helper()
	results, err := h.List(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range results {
		ids = append(ids, r.RunID)
	}
	return strings.Join(ids, " ")
}

func answersEmpty(t *testing.T, open Opener) {
	h := open(t)
	if got := Listed(t, h, record.Filter{}); got != "" {
		t.Errorf("lists %q", got)
	}
	if names, err := h.Databases(t.Context()); err != nil || len(names) != 0 {
		t.Errorf("databases %q, %v", names, err)
	}
	if v, ok, err := h.LastVerified(t.Context(), "shop", Noon); ok || err != nil {
		t.Errorf("verified %+v, %v", v, err)
	}
	if was, err := h.Earlier(t.Context(), "shop", time.Time{}, 1); len(was.Backups) != 0 || err != nil {
		t.Errorf("baseline %+v, %v", was, err)
	}
	if list, err := h.Acceptances(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("acceptances %+v, %v", list, err)
	}
}

func listsNewestFirst(t *testing.T, open Opener) {
	h := open(t)
	Tell(t, h,
		Drill("a", "shop", outcome.VerdictPassed, 0),
		Drill("c", "crm", outcome.VerdictPassed, 2),
		Drill("b", "shop", outcome.VerdictFailed, 1),
		Drill("d", "shop", outcome.VerdictPassed, 1.0000001),
		Drill("e", "shop", outcome.VerdictPassed, 1), // at the same time as b
	)
	for name, c := range map[string]struct {
		filter record.Filter
		want   string
	}{
		"all":         {record.Filter{}, "c d e b a"},
		"of one":      {record.Filter{Database: "shop"}, "d e b a"},
		"the newest":  {record.Filter{Limit: 2}, "c d"},
		"since":       {record.Filter{Since: Noon.Add(time.Hour)}, "c d e b"},
		"other zone":  {record.Filter{Since: Noon.Add(time.Hour).In(time.FixedZone("", 7200)), Database: "crm"}, "c"},
		"nothing yet": {record.Filter{Database: "wiki"}, ""},
		"no wildcard": {record.Filter{Database: "sho"}, ""},
	} {
		if got := Listed(t, open(t), c.filter); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	names, err := h.Databases(t.Context())
	if err != nil || !cmp.Equal(names, []string{"crm", "shop"}) {
		t.Errorf("databases: %v, %v", names, err)
	}
}

func listsByRunAndCode(t *testing.T, open Opener) {
	h := open(t)
	Tell(t, h, Drifted("2026-a%", "shop", 0), Drifted("2026-b", "shop", 1), Drill("2026-bb", "shop", outcome.VerdictPassed, 2))
	for name, c := range map[string]struct {
		filter record.Filter
		want   string
	}{
		"beginning":     {record.Filter{Run: "2026-b"}, "2026-bb 2026-b"},
		"no wildcards":  {record.Filter{Run: "%"}, ""},
		"taken exactly": {record.Filter{Run: "2026-a%"}, "2026-a%"},
		"code":          {record.Filter{Code: outcome.ContentDrifted}, "2026-b 2026-a%"},
	} {
		if got := Listed(t, h, c.filter); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
