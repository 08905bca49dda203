package appcheck

import (
	"context"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/words"
)

const (
	keptLines  = 20
	lineLength = 200 // characters that are shown of a log line: it may hold rows
	logsWithin = 5 * time.Second
)

// LastLines are the last log lines of a container, fit to be shown. A log that
// cannot be read has none: what went wrong with the container matters more.
func (c Checker) LastLines(ctx context.Context, p sandbox.Process) []string {
	c = c.discreet()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), logsWithin)
	defer cancel()
	lines, err := p.Logs(ctx, keptLines)
	if err != nil {
		return nil
	}
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = words.Shorten(c.text(line), lineLength)
	}
	return shown
}

// lastWords appends log lines to a message.
func lastWords(lines []string) string {
	if len(lines) == 0 {
		return "; its log is empty"
	}
	return "; its last log lines:\n" + strings.Join(lines, "\n")
}

// ended is the failure of a container that ended by itself.
func ended(p sandbox.Process, who, when string, lines []string) error {
	exit, outOfMemory := p.Ended()
	if outOfMemory {
		return outcome.Fail(outcome.SandboxOutOfMemory, "%s was killed by the kernel for memory%s%s", who, when, lastWords(lines)).
			WithHint("give the container engine more memory, or let the application use less")
	}
	return outcome.Fail(outcome.AppStartFailed, "%s ended with exit code %d%s%s", who, exit, when, lastWords(lines))
}
