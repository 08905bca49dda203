package report

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/lastgood"
	"github.com/drillgres/drillgres/drill/outcome"
)

// searched returns a search among ten backups, of which the last three are cut.
func searched() lastgood.Report {
	age := (3*24*time.Hour + 10*time.Hour).Seconds()
	r := lastgood.Report{
		Database: "shop", StartedAt: noon, FinishedAt: noon.Add(21 * time.Second), Answer: lastgood.Found, AgeSeconds: &age,
		Drills: 3, MaxDrills: 10, Assumed: []string{"shop-09.dump"},
	}
	for night := 10; night > 0; night-- {
		key := fmt.Sprintf("shop-%02d.dump", night)
		r.Backups = append(r.Backups, lastgood.Backup{Key: key, ModifiedAt: noon.AddDate(0, 0, night-11), State: lastgood.Untested})
	}
	for _, night := range []int{10, 8} {
		b := &r.Backups[10-night]
		b.State, b.KnownBy, b.Seconds = lastgood.Bad, lastgood.ByDrill, 0.06
		b.Verdict, b.Code, b.Stage = outcome.VerdictFailed, outcome.DumpTruncated, outcome.Inspect
	}
	good, old := &r.Backups[3], &r.Backups[6]
	good.State, good.KnownBy, good.Seconds, good.Verdict = lastgood.Good, lastgood.ByDrill, 20.8, outcome.VerdictPassed
	good.TakenAt = good.ModifiedAt.Add(-2 * time.Hour)
	old.State, old.KnownBy, old.Drilled = lastgood.Good, lastgood.ByRecord, noon.AddDate(0, 0, -6)
	old.Verdict, old.Code, old.Stage = outcome.VerdictFailed, outcome.SmokeFailed, outcome.App
	r.Backup = good
	return r
}

func TestLastGood(t *testing.T) {
	newest := searched()
	newest.Backup, newest.Assumed, newest.Backups = &newest.Backups[3], nil, newest.Backups[3:]

	none := searched()
	none.Answer, none.Backup, none.AgeSeconds, none.Older, none.Backups = lastgood.None, nil, nil, 7, none.Backups[:3]

	limited := searched()
	limited.Answer, limited.Open, limited.Contradicted = lastgood.Unfinished, []string{"shop-\x1b[31m07.dump"}, true
	limited.Skipped = []string{"shop-05.dump"}
	limited.Backups[5].State, limited.Backups[5].KnownBy, limited.Backups[5].Code, limited.Backups[5].Stage, limited.Backups[5].Verdict = lastgood.Unknown, lastgood.ByDrill, outcome.KeyMissing, outcome.Fetch, outcome.VerdictUnproved

	undrilled := searched()
	undrilled.Answer, undrilled.Backup, undrilled.Drills, undrilled.Backups = lastgood.Unfinished, nil, 0, undrilled.Backups[9:]
	undrilled.Open, undrilled.Assumed = []string{"shop-01.dump"}, nil

	lost := searched()
	lost.Answer, lost.Backup, lost.AgeSeconds, lost.Assumed, lost.Backups, lost.Failure = lastgood.Unfinished, nil, nil, nil, lost.Backups[:1], engineless().Failure
	lost.TellErrors = []string{"the history is read-only"}

	var out bytes.Buffer
	for _, r := range []lastgood.Report{searched(), newest, none, limited, undrilled, lost} {
		next := ""
		if r.Backup != nil {
			next = "drillgres run shop --backup " + r.Backup.Key
		}
		if err := LastGood(&out, r, next, Options{}); err != nil {
			t.Fatal(err)
		}
		out.WriteString("----\n")
	}
	golden(t, "lastgood.txt", out.Bytes())
}
