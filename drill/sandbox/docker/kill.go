package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/sandbox"
)

const killWithin = 10 * time.Second

// wrapper runs the command and ends with its exit code. Its first argument is the
// end mark, which it prints on both streams when the command has ended; see
// endMarks. Before the command it prints two process ids, which are needed to kill
// it, as the first line of standard error: that of the wrapper, which leads the
// process group, and that of the command. Messages of the wrapper's shell, such as
// Killed, are discarded.
const wrapper = `end=$1; shift
exec 3>&2 2>/dev/null
(exec sh -c 'echo "$1 $$" >&2; shift; exec "$@"' sh $$ "$@" 2>&3 3>&-)
code=$?
echo "$end"; echo "$end" >&3
exit $code`

// kill kills the command and the processes that it started. If that fails in a
// strict container, kill kills the container.
func (x *execution) kill() {
	ctx, cancel := context.WithTimeout(context.Background(), killWithin)
	defer cancel()
	if x.killProcess(ctx) != nil && x.box.strict {
		_, _ = x.box.client.ContainerKill(ctx, x.box.id, client.ContainerKillOptions{Signal: "KILL"})
	}
}

func (x *execution) killProcess(ctx context.Context) error {
	pids, err := x.pid.wait(ctx)
	if err != nil {
		return err
	}
	// The last argument is the command, the first one the leader of its group.
	const script = `kill -s KILL -- "-$1" 2>/dev/null && exit
for last; do :; done
kill -s KILL "$last" 2>/dev/null || ! kill -0 "$last" 2>/dev/null`
	killer := *x.box
	killer.shell, killer.strict, killer.check = false, false, func(context.Context) error { return nil }
	args := append([]string{"sh", "-c", script, "sh"}, strings.Fields(pids)...)
	code, err := killer.Exec(ctx, sandbox.Command{Args: args, User: x.user})
	if err == nil && code != 0 {
		err = fmt.Errorf("kill %s in %s: exit code %d", x.name, x.box.name, code)
	}
	return err
}

// pidLine is a writer for a command's standard error. It stores the first line,
// which has the process ids, and writes everything after it to next.
type pidLine struct {
	known chan struct{} // closed when the line is complete; nil: no process id is printed
	line  []byte
	next  io.Writer
}

func knownPid(pid string) pidLine {
	p := pidLine{known: make(chan struct{}), line: []byte(pid)}
	close(p.known)
	return p
}

func (p *pidLine) Write(b []byte) (int, error) {
	if p.isKnown() {
		return p.next.Write(b)
	}
	line, rest, complete := strings.Cut(string(b), "\n")
	p.line = append(p.line, line...)
	if !complete {
		return len(b), nil
	}
	close(p.known)
	if rest == "" {
		return len(b), nil
	}
	n, err := p.next.Write([]byte(rest))
	return len(b) - len(rest) + n, err
}

func (p *pidLine) isKnown() bool {
	select {
	case <-p.known: // a nil channel is never ready
		return true
	default:
		return false
	}
}

// wait returns the first line. It returns an error if none was printed in time.
func (p *pidLine) wait(ctx context.Context) (string, error) {
	if p.known == nil {
		return "", errors.New("its process id is not known: the image has no shell")
	}
	ctx, cancel := context.WithTimeout(ctx, killWithin/2)
	defer cancel()
	select {
	case <-p.known:
		return string(p.line), nil
	case <-ctx.Done():
		return "", errors.New("its process id is not known")
	}
}
