package drill

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/migrate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/verify"
)

// TestUndated checks that the time of a listing is not recorded as that of the backup.
func TestUndated(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for undated, want := range map[bool]time.Time{false: now, true: {}} {
		e := evidence{backup: locate.Backup{Object: locate.Object{ModifiedAt: now, Undated: undated}}}
		if got := (Drill{}).describeBackup(e).ModifiedAt; !got.Equal(want) {
			t.Errorf("undated %t: modified at %s", undated, got)
		}
	}
}

// TestTheMigrationListsItsChecksAndFindings: they are a part of the result's lists, and
// a list of their own.
func TestTheMigrationListsItsChecksAndFindings(t *testing.T) {
	e := evidence{
		verified: verify.Report{Checks: []outcome.Check{{Stage: outcome.Verify, Name: "rows"}}, Findings: []outcome.Finding{{Code: "of_verify"}}},
		migrated: migrate.Report{
			Migration: &outcome.Migration{Role: "owner"},
			Checks:    []outcome.Check{{Stage: outcome.Migrate, Name: "again", ConfigPath: "migrate.again"}},
			Findings:  []outcome.Finding{{Code: "no_lock_timeout"}},
		},
	}
	all := Drill{Database: "shop"}.allChecks(e)
	want := &outcome.Migration{
		Role:     "owner",
		Checks:   []outcome.Check{{Stage: outcome.Migrate, Name: "again", ConfigPath: "databases.shop.migrate.again"}},
		Findings: []outcome.Finding{{Code: "no_lock_timeout"}},
	}
	if diff := cmp.Diff(want, e.describeMigration(all)); diff != "" || len(all) != 2 || len(e.allFindings()) < 2 {
		t.Errorf("%s\nall checks %+v, all findings %+v", diff, all, e.allFindings())
	}
	if m := (evidence{}).describeMigration(nil); m != nil {
		t.Errorf("without a migration: %+v", m)
	}
}
