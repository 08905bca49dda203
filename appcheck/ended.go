package appcheck

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/words"
)

const (
	keptLines  = 20
	lineLength = 400 // characters of a log line that are shown
	logsWithin = 5 * time.Second
)

// LastLines returns the last log lines of a container, shortened and without secrets
// and data. It returns none if the log cannot be read, so that the caller can report its
// own error.
func (c Checker) LastLines(ctx context.Context, p sandbox.Process) []string {
	c = c.withRedactors()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logsWithin)
	defer cancel()
	lines, err := p.Logs(ctx, keptLines)
	if err != nil {
		return nil
	}
	output := redact.Output{Names: slices.Sorted(maps.Keys(c.Config.Services)), Secrets: c.Redactor}
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = words.Shorten(output.Line(c.guessed.Text(line)), lineLength)
	}
	return shown
}

// logExcerpt returns log lines in a form that can be appended to a message.
func logExcerpt(lines []string) string {
	if len(lines) == 0 {
		return "; its log is empty"
	}
	text := strings.Join(lines, "\n")
	if strings.Contains(text, redact.Hidden) {
		return "; its last log lines, without what may be data (drillgres run --keep leaves the container and its log):\n" + text
	}
	return "; its last log lines:\n" + text
}

// ended returns the Failure of a container that ended on its own.
func ended(p sandbox.Process, what, when string, lines []string) error {
	exit, outOfMemory := p.Ended()
	if outOfMemory {
		return outcome.Fail(outcome.SandboxOutOfMemory, "the kernel killed %s because it ran out of memory%s%s", what, when, logExcerpt(lines)).
			WithHint("raise app.memory, or make the application use less")
	}
	return outcome.Fail(outcome.AppStartFailed, "%s ended with exit code %d%s%s", what, exit, when, logExcerpt(lines))
}
