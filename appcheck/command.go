package appcheck

import (
	"context"
	"fmt"
	"strings"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// maxOutput is how much of a command's output is kept, in bytes.
const maxOutput = 4 << 20

// command runs a command in the application's container, without a shell:
// there may be none.
func (c Checker) command(ctx context.Context, app sandbox.Process, args []string) answer {
	var stdout, stderr output
	exit, err := app.Exec(ctx, sandbox.Command{Args: args, Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		return answer{problem: err.Error()}
	}
	saw := fmt.Sprintf("exit %d, %d bytes of output", exit, stdout.size)
	if last := stderr.lastLine(); exit != 0 && last != "" {
		saw += ", last error line: " + cut(c.Redactor.Text(last), lineLength)
	}
	return answer{
		saw:      saw,
		env:      map[string]any{"exit": exit, "stdout": stdout.kept.String()},
		byItself: exit == 0,
	}
}

// output keeps the beginning of what is written to it, and counts all of it.
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
