package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// whyGo says in one sentence what a go rests on, and what it does not.
func (q Question) whyGo(r outcome.Result) string {
	migrations := "the migrations hold on it"
	if found(r, "nothing_to_migrate") {
		migrations = "there was nothing to migrate"
	}
	text := fmt.Sprintf("the backup of %s ago restores, %s, and ", since(takenOf(r.Backup).Best(), r.StartedAt), migrations)
	switch {
	case q.Current == "off":
		return text + "the candidate runs on the new schema; today's release was not tried there (migrate.current: off)"
	case q.Current == "warn" && found(r, string(outcome.CurrentBreaks)):
		return text + "the candidate runs on the new schema; today's release does not (migrate.current: warn)"
	case q.Current == "warn":
		return text + "candidate and today's release run on the new schema, of which the latter was not required (migrate.current: warn)"
	default:
		return text + "candidate and today's release run on the new schema"
	}
}

// since is a time that has passed, to the second.
func since(then, now time.Time) string {
	if then.IsZero() {
		return "an unknown time"
	}
	return words.Span(max(now.Sub(then), 0).Truncate(time.Second))
}

func found(r outcome.Result, code string) bool {
	return slices.ContainsFunc(r.Findings, func(f outcome.Finding) bool { return f.Code == code })
}

// whyNot says in one sentence what stands in a release's way; the failure
// itself has the details.
func (q Question) whyNot(f outcome.FailureReport) string {
	return strings.TrimSuffix(q.obstacle(f), ".") + " (" + string(f.Code) + ")"
}

func (q Question) obstacle(f outcome.FailureReport) string {
	switch f.Code {
	case outcome.MigrationFailed:
		return "the release's migrations fail on production's data"
	case outcome.MigrationTimeout:
		return "the release's migrations do not end in time on production's data"
	case outcome.MigrationOverBudget:
		return "the release's migrations would take longer, or block the application for longer, than is allowed"
	case outcome.MigrationDropsData:
		return "the release's migrations drop values that production holds"
	case outcome.MigrationNotRepeatable:
		return "the release's migrations cannot be run twice"
	case outcome.CandidateUnhealthy:
		return "the candidate does not run on the migrated database"
	case outcome.CurrentBreaks:
		return "today's release does not run on the migrated database: a rolling deployment or a rollback of the code would fail"
	case outcome.RollbackBreaks:
		return "the way back does not work"
	case outcome.BackupStale:
		return fmt.Sprintf("there is no backup younger than %s", words.Span(q.MaxBackupAge))
	}
	return obstacleOf(f.Class)
}

// obstacleOf is what stands in the way where it is not the release.
func obstacleOf(c outcome.Class) string {
	switch c {
	case outcome.ClassBackup:
		return "the backup does not hold: whatever the release breaks could not be brought back"
	case outcome.ClassSchema:
		return "the database does not restore from its backup: whatever the release breaks could not be brought back"
	case outcome.ClassApp:
		return "today's release does not run on the restored backup"
	case outcome.ClassBudget:
		return "all held, but the drill took longer than its budget allows"
	case outcome.ClassSignal:
		return "interrupted before there was an answer"
	case outcome.ClassInternal:
		return "nothing is known of this release: the drill ended in a bug"
	default:
		return "nothing is known of this release: the drill could not be carried out"
	}
}
