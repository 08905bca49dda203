package page

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record/recordtest"
)

// undated is a passed drill of a backup of which neither the source nor the dump says when
// it was taken.
func undated() outcome.Result {
	r := recordtest.Drill("undated", "shop", outcome.VerdictPassed, -7)
	r.Backup.TakenAt, r.Backup.ModifiedAt, r.Backup.TakenBetween = time.Time{}, time.Time{}, nil
	return r
}

// TestUndated checks that a backup of unknown age is not shown as new, or as never verified.
func TestUndated(t *testing.T) {
	f, details := read(t, map[string]fleet.Targets{"shop": {Age: 26 * time.Hour, Unverified: 48 * time.Hour}}, undated())
	_, doc := written(t, func(w io.Writer) error { return DatabasePage(w, f, f.Databases[0], details) })
	text := textOf(doc)
	for _, want := range []string{
		"age unknown", "target 26h; verified 2026-11-23 05:01 UTC; neither its source nor the dump says when it was taken",
		"last drilled 3h 59m ago, target 2d",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	_, wall := written(t, func(w io.Writer) error { return WallPage(w, f) })
	if row := textOf(elements(wall, "tbody")[0]); !strings.Contains(row, "age unknown") || len(elements(elements(wall, "tbody")[0], "meter")) > 0 {
		t.Errorf("the wall says %q", row)
	}
	_, badge := written(t, func(w io.Writer) error { return Badge(w, f.Databases[0], now, false) })
	if got := textOf(elements(badge, "title")[0]); got != "shop: verified 2026-11-23, age unknown" {
		t.Errorf("the badge says %q", got)
	}
}

// TestAClockAhead checks that a drill that is not counted is mentioned, and nothing is green.
func TestAClockAhead(t *testing.T) {
	f, details := read(t, map[string]fleet.Targets{"shop": {}}, recordtest.Drill("ok", "shop", outcome.VerdictPassed, -7), recordtest.Drill("ahead", "shop", outcome.VerdictFailed, 24))
	const want = "1 drill of a clock that is ahead is not counted"
	for name, write := range map[string]func(io.Writer) error{
		"database": func(w io.Writer) error { return DatabasePage(w, f, f.Databases[0], details) },
		"wall":     func(w io.Writer) error { return WallPage(w, f) },
	} {
		if _, doc := written(t, write); !strings.Contains(textOf(doc), want) || !strings.Contains(textOf(doc), "unproved") {
			t.Errorf("the %s says %q", name, textOf(doc))
		}
	}
	if _, badge := written(t, func(w io.Writer) error { return Badge(w, f.Databases[0], now, false) }); textOf(elements(badge, "title")[0]) != "shop: unproved" {
		t.Errorf("the badge says %q", textOf(badge))
	}
}

// TestNegativeRPO checks that a backup whose time is after its drill meets no target.
func TestNegativeRPO(t *testing.T) {
	r := recordtest.Drill("ahead", "shop", outcome.VerdictPassed, -7)
	negative := -60.0
	r.RPOSeconds = &negative
	got := objectives(r, &fleet.Database{Targets: fleet.Targets{Age: 26 * time.Hour}})[0]
	if want := (objective{Name: "Data loss (RPO) when the drill began", Target: "26h", Measured: "not measured"}); got != want {
		t.Errorf("%+v", got)
	}
}

// TestRestoreBudget checks that a recovery is not compared with the budget of the restore,
// which is only a part of it.
func TestRestoreBudget(t *testing.T) {
	r := recordtest.Drill("passed", "shop", outcome.VerdictPassed, -7)
	r.Times = outcome.Times{Restore: 1200, Recovery: 2160, Total: 2400}
	f, _ := read(t, map[string]fleet.Targets{"shop": {Restore: 30 * time.Minute}}, r)
	if got := recoveryOf(f.Databases[0]); got.Bar != nil || got.Target != "" {
		t.Errorf("%+v", got)
	}
}
