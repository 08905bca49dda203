package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/drillgres/drillgres/drill/progress"
)

// progressModes are the values of --progress.
var progressModes = []string{"auto", "bar", "plain", "json", "none"}

// progressFlag adds --progress to a command.
func progressFlag(cmd *cobra.Command, mode *string) {
	cmd.Flags().StringVar(mode, "progress", "auto", "progress on stderr: auto, bar (live, on a terminal), plain, json or none")
	completeFlag(cmd, "progress", oneOfValues(progressModes...))
}

func checkProgress(mode string) error { return oneOf("--progress", mode, progressModes...) }

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	if _, live := stream.(*progress.Block); live {
		return true
	}
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalSize returns the size of a terminal in characters, or zeros if it is unknown.
func terminalSize(stream any) (width, height int) {
	f, ok := stream.(*os.File)
	if !ok {
		return 0, 0
	}
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0, 0
	}
	return width, height
}

// isDumb reports whether the terminal shows escape codes as they are.
func isDumb(e edges) bool {
	v, _ := e.getenv("TERM")
	return v == "dumb"
}

// colored reports whether to color the output to a stream: never with NO_COLOR, always with
// FORCE_COLOR, otherwise on a terminal. See https://no-color.org and https://force-color.org.
func colored(e edges, stream any) bool {
	if v, _ := e.getenv("NO_COLOR"); v != "" {
		return false
	}
	if v, _ := e.getenv("FORCE_COLOR"); v != "" && v != "0" && v != "false" {
		return true
	}
	return isTerminal(stream) && !isDumb(e)
}

// newLogger returns the log, for a person on a terminal.
func newLogger(e edges) *slog.Logger {
	if events, ok := e.stderr.(*progress.Events); ok {
		return slog.New(events.Handler())
	}
	if color := colored(e, e.stderr); color || isTerminal(e.stderr) {
		return slog.New(tint.NewTextHandler(e.stderr, &tint.Options{TimeFormat: time.TimeOnly, NoColor: !color}))
	}
	return slog.New(slog.NewTextHandler(e.stderr, nil))
}

// withProgress returns what shows the drills of these databases, and the edges whose stderr it
// does not disturb.
func withProgress(e edges, mode string, databases []string) (progress.Display, edges) {
	live := isTerminal(e.stderr) && !isDumb(e) && showsEscapes(e.stderr)
	switch {
	case mode == "json":
		e = withEvents(e)
		return e.stderr.(*progress.Events), e
	case live && (mode == "auto" || mode == "bar"):
		terminal := e.stderr
		block := progress.NewBlock(databases, progress.Options{
			Out: terminal, Size: func() (int, int) { return terminalSize(terminal) },
			Color: colored(e, terminal), Now: e.now, Leave: !isTerminal(e.stdout),
		})
		e.stderr = block
		return block, e
	case mode == "none":
		return progress.None{}, e
	default:
		return progress.Lines{Log: newLogger(e)}, e
	}
}

// withEvents returns edges whose stderr gets JSON lines only, also in a step of GitHub Actions
// whose stderr is for another program than the runner.
func withEvents(e edges) edges {
	if _, already := e.stderr.(*progress.Events); !already {
		e.stderr = progress.NewEvents(e.stderr, e.now)
	}
	if e.step != nil && !e.step.logged {
		silent := *e.step
		silent.out = io.Discard
		e.step = &silent
	}
	return e
}

// usualOf returns what reads from the history how long the stages of a database take. It knows
// nothing if the history cannot be read, which the drill reports when it is recorded.
func (s *session) usualOf(database string) func(context.Context) progress.Usual {
	if s.History == nil {
		return nil
	}
	return func(ctx context.Context) progress.Usual {
		results, _ := s.History.LastResults(ctx, database, progress.UsualDrills)
		return progress.UsualOf(results)
	}
}
