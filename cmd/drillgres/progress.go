package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/lmittmann/tint"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/drillgres/drillgres/drill"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// isDumb reports whether the terminal shows escape codes as they are.
func isDumb(e edges) bool {
	v, _ := e.getenv("TERM")
	return v == "dumb"
}

// colored reports whether to color the output to a stream. It follows
// https://no-color.org.
func colored(e edges, stream any) bool {
	if v, _ := e.getenv("NO_COLOR"); v != "" || isDumb(e) {
		return false
	}
	return isTerminal(stream)
}

func newLogger(e edges) *slog.Logger {
	if isTerminal(e.stderr) {
		return slog.New(tint.NewTextHandler(e.stderr, &tint.Options{TimeFormat: time.TimeOnly, NoColor: !colored(e, e.stderr)}))
	}
	return slog.New(slog.NewTextHandler(e.stderr, nil))
}

// newObserver returns an observer that shows the progress of a drill: a live line on a
// terminal, otherwise one log line for each stage. It returns nil if mode is none.
func newObserver(e edges, mode, runID, database string) drill.Observer {
	if mode == "auto" {
		mode = "plain"
		if isTerminal(e.stderr) {
			mode = "bar"
		}
	}
	if mode == "bar" && isDumb(e) {
		mode = "plain" // a live line needs escape codes, or repeats itself
	}
	switch mode {
	case "bar":
		return &barObserver{out: e.stderr, color: colored(e, e.stderr), database: database}
	case "plain":
		return logObserver{log: newLogger(e).With("run_id", runID, "database", database)}
	default:
		return nil
	}
}

// logObserver writes one line at the end of each stage.
type logObserver struct{ log *slog.Logger }

func (o logObserver) Started(outcome.Stage)                  {}
func (o logObserver) Progressed(outcome.Stage, int64, int64) {}

func (o logObserver) Ended(s outcome.StageReport, f *outcome.Failure) {
	took := slog.String("took", words.Elapsed(s.Seconds))
	switch s.Status {
	case outcome.StageFailed:
		o.log.Error("stage failed", "stage", s.Stage, took, "code", f.Code, "err", f)
	case outcome.StageSkipped:
		level := slog.LevelWarn
		if s.Stage == outcome.Migrate { // the backup is verified all the same
			level = slog.LevelInfo
		}
		o.log.Log(context.Background(), level, "stage skipped", "stage", s.Stage, "reason", s.Reason)
	default:
		o.log.Info("stage "+string(s.Status), "stage", s.Stage, took)
	}
}

// barObserver shows one live line: the current stage, with bytes and percentage if they
// are known. It is cleared when the stage ends, because the report follows.
type barObserver struct {
	out      io.Writer
	color    bool
	database string

	mu  sync.Mutex
	bar *progressbar.ProgressBar // of the current stage; it spins on its own while nothing is counted
	max int64
}

func (o *barObserver) Started(s outcome.Stage) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.max = -1
	options := []progressbar.Option{
		progressbar.OptionSetWriter(o.out),
		progressbar.OptionSetDescription(fmt.Sprintf("%s  %-9s", o.database, s)),
		progressbar.OptionUseIECUnits(true),
		progressbar.OptionSetWidth(24),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionEnableColorCodes(o.color),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetElapsedTime(true),
	}
	if s == outcome.Fetch || s == outcome.Restore {
		options = append(options, progressbar.OptionShowBytes(true), progressbar.OptionShowCount())
	}
	o.bar = progressbar.NewOptions64(o.max, options...)
	_ = o.bar.RenderBlank()
}

func (o *barObserver) Progressed(_ outcome.Stage, done, total int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bar == nil {
		return
	}
	if total > 0 && total != o.max {
		o.bar.ChangeMax64(total)
		o.max = total
	}
	if o.max > 0 {
		// At its maximum, the bar would finish before the stage ends.
		done = min(done, o.max-1)
	}
	_ = o.bar.Set64(done)
}

func (o *barObserver) Ended(outcome.StageReport, *outcome.Failure) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bar != nil {
		_ = o.bar.Finish()
		o.bar = nil
	}
}
