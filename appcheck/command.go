package appcheck

import (
	"context"
	"fmt"
	"strings"

	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/words"
)

// maxOutput is how many bytes of a command's output are kept.
const maxOutput = 4 << 20

// command runs a command in the application's container. It uses no shell, because
// the image may not have one.
func (c Checker) command(ctx context.Context, app sandbox.Process, args []string) answer {
	var stdout, stderr output
	exit, err := app.Exec(ctx, sandbox.Command{Args: args, Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		return answer{problem: err.Error(), interrupted: true}
	}
	saw := fmt.Sprintf("exit %d, %d bytes of output", exit, stdout.size)
	if last := lastErrorLine(exit, &stdout, &stderr); last != "" {
		saw += ", last line of its errors: " + words.Shorten(c.redact(last), lineLength)
	}
	return answer{
		saw:    saw,
		env:    map[string]any{"exit": exit, "stdout": stdout.kept.String()},
		passes: exit == 0,
	}
}

// lastErrorLine returns the last error line of a failed command. An engine writes
// to standard output that a command could not be started.
func lastErrorLine(exit int, stdout, stderr *output) string {
	const cannotRun, notFound = 126, 127
	switch last := stderr.lastLine(); {
	case exit == 0:
		return ""
	case last == "" && (exit == cannotRun || exit == notFound):
		return stdout.lastLine()
	default:
		return last
	}
}

// output keeps the beginning of what is written to it, and counts all bytes.
type output struct {
	kept strings.Builder
	size int64
}

func (o *output) Write(b []byte) (int, error) {
	o.size += int64(len(b))
	if room := maxOutput - o.kept.Len(); room > 0 {
		o.kept.Write(b[:min(len(b), room)]) // never fails
	}
	return len(b), nil
}

func (o *output) lastLine() string {
	lines := strings.Split(strings.TrimSpace(o.kept.String()), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
