package gate

import (
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

var now = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func question() Question {
	return Question{
		Candidate: "acme/shop:1.43", Digest: "sha256:before", Current: "required", Commit: "c0ffee", AskedBy: "alice",
		MaxBackupAge: 26 * time.Hour,
	}
}

// rehearsed is a drill in which everything passed.
func rehearsed() outcome.Result {
	r := outcome.Result{
		RunID: "now", Database: "shop", StartedAt: now, FinishedAt: now.Add(time.Minute), Verdict: outcome.VerdictPassed,
		Backup:    outcome.Backup{ModifiedAt: now.Add(-3 * time.Hour)},
		Migration: &outcome.Migration{Image: "acme/shop:1.43", Digest: "sha256:ran", StatementsTotal: 2},
	}
	for _, s := range outcome.Stages {
		r.Stages = append(r.Stages, outcome.StageReport{Stage: s, Status: outcome.StagePassed})
	}
	return r
}

func failing(code outcome.Code, stage outcome.Stage) func(*Question, *outcome.Result) {
	return func(_ *Question, r *outcome.Result) {
		f := outcome.Fail(code, "it failed")
		f.Stage = stage
		r.Failure, r.Verdict, r.ExitCode = f.Report(), f.Class().Verdict(), f.Class().ExitCode()
	}
}

func status(stage outcome.Stage, s outcome.Status) func(*Question, *outcome.Result) {
	return func(_ *Question, r *outcome.Result) {
		for i := range r.Stages {
			if r.Stages[i].Stage == stage {
				r.Stages[i].Status = s
			}
		}
	}
}

func current(value string, findings ...string) func(*Question, *outcome.Result) {
	return func(q *Question, r *outcome.Result) {
		q.Current = value
		for _, code := range findings {
			r.Findings = append(r.Findings, outcome.Finding{Code: code})
		}
	}
}

func TestAnswer(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*Question, *outcome.Result)
		want    outcome.Decision
		lacking outcome.Code
		why     string
	}{
		{"all passed", current("required"), outcome.Go, "", "the backup of 3h ago restores, the migrations succeed on it, and candidate and today's release run on the new schema"},
		{"findings change nothing", current("required", "rewrites_table", "blocks_writes"), outcome.Go, "", "the migrations succeed"},
		{"nothing to migrate", current("required", "nothing_to_migrate"), outcome.Go, "", "there was nothing to migrate"},
		{"today's release was not tried", current("off"), outcome.Go, "", "was not tried there (migrate.current: off)"},
		{"today's release was not required", current("warn"), outcome.Go, "", "was not required to (migrate.current: warn)"},
		{"today's release breaks, as is accepted", current("warn", "current_breaks"), outcome.Go, "", "today's release does not (migrate.current: warn)"},

		{"the migration failed", failing(outcome.MigrationFailed, outcome.Migrate), outcome.NoGo, "", "migrations fail on production's data (migration_failed)"},
		{"it blocks too long", failing(outcome.MigrationOverBudget, outcome.Migrate), outcome.NoGo, "", "(migration_over_budget)"},
		{"it drops data", failing(outcome.MigrationDropsData, outcome.Migrate), outcome.NoGo, "", "drop values that production holds"},
		{"the candidate is ill", failing(outcome.CandidateUnhealthy, outcome.Migrate), outcome.NoGo, "", "(candidate_unhealthy)"},
		{"today's release breaks", failing(outcome.CurrentBreaks, outcome.Migrate), outcome.NoGo, "", "rolling deployment"},
		{"the backup is broken", failing(outcome.DumpTruncated, outcome.Inspect), outcome.NoGo, "", "the backup is broken"},
		{"the schema does not restore", failing(outcome.SearchPathDependency, outcome.Restore), outcome.NoGo, "", "cannot be restored from its backup"},
		{"today's release does not run", failing(outcome.SmokeFailed, outcome.App), outcome.NoGo, "", "today's release does not run on the restored backup"},
		{"over the drill's budget", failing(outcome.OverBudget, ""), outcome.NoGo, "", "exceeded its budget"},
		{"located as stale", failing(outcome.BackupStale, outcome.Locate), outcome.NoGo, "", "no backup is younger than 26h (backup_stale)"},

		{"no engine", failing(outcome.EngineUnreachable, outcome.Provision), outcome.Unknown, "", "could not be carried out (engine_unreachable)"},
		{"no image", failing(outcome.ImageUnavailable, outcome.Migrate), outcome.Unknown, "", "(image_unavailable)"},
		{"interrupted", failing(outcome.Interrupted, outcome.Restore), outcome.Unknown, "", "the drill was interrupted"},
		{"a bug", failing(outcome.Internal, outcome.Verify), outcome.Unknown, "", "a bug"},

		{"the migrations were skipped", status(outcome.Migrate, outcome.StageSkipped), outcome.Unknown, outcome.Internal, ""},
		{"the application was skipped", status(outcome.App, outcome.StageSkipped), outcome.Unknown, outcome.Internal, ""},
		{"a stage was not reached", status(outcome.Verify, outcome.StageNotReached), outcome.Unknown, outcome.Internal, ""},
		{"a stage is missing from the report", func(_ *Question, r *outcome.Result) { r.Stages = r.Stages[:7] }, outcome.Unknown, outcome.Internal, ""},
		{"the rehearsal is not recorded", func(_ *Question, r *outcome.Result) { r.Migration = nil }, outcome.Unknown, outcome.Internal, ""},
		{"no candidate was named", func(q *Question, _ *outcome.Result) { q.Candidate = "" }, outcome.Unknown, outcome.Internal, ""},
		{"no verdict", func(_ *Question, r *outcome.Result) { r.Verdict = "" }, outcome.Unknown, outcome.Internal, ""},
		{"the backup turned stale before the drill", func(_ *Question, r *outcome.Result) { r.Backup.ModifiedAt = now.Add(-27 * time.Hour) }, outcome.NoGo, outcome.BackupStale, "no backup is younger than 26h"},
		{"the age of the backup is unknown", func(_ *Question, r *outcome.Result) { r.Backup.ModifiedAt = time.Time{} }, outcome.NoGo, outcome.BackupStale, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q, r := question(), rehearsed()
			tt.change(&q, &r)
			got, lacking := q.Answer(r)
			if got.Decision != tt.want || !strings.Contains(got.Why, tt.why) || got.Why == "" || strings.ContainsAny(got.Why, "\n\t") {
				t.Errorf("got %s, %q; want %s, %q", got.Decision, got.Why, tt.want, tt.why)
			}
			code := outcome.Code("")
			if lacking != nil {
				code = lacking.Code
			}
			if code != tt.lacking {
				t.Errorf("lacking %q, want %q", code, tt.lacking)
			}
		})
	}
}

// TestNoFailureIsGo: no failure leads to a go.
func TestNoFailureIsGo(t *testing.T) {
	for _, e := range outcome.Catalogue {
		q, r := question(), rehearsed()
		failing(e.Code, outcome.Migrate)(&q, &r)
		got, _ := q.Answer(r)
		want := outcome.Unknown
		if r.Verdict == outcome.VerdictFailed {
			want = outcome.NoGo
		}
		if got.Decision != want || !strings.Contains(got.Why, string(e.Code)) {
			t.Errorf("%s: %s, %s", e.Code, got.Decision, got.Why)
		}
	}
}

func TestAnswerRecordsTheQuestion(t *testing.T) {
	q, r := question(), rehearsed()
	got, _ := q.Answer(r)
	if got.Candidate != "acme/shop:1.43" || got.CandidateDigest != "sha256:ran" || got.Commit != "c0ffee" || got.AskedBy != "alice" ||
		got.MaxBackupAge != 26*3600 || got.RestsOn != "" || got.RequireDrill != 0 {
		t.Errorf("%+v", got)
	}
	r.Migration.Image, r.Migration.Digest = "", "sha256:of-another" // SQL files
	if got, _ := q.Answer(r); got.CandidateDigest != "sha256:before" {
		t.Errorf("%+v", got)
	}
}
