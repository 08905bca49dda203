package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// drilled returns a drill that ended and whose backup was made the given times
// ago.
func drilled(run string, verdict outcome.Verdict, ended, made time.Duration) outcome.Result {
	r := outcome.Result{
		Kind: outcome.KindDrill, RunID: run, Database: "shop", Verdict: verdict, StartedAt: now.Add(-ended - time.Minute), FinishedAt: now.Add(-ended),
		Backup: outcome.Backup{Format: "plain", URI: "file:///" + run, ModifiedAt: now.Add(-made), TakenAt: now.Add(-made)},
		Stages: []outcome.StageReport{{Stage: outcome.App, Status: outcome.StagePassed}},
	}
	return r
}

func passed(run string, ended, made time.Duration) outcome.Result {
	return drilled(run, outcome.VerdictPassed, ended, made)
}

func failedWith(run string, code outcome.Code, stage outcome.Stage, ended time.Duration) outcome.Result {
	f := outcome.Fail(code, "it failed")
	f.Stage = stage
	r := drilled(run, f.Class().Verdict(), ended, ended)
	r.Failure, r.ExitCode = f.Report(), f.Class().ExitCode()
	return r
}

// byHand returns r as a drill of a file that was named on the command line.
func byHand(r outcome.Result) outcome.Result {
	r.Backup.Chosen = outcome.ChosenFile
	return r
}

const (
	hour = time.Hour
	day  = 24 * time.Hour
)

func TestRest(t *testing.T) {
	noApp := passed("a", hour, 2*hour)
	noApp.Stages = nil
	unknownAge := passed("a", hour, hour)
	unknownAge.Backup.ModifiedAt, unknownAge.Backup.TakenAt = time.Time{}, time.Time{}
	staleDump := passed("a", hour, 2*hour)
	staleDump.Backup.TakenAt = now.Add(-30 * hour)
	archive := staleDump
	archive.Backup.Format = "custom"
	forged, failedCheck := passed("c", hour, hour), failedWith("c", outcome.BackupStale, outcome.Locate, hour)
	forged.Kind, failedCheck.Kind = outcome.KindCheck, outcome.KindCheck
	ranged := archive
	ranged.Backup.TakenAt = now.Add(-25 * hour)
	ranged.Backup.TakenBetween = []time.Time{now.Add(-30 * hour), ranged.Backup.TakenAt}
	staleArchive := archive
	staleArchive.Backup.TakenBetween = []time.Time{now.Add(-40 * hour), archive.Backup.TakenAt}
	tests := []struct {
		name string
		past []outcome.Result
		want outcome.Decision
		code outcome.Code
		exit int
		on   string
		says string
	}{
		{"a recent one of a recent backup", []outcome.Result{passed("a", 10*hour, 12*hour)}, outcome.Go, "", 0, "a", "the backup of 12h ago passed its drill 10h ago (run a)"},
		{"exactly as old as allowed", []outcome.Result{passed("a", day, 26*hour)}, outcome.Go, "", 0, "a", ""},
		{"the newest of several", []outcome.Result{passed("a", 20*hour, 21*hour), passed("b", 2*hour, 3*hour), passed("c", 9*hour, 9*hour)}, outcome.Go, "", 0, "b", ""},
		{"a check is not a drill that passed", []outcome.Result{forged}, outcome.Unknown, outcome.DrillMissing, 5, "", "no drill has passed"},
		{"a check is not a drill that failed", []outcome.Result{failedCheck, passed("a", 10*hour, 12*hour)}, outcome.Go, "", 0, "a", ""},
		{"it booted no application", []outcome.Result{noApp}, outcome.Go, "", 0, "a", "without an application"},
		{"none", nil, outcome.Unknown, outcome.DrillMissing, 5, "", "no drill has passed within 24h"},
		{"a moment too old", []outcome.Result{passed("a", day+time.Second, 25*hour)}, outcome.Unknown, outcome.DrillMissing, 5, "", ""},
		{"from the future", []outcome.Result{passed("a", -2*time.Minute, hour)}, outcome.Unknown, outcome.DrillMissing, 5, "", ""},
		{"failed in the future", []outcome.Result{failedWith("ahead", outcome.DumpTruncated, outcome.Inspect, -300*day), passed("a", hour, 2*hour)}, outcome.Go, "", 0, "a", "1 drill that is dated in the future does not count"},
		{"undone in the future", []outcome.Result{failedWith("ahead", outcome.EngineUnreachable, outcome.Provision, -300*day), passed("a", hour, 2*hour)}, outcome.Go, "", 0, "a", "1 drill that is dated"},
		{"all in the future", []outcome.Result{failedWith("a", outcome.DumpTruncated, outcome.Inspect, -300*day), passed("b", -day, hour)}, outcome.Unknown, outcome.DrillMissing, 5, "", "no drill has passed within 24h; 2 drills that are dated"},
		{"stale, and one in the future", []outcome.Result{passed("a", hour, 27*hour), passed("b", -day, hour)}, outcome.NoGo, outcome.BackupStale, 3, "a", "1 drill that is dated"},
		{"failed, with the clock of another machine", []outcome.Result{failedWith("b", outcome.DumpTruncated, outcome.Inspect, -30*time.Second), passed("a", hour, 2*hour)}, outcome.NoGo, outcome.DumpTruncated, 3, "b", "the last drill failed"},
		{"another release failed in the future", []outcome.Result{failedWith("b", outcome.MigrationDropsData, outcome.Migrate, -300*day), passed("a", hour, 2*hour)}, outcome.Go, "", 0, "a", "1 drill that is dated"},
		{"clocks of two machines", []outcome.Result{passed("a", -30*time.Second, hour)}, outcome.Go, "", 0, "a", ""},
		{"of a backup that is too old by now", []outcome.Result{passed("a", hour, 26*hour+time.Minute)}, outcome.NoGo, outcome.BackupStale, 3, "a", "younger than 26h"},
		{"of an old dump in a young file", []outcome.Result{staleDump}, outcome.NoGo, outcome.BackupStale, 3, "a", ""},
		{"an archive of drillgres 0.1 has no time zone", []outcome.Result{archive}, outcome.Go, "", 0, "a", ""},
		{"the best estimate is young enough", []outcome.Result{ranged}, outcome.Go, "", 0, "a", "the backup of 25h ago"},
		{"the best estimate is too old", []outcome.Result{staleArchive}, outcome.NoGo, outcome.BackupStale, 3, "a", "younger than 26h"},
		{"of a backup of unknown age", []outcome.Result{unknownAge}, outcome.NoGo, outcome.BackupStale, 3, "a", ""},
		{"an old backup was drilled last", []outcome.Result{passed("a", 3*hour, 4*hour), passed("b", hour, 9*day)}, outcome.Go, "", 0, "a", ""},
		{"an old backup alone was drilled, by its name", []outcome.Result{byHand(passed("a", hour, 2*hour))}, outcome.Unknown, outcome.DrillMissing, 5, "", ""},
		{"a file failed", []outcome.Result{passed("a", 3*hour, 4*hour), byHand(failedWith("b", outcome.DumpTruncated, outcome.Inspect, hour))}, outcome.Go, "", 0, "a", ""},
		{"a newer one failed", []outcome.Result{passed("a", 3*hour, 4*hour), failedWith("b", outcome.SmokeFailed, outcome.App, hour)}, outcome.NoGo, outcome.SmokeFailed, 4, "b", "the last drill failed"},
		{"a newer one is over budget", []outcome.Result{passed("a", 3*hour, 4*hour), failedWith("b", outcome.OverBudget, "", hour)}, outcome.NoGo, outcome.OverBudget, 6, "b", ""},
		{"an older one failed", []outcome.Result{failedWith("a", outcome.DumpTruncated, outcome.Inspect, 3*hour), passed("b", hour, 2*hour)}, outcome.Go, "", 0, "b", ""},
		{"it failed, and only an old backup passed since", []outcome.Result{passed("a", 5*hour, 6*hour), failedWith("b", outcome.DumpTruncated, outcome.Inspect, 3*hour), passed("c", hour, 9*day)}, outcome.NoGo, outcome.BackupStale, 3, "c", ""},
		{"it failed, and passed since, too long ago", []outcome.Result{failedWith("b", outcome.DumpTruncated, outcome.Inspect, 50*hour), passed("c", 40*hour, 41*hour)}, outcome.Unknown, outcome.DrillMissing, 5, "", ""},
		{"a newer one was not carried out", []outcome.Result{passed("a", 3*hour, 4*hour), failedWith("b", outcome.EngineUnreachable, outcome.Provision, hour)}, outcome.Go, "", 0, "a", "run b, could not be carried out"},
		{"another release failed", []outcome.Result{passed("a", 3*hour, 4*hour), failedWith("b", outcome.MigrationDropsData, outcome.Migrate, hour)}, outcome.Go, "", 0, "a", ""},
		{"another release failed, and nothing else is known", []outcome.Result{failedWith("b", outcome.MigrationDropsData, outcome.Migrate, hour)}, outcome.Unknown, outcome.DrillMissing, 5, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := question()
			q.RequireDrill = day
			got := q.Rest(tt.past, outcome.Result{RunID: "now", Database: "shop", StartedAt: now, FinishedAt: now})
			code := outcome.Code("")
			if got.Failure != nil {
				code = got.Failure.Code
			}
			if got.Gate.Decision != tt.want || code != tt.code || got.ExitCode != tt.exit || got.Gate.RestsOn != tt.on || !strings.Contains(got.Gate.Why, tt.says) {
				t.Errorf("got %s, %q, exit %d, on %q: %s", got.Gate.Decision, code, got.ExitCode, got.Gate.RestsOn, got.Gate.Why)
			}
			if got.Verdict != outcome.VerdictUnproved || got.Kind != outcome.KindAnswer {
				t.Errorf("verdict %s: it could be taken for a drill", got.Verdict)
			}
			if got.Gate.Decision == outcome.Go && got.Backup.URI != "file:///"+tt.on {
				t.Errorf("backup %+v", got.Backup)
			}
		})
	}
}

// TestAnswersAreNotDrills: asking every 23 hours must not keep an old drill alive.
func TestAnswersAreNotDrills(t *testing.T) {
	q := question()
	q.RequireDrill, q.MaxBackupAge = day, 30*day
	past := []outcome.Result{passed("drill", 0, hour)}
	for i, want := range []outcome.Decision{outcome.Go, outcome.Unknown, outcome.Unknown} {
		at := now.Add(time.Duration(i+1) * 23 * hour)
		r := q.Rest(past, outcome.Result{RunID: "gate", StartedAt: at, FinishedAt: at})
		if r.Gate.Decision != want {
			t.Errorf("after %s: %s, %s", at.Sub(now), r.Gate.Decision, r.Gate.Why)
		}
		past = append(past, r)
	}
}
