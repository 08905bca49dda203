// Package progress shows drills while they run: as a block of lines on a terminal, as one
// log line a stage, or as JSON lines for programs.
package progress

import (
	"context"
	"log/slog"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Display shows the drills of a command. Its methods may be called at the same time.
type Display interface {
	// Begin shows a drill that starts, and returns what must observe its stages; nil: nothing.
	Begin(d Drill) Observer
	// Finished shows how a drill ended.
	Finished(r outcome.Result)
	// Close ends the display. It may be called twice.
	Close()
}

// Observer is a drill.Observer.
type Observer interface {
	Started(s outcome.Stage)
	Progressed(s outcome.Stage, done, total int64)
	Ended(s outcome.StageReport, f *outcome.Failure)
}

// Drill is a drill that starts.
type Drill struct {
	RunID    string
	Database string
	Title    string // shown instead of the database; may be empty

	// Usual returns how long the stages of this database usually take. It may be slow, so
	// that the drill does not wait for it. It may be nil.
	Usual func(ctx context.Context) Usual
}

// inBytes reports whether the progress of a stage is in bytes: those of the backup for fetch,
// those of the database for restore. That of verify is in tables.
func inBytes(s outcome.Stage) bool { return s == outcome.Fetch || s == outcome.Restore }

// Lines writes one log line at the end of each stage.
type Lines struct{ Log *slog.Logger }

var _ Display = Lines{}

// Begin returns an observer whose lines name the run and the database.
func (l Lines) Begin(d Drill) Observer {
	return lines{l.Log.With("run_id", d.RunID, "database", d.Database)}
}

// Finished does nothing: the report follows.
func (Lines) Finished(outcome.Result) {}

// Close does nothing.
func (Lines) Close() {}

type lines struct{ log *slog.Logger }

func (lines) Started(outcome.Stage)                  {}
func (lines) Progressed(outcome.Stage, int64, int64) {}

func (l lines) Ended(s outcome.StageReport, f *outcome.Failure) {
	took := slog.String("took", words.Elapsed(s.Seconds))
	switch s.Status {
	case outcome.StageFailed:
		l.log.Error("stage failed", "stage", s.Stage, took, "code", f.Code, "err", f)
	case outcome.StageSkipped:
		level := slog.LevelWarn
		if s.Stage == outcome.Migrate { // the backup is verified all the same
			level = slog.LevelInfo
		}
		l.log.Log(context.Background(), level, "stage skipped", "stage", s.Stage, "reason", s.Reason)
	default:
		l.log.Info("stage "+string(s.Status), "stage", s.Stage, took)
	}
}

// None shows nothing.
type None struct{}

var _ Display = None{}

// Begin returns nil.
func (None) Begin(Drill) Observer { return nil }

// Finished does nothing.
func (None) Finished(outcome.Result) {}

// Close does nothing.
func (None) Close() {}
