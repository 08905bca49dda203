package recordtest

import (
	"slices"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// findsLastDrill checks which drill a check takes for the last one, and which backups for
// verified.
func findsLastDrill(t *testing.T, open Opener) {
	h := open(t)
	if _, found, err := h.LastDrill(t.Context(), "shop", Noon); found || err != nil {
		t.Errorf("without a drill: %t, %v", found, err)
	}
	twice := Drill("again", "shop", outcome.VerdictPassed, 3)
	twice.Backup = Drill("first", "shop", outcome.VerdictPassed, 0).Backup
	checked := Drill("check", "shop", outcome.VerdictPassed, 9) // does not occur, but its kind must decide
	checked.Kind = outcome.KindCheck
	Tell(t, h, Drill("first", "shop", outcome.VerdictPassed, 0), Drill("second", "shop", outcome.VerdictPassed, 2), twice,
		Drill("failed", "shop", outcome.VerdictFailed, 5), Drill("unproved", "shop", outcome.VerdictUnproved, 6),
		NamedByHand(Drill("key", "shop", outcome.VerdictPassed, 7), outcome.ChosenKey), checked,
		Drill("other", "crm", outcome.VerdictPassed, 8), Drill("future", "shop", outcome.VerdictPassed, 24))
	last, found, err := h.LastDrill(t.Context(), "shop", Noon.Add(10*time.Hour))
	if !found || err != nil || last.RunID != "again" || !last.Drilled.Equal(Noon.Add(3*time.Hour+time.Minute)) {
		t.Errorf("%+v, %t, %v", last, found, err)
	}
	backups, err := h.VerifiedBackups(t.Context(), "shop", Noon.Add(10*time.Hour))
	var uris []string
	for _, b := range backups {
		uris = append(uris, b.URI)
	}
	if want := []string{"file:///b/second", "file:///b/first"}; err != nil || !slices.Equal(uris, want) {
		t.Errorf("%q, %v; want %q", uris, err, want)
	}
}
