package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// whyGo returns in one sentence what a go means, and what it does not.
func (q Question) whyGo(r outcome.Result) string {
	migrations := "the migrations succeed on it"
	if hasFinding(r, "nothing_to_migrate") {
		migrations = "there was nothing to migrate"
	}
	text := fmt.Sprintf("the backup of %s ago restores, %s, and ", formatAge(takenOf(r.Backup).Best(), r.StartedAt), migrations)
	switch {
	case q.Current == "off":
		return text + "the candidate runs on the new schema; today's release was not tried there (migrate.current: off)"
	case q.Current == "warn" && hasFinding(r, string(outcome.CurrentBreaks)):
		return text + "the candidate runs on the new schema; today's release does not (migrate.current: warn)"
	case q.Current == "warn":
		return text + "candidate and today's release run on the new schema; today's release was not required to (migrate.current: warn)"
	default:
		return text + "candidate and today's release run on the new schema"
	}
}

// formatAge returns the time from then to now, to the second.
func formatAge(then, now time.Time) string {
	if then.IsZero() {
		return "an unknown time"
	}
	return words.Span(max(now.Sub(then), 0).Truncate(time.Second))
}

func hasFinding(r outcome.Result, code string) bool {
	return slices.ContainsFunc(r.Findings, func(f outcome.Finding) bool { return f.Code == code })
}

// whyNot returns in one sentence what prevents the release. The failure has the
// details.
func (q Question) whyNot(f outcome.FailureReport) string {
	return strings.TrimSuffix(q.obstacle(f), ".") + " (" + string(f.Code) + ")"
}

// obstacle returns what prevents the release, without the code.
func (q Question) obstacle(f outcome.FailureReport) string {
	switch f.Code {
	case outcome.MigrationFailed:
		return "the release's migrations fail on production's data"
	case outcome.MigrationTimeout:
		return "the release's migrations do not end in time on production's data"
	case outcome.MigrationOverBudget:
		return "the release's migrations would take longer, or block the application for longer, than allowed"
	case outcome.MigrationDropsData:
		return "the release's migrations drop values that production holds"
	case outcome.MigrationNotRepeatable:
		return "the release's migrations cannot be run twice"
	case outcome.CandidateUnhealthy:
		return "the candidate does not run on the migrated database"
	case outcome.CurrentBreaks:
		return "today's release does not run on the migrated database: a rolling deployment or a rollback of the code would fail"
	case outcome.RollbackBreaks:
		return "the rollback does not work"
	case outcome.RestoreTimeout:
		return "the restore did not end in time: it is not known whether data that the release destroys could be restored"
	case outcome.BackupStale:
		return fmt.Sprintf("no backup is younger than %s", words.Span(q.MaxBackupAge))
	}
	return obstacleOf(f.Class)
}

// obstacleOf returns what prevents the release if the release is not at fault.
func obstacleOf(c outcome.Class) string {
	switch c {
	case outcome.ClassBackup:
		return "the backup is broken: data that the release destroys could not be restored"
	case outcome.ClassSchema:
		return "the database cannot be restored from its backup: data that the release destroys could not be restored"
	case outcome.ClassApp:
		return "today's release does not run on the restored backup"
	case outcome.ClassBudget:
		return "all checks passed, but the drill exceeded its budget"
	case outcome.ClassSignal:
		return "the drill was interrupted"
	case outcome.ClassInternal:
		return "the release was not tested: drillgres has a bug"
	default:
		return "the release was not tested: the drill could not be carried out"
	}
}
