package notify

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// TestDigest runs for two weeks.
func TestDigest(t *testing.T) {
	h := history(t)
	team, ops, crm := &inbox{}, &inbox{}, &inbox{}
	now := monday // 02:00, before the digest
	n := &Notifier{
		Targets: []Target{{config.Receiver{Name: "team", On: []string{"digest"}}, team}, {config.Receiver{Name: "ops"}, ops}, {config.Receiver{Name: "crm", On: []string{"digest"}, Databases: []string{"crm"}}, crm}},
		Alerts:  config.Alerts{Digest: "monday 08:00"}, History: h, Now: func() time.Time { return now }, Known: []string{"shop", "crm"},
	}
	if err := h.Tell(t.Context(), resultOf("a", nil)); err != nil {
		t.Fatal(err)
	}
	check := resultOf("c", nil) // is of interest to nobody but the digest
	check.Kind, check.Verdict, check.Findings = outcome.KindCheck, outcome.VerdictUnproved, []outcome.Finding{{Code: "credentials_expire", Message: "they end"}}
	if err := n.Tell(t.Context(), check); err != nil {
		t.Fatal(err)
	}
	ops.got = nil
	run := func(after time.Duration, sent int) []outcome.Result {
		t.Helper()
		now = monday.Add(after)
		results := n.AddDigest(t.Context(), []outcome.Result{resultOf("x", nil)})
		if len(team.got) != sent {
			t.Errorf("after %s: %d digests, want %d", after, len(team.got), sent)
		}
		return results
	}
	const day = 24 * time.Hour
	run(0, 0)
	run(5*time.Hour, 0)
	run(7*time.Hour, 1) // 09:00
	run(8*time.Hour, 1)
	run(6*day, 1)
	team.fails = errors.New("no answer")
	if last := run(7*day+6*time.Hour, 1)[0]; last.ExitCode != outcome.ExitNotRecorded || len(last.TellErrors) != 1 || last.TellErrors[0] != "notify team: no answer" {
		t.Errorf("exit %d, %q", last.ExitCode, last.TellErrors)
	}
	team.fails = nil
	run(8*day, 2) // the next run sends it
	run(13*day, 2)
	run(30*day, 3)
	if late := team.got[2].Title; late != "WEEKLY 0 of 2 databases passed the last drill, 2 not drilled this week" {
		t.Error(late)
	}
	if m := crm.got[0]; m.Title != "WEEKLY 0 of 1 database passed the last drill, 1 not drilled this week" || strings.Contains(m.Text(), "shop") {
		t.Errorf("the team of crm got %s\n%s", m.Title, m.Text())
	}
	if len(ops.got) != 0 {
		t.Error("a receiver got a digest that it does not want")
	}
	m := team.got[0]
	if m.Title != "WEEKLY 1 of 2 databases passed the last drill, 1 not drilled this week" || !strings.HasPrefix(m.Text(), "How the backups stand") ||
		!strings.Contains(m.Text(), "\ncrm: never verified\nshop: real RPO 10h, warning: credentials_expire, last drill passed on 2026-11-23 02:00 UTC\n") {
		t.Errorf("%s\n%s", m.Title, m.Text())
	}
}

// TestDigestForgets checks that a digest has no warnings of receivers that are gone, off, or
// of other databases: no check would end them.
func TestDigestForgets(t *testing.T) {
	team, gone := &inbox{}, []string{"old", "off", "crm", "keeper"}
	n := &Notifier{
		Targets: []Target{
			{config.Receiver{Name: "team", On: []string{"digest"}}, team},
			{config.Receiver{Name: "off"}, nil},
			{config.Receiver{Name: "crm", Databases: []string{"crm"}}, &inbox{}},
			{config.Receiver{Name: "keeper"}, switchboard{&inbox{}}},
		},
		Alerts: config.Alerts{Digest: "monday 08:00"}, History: history(t), Now: func() time.Time { return monday }, Known: []string{"shop"},
	}
	for _, name := range append(gone, "team") {
		notice := record.Notice{Receiver: name, Database: "shop", Kind: outcome.KindCheck, RunID: "a", Event: outcome.EventPassed, Warnings: "of_" + name}
		if err := n.History.Note(t.Context(), notice); err != nil {
			t.Fatal(err)
		}
	}
	all, err := n.standings(t.Context(), monday)
	if err != nil || len(all) != 1 || all[0].warnings != "of_team" {
		t.Errorf("%v, %+v", err, all)
	}
}

// TestDigestOfAClockAhead checks that a database is not sound beside a drill that does not
// count.
func TestDigestOfAClockAhead(t *testing.T) {
	s := standing{Standing: record.Standing{
		Database: "shop", Backup: "file:///b/shop.dump", Ahead: 1,
		Trend: record.Trend{Drills: []record.Pace{{RunID: "a", StartedAt: monday, Verdict: outcome.VerdictPassed}}},
	}}
	m := (&Notifier{}).composeDigest([]standing{s}, Target{}, monday)
	if m.Title != "WEEKLY 0 of 1 database passed the last drill" || !strings.Contains(m.Text(), "1 drill of a clock that is ahead is not counted") {
		t.Errorf("%s\n%s", m.Title, m.Text())
	}
}

// TestFastIsNoRecovery checks that the durations of a drill with restore.profile: fast are not
// stated as recovery times.
func TestFastIsNoRecovery(t *testing.T) {
	for profile, want := range map[string]float64{"rehearsal": 12, "fast": 0} {
		team, h := &inbox{}, history(t)
		n := &Notifier{Targets: []Target{{config.Receiver{Name: "team", On: []string{"passed"}}, team}}, History: h, Now: func() time.Time { return monday }, Known: []string{"shop"}}
		r := resultOf("a", nil)
		r.Postgres.Profile, r.Times = profile, outcome.Times{Restore: 10, Recovery: 12, Total: 20}
		if err := errors.Join(h.Tell(t.Context(), r), n.Tell(t.Context(), r)); err != nil {
			t.Fatal(err)
		}
		all, err := n.standings(t.Context(), monday)
		if err != nil {
			t.Fatal(err)
		}
		digest := n.composeDigest(all, n.Targets[0], monday).Text()
		for name, text := range map[string]string{"message": team.got[0].Text(), "digest": digest} {
			if strings.Contains(text, "recovery takes") != (want > 0) {
				t.Errorf("%s of profile %s:\n%s", name, profile, text)
			}
		}
		if got := team.got[0].Recovery; got != want {
			t.Errorf("profile %s: a recovery time of %g", profile, got)
		}
	}
}

// TestDigestOfFormer checks that a database which is not in the config any more is neither
// counted nor the worst for ever, and is named.
func TestDigestOfFormer(t *testing.T) {
	h := history(t)
	removed, shop := resultOf("old", nil), resultOf("new", nil)
	removed.Database = "removed"
	now := monday.AddDate(0, 0, 60)
	shop.StartedAt, shop.FinishedAt, shop.Backup.TakenAt = now, now, now.Add(-time.Hour)
	if err := errors.Join(h.Tell(t.Context(), removed), h.Tell(t.Context(), shop)); err != nil {
		t.Fatal(err)
	}
	n := &Notifier{History: h, Now: func() time.Time { return now }, Known: []string{"shop"}}
	all, err := n.standings(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	m := n.composeDigest(all, Target{}, now)
	if m.Title != "WEEKLY 1 of 1 database passed the last drill" || len(m.Facts) != 2 || m.Facts[0].Label != "shop" || m.Facts[1] != (Fact{"not in the config", "removed"}) {
		t.Errorf("%s\n%s", m.Title, m.Text())
	}
	if m := n.composeDigest(all, Target{Receiver: config.Receiver{Databases: []string{"shop"}}}, now); len(m.Facts) != 1 {
		t.Errorf("a receiver of other databases: %s", m.Text())
	}
}

func TestLastDue(t *testing.T) {
	zone := time.FixedZone("", -5*3600)
	for now, want := range map[string]string{
		"2026-11-23T08:00:00-05:00": "2026-11-23T08:00:00-05:00",
		"2026-11-23T07:59:59-05:00": "2026-11-16T08:00:00-05:00",
		"2026-11-29T23:00:00-05:00": "2026-11-23T08:00:00-05:00",
		"2026-12-01T00:00:00-05:00": "2026-11-30T08:00:00-05:00",
	} {
		at, _ := time.Parse(time.RFC3339, now)
		if got := lastDue(at.In(zone), time.Monday, 8*time.Hour).Format(time.RFC3339); got != want {
			t.Errorf("at %s: %s, want %s", now, got, want)
		}
	}
}
