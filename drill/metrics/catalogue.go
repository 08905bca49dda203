package metrics

import (
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
)

// all are the metrics. Once released, none is renamed: alerts depend on them.
var all = []metric{
	{
		name:   "drillgres_backup_verified_timestamp_seconds",
		help:   "When the newest verified backup was taken. The time since then is the real RPO. Absent if that is unknown, or no drill has passed.",
		values: func(s State, emit func(float64, ...string)) { emitVerified(s, emit, s.Verified.Snapshot) },
	},
	{
		name:   "drillgres_drill_passed_timestamp_seconds",
		help:   "When the last drill ended that verified the newest backup. Absent if none has passed.",
		values: func(s State, emit func(float64, ...string)) { emitVerified(s, emit, s.Drilled) },
	},
	{
		name: "drillgres_drill_timestamp_seconds",
		help: "When the last drill ended, whatever its verdict. 0 if there was none.",
		values: func(s State, emit func(float64, ...string)) {
			emit(ofLast(s, func(r outcome.Result) float64 { return seconds(r.FinishedAt) }))
		},
	},
	{
		name:   "drillgres_drill_verdict",
		help:   "1 for the verdict of the last drill, 0 for the other ones. All are 0 if there was none.",
		labels: []string{"verdict"},
		values: func(s State, emit func(float64, ...string)) {
			for _, v := range []outcome.Verdict{outcome.VerdictPassed, outcome.VerdictFailed, outcome.VerdictUnproved} {
				emit(ofLast(s, func(r outcome.Result) float64 { return flag(r.Verdict == v) }), string(v))
			}
		},
	},
	{
		name:   "drillgres_drill_failure",
		help:   "1 with the code, class and stage of the failure of the last drill; 0 without them if it did not fail.",
		labels: []string{"code", "class", "stage"},
		values: func(s State, emit func(float64, ...string)) {
			if s.Last == nil || s.Last.Failure == nil {
				emit(0, "", "", "") // replaces that of an earlier drill in a Pushgateway
				return
			}
			f := s.Last.Failure
			emit(1, string(f.Code), string(f.Class), string(f.Stage))
		},
	},
	{
		name: "drillgres_drill_exit_code",
		help: "Exit code of the last drill: 0 passed, 3 the backup, 4 the application, 6 over the budget, 1, 2 and 5 unproved, 7 not recorded.",
		values: func(s State, emit func(float64, ...string)) {
			emitLast(s, emit, func(r outcome.Result) float64 { return float64(r.ExitCode) })
		},
	},
	{
		name: "drillgres_drill_findings",
		help: "Number of findings of the last drill.",
		values: func(s State, emit func(float64, ...string)) {
			emitLast(s, emit, func(r outcome.Result) float64 { return float64(len(r.Findings)) })
		},
	},
	{
		name: "drillgres_drill_seconds",
		help: "Duration of the last drill.",
		values: func(s State, emit func(float64, ...string)) {
			emitLast(s, emit, func(r outcome.Result) float64 { return r.Times.Total })
		},
	},
	{
		name:   "drillgres_stage_seconds",
		help:   "Duration of each stage of the last drill that was reached.",
		labels: []string{"stage"},
		values: func(s State, emit func(float64, ...string)) {
			if s.Last == nil {
				return
			}
			reached := false
			for _, r := range s.Last.Stages {
				if r.Status == outcome.StagePassed || r.Status == outcome.StageFailed {
					reached = true
					emit(r.Seconds, string(r.Stage))
				}
			}
			if !reached {
				emit(unknown, "")
			}
		},
	},
	{
		name: "drillgres_recovery_seconds",
		help: "Real RTO: how long fetch, restore and the start of the application took in the last drill that passed. Absent if none has passed, and with restore.profile: fast.",
		values: func(s State, emit func(float64, ...string)) {
			switch {
			case s.Passed == nil:
			case s.Passed.Postgres.Profile == "fast":
				emit(unknown)
			default:
				emit(s.Passed.Times.Recovery)
			}
		},
	},
	{
		name: "drillgres_restore_seconds",
		help: "How long the restore took in the last drill that passed, also with restore.profile: fast. Absent if none has passed.",
		values: func(s State, emit func(float64, ...string)) {
			if s.Passed != nil {
				emit(s.Passed.Times.Restore)
			}
		},
	},
	{
		name: "drillgres_backup_size_bytes",
		help: "Size of the last drilled backup, as it is stored.",
		values: func(s State, emit func(float64, ...string)) {
			emitLast(s, emit, func(r outcome.Result) float64 { return float64(storedSize(r.Backup)) })
		},
	},
	{
		name: "drillgres_database_rows",
		help: "Rows of all tables in the last drill or, if it counted none, in the last one that passed.",
		values: func(s State, emit func(float64, ...string)) {
			for _, r := range []*outcome.Result{s.Last, s.Passed} {
				if r != nil && len(r.Tables) > 0 {
					emit(rowsOf(r.Tables))
					return
				}
			}
		},
	},
	{
		name:   "drillgres_objective_seconds",
		help:   "What the config allows: rpo is backup.max_age, unverified is max_unverified, rto is budget.total, restore is budget.restore. Absent without them.",
		labels: []string{"objective"},
		values: func(s State, emit func(float64, ...string)) {
			t := s.Targets
			if t == (fleet.Targets{}) {
				emit(unknown, "")
			}
			for name, target := range map[string]time.Duration{"rpo": t.Age, "unverified": t.Unverified, "rto": t.Total, "restore": t.Restore} {
				if target > 0 {
					emit(target.Seconds(), name)
				}
			}
		},
	},
	{
		name:   "drillgres_build_info",
		help:   "1, with the version of the drillgres that wrote these metrics.",
		labels: []string{"version"},
		values: func(s State, emit func(float64, ...string)) { emit(1, s.Version) },
	},
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// emitVerified emits a time of the last verified backup, if there is one. If there is none
// but by a clock that is ahead, a Pushgateway may have its time, by which no alert would fire
// until then.
func emitVerified(s State, emit func(float64, ...string), t time.Time) {
	switch {
	case s.Verified.RunID == "" && !s.Ahead:
	case t.IsZero():
		emit(unknown)
	default:
		emit(seconds(t))
	}
}

// ofLast returns a value of the last drill, or 0 if there was none.
func ofLast(s State, value func(outcome.Result) float64) float64 {
	if s.Last == nil {
		return 0
	}
	return value(*s.Last)
}

// emitLast emits a value of the last drill, if there was one.
func emitLast(s State, emit func(float64, ...string), value func(outcome.Result) float64) {
	if s.Last != nil {
		emit(value(*s.Last))
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func rowsOf(tables []outcome.Table) (rows float64) {
	for _, t := range tables {
		rows += float64(t.Rows)
	}
	return rows
}

// storedSize returns the size of a backup with all of its parts.
func storedSize(b outcome.Backup) (size int64) {
	for _, p := range b.Parts {
		size += p.SizeBytes
	}
	return max(size, b.SizeBytes)
}
