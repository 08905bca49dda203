package inspect_test

import (
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
)

// Judge calculates the age from the best estimate of the snapshot's time.
func TestJudgeByTheSnapshotsTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	full := []inspect.Table{{Name: "t", Rows: 1, Bytes: 2, Data: true}}
	clock := snapshot.Stated{Clock: now.Add(-30 * time.Hour)}
	for name, c := range map[string]struct {
		stated  snapshot.Stated
		taken   snapshot.Range
		want    outcome.Code
		says    string
		finding bool
	}{
		"young":                 {snapshot.Exactly(now), snapshot.At(now.Add(-25 * time.Hour)), "", "", false},
		"old":                   {snapshot.Exactly(now), snapshot.At(now.Add(-27 * time.Hour)), outcome.BackupStale, "taken 2026-11-22T09:00:00Z;", false},
		"perhaps old":           {clock, snapshot.Range{Earliest: now.Add(-44 * time.Hour), Latest: now.Add(-18 * time.Hour), Guessed: true}, "", "", true},
		"old in every zone":     {clock, snapshot.Range{Earliest: now.Add(-53 * time.Hour), Latest: now.Add(-27 * time.Hour), Guessed: true}, outcome.BackupStale, "at the latest", true},
		"it states none":        {snapshot.Stated{}, snapshot.At(now.Add(-27 * time.Hour)), "", "", false},
		"its time is not known": {clock, snapshot.Range{}, "", "", false},
	} {
		contents := inspect.Contents{
			Source:   inspect.Source{Format: inspect.Plain, DumpVersion: "15.18", TakenAt: c.stated},
			Promises: []inspect.Promise{{Tables: full}},
		}
		found, err := inspect.Judge(contents, nil, inspect.Policy{Major: 15, MaxAge: 26 * time.Hour, Now: now, Taken: c.taken})
		if codeOf(err) != c.want || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if c.finding != (len(found) == 1 && found[0].Code == "timezone_unknown" && strings.Contains(found[0].Hint, "backup.timezone")) {
			t.Errorf("%s: findings %+v", name, found)
		}
	}
}

func TestFindingNamesTheSharedAbbreviation(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	contents := inspect.Contents{Source: inspect.Source{Format: inspect.Plain, DumpVersion: "15.18", TakenAt: snapshot.Stated{Clock: now, Zone: "CST\x1b[31m"}}}
	found, _ := inspect.Judge(contents, nil, inspect.Policy{Taken: snapshot.Range{Earliest: now, Latest: now, Guessed: true}})
	if len(found) != 1 || !strings.Contains(found[0].Message, "CST") || strings.Contains(found[0].Message, "\x1b") {
		t.Errorf("%+v", found)
	}
}
