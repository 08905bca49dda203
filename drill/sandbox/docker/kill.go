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

// announce is run before the command: it tells the command's process id, by
// which alone it can be killed, as the first line of its standard error.
const announce = `echo $$ >&2; exec "$@"`

// kill ends the command and all that it started. Where that does not work and
// the command must not live on, its container goes with it.
func (x *execution) kill() {
	ctx, cancel := context.WithTimeout(context.Background(), killWithin)
	defer cancel()
	if x.killProcess(ctx) != nil && x.box.vital {
		_, _ = x.box.client.ContainerKill(ctx, x.box.id, client.ContainerKillOptions{Signal: "KILL"})
	}
}

func (x *execution) killProcess(ctx context.Context) error {
	pid, err := x.pid.wait(ctx)
	if err != nil {
		return err
	}
	const script = `kill -s KILL -- "-$1" 2>/dev/null || kill -s KILL "$1" 2>/dev/null || ! kill -0 "$1" 2>/dev/null`
	killer := *x.box
	killer.shell, killer.vital, killer.look = false, false, func(context.Context) error { return nil }
	code, err := killer.Exec(ctx, sandbox.Command{Args: []string{"sh", "-c", script, "sh", pid}, User: x.user})
	if err == nil && code != 0 {
		err = fmt.Errorf("kill %s in %s: exit code %d", x.name, x.box.name, code)
	}
	return err
}

// pidLine takes the first line of a command's standard error, which is its
// process id, and passes on the rest.
type pidLine struct {
	known chan struct{} // closed when the line is complete; nil: none comes
	line  []byte
	rest  io.Writer
}

func knownPid(pid string) pidLine {
	p := pidLine{known: make(chan struct{}), line: []byte(pid)}
	close(p.known)
	return p
}

func (p *pidLine) Write(b []byte) (int, error) {
	if p.seen() {
		return p.rest.Write(b)
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
	n, err := p.rest.Write([]byte(rest))
	return len(b) - len(rest) + n, err
}

func (p *pidLine) seen() bool {
	select {
	case <-p.known: // a nil channel is never ready
		return true
	default:
		return false
	}
}

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
