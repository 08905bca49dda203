package docker

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// reserve is what a sandbox leaves free on the engine's disk: this many bytes
// or, of a small disk, a twentieth.
const reserve = 1 << 30

// unseen is how long the disk may go unwatched.
const unseen = 2 * time.Minute

// guardDisk ends a pod that is about to fill the engine's disk. Few engines
// can limit a volume, and others live on that disk too.
func (p *pod) guardDisk(ctx context.Context) {
	seen := time.Now()
	for pause(ctx, p.pace.space) == nil && p.Cause() == nil {
		free, total, err := p.space(ctx)
		if err != nil {
			if time.Since(seen) > unseen && ctx.Err() == nil {
				p.watch.lose(outcome.Fail(outcome.SandboxLost, "the engine's free space could not be asked for during %s: %w", unseen, err))
			}
			continue
		}
		seen = time.Now()
		if full := tooFull(free, total); full != nil {
			p.watch.lose(full)
		}
	}
}

func tooFull(free, total int64) *outcome.Failure {
	least := min(reserve, total/20)
	if free >= least {
		return nil
	}
	return outcome.Fail(outcome.SandboxDiskFull, "the container engine's disk has %d MiB left of %d MiB, and a sandbox leaves at least %d MiB free",
		free>>20, total>>20, least>>20)
}

// space is that of the disk on which the engine keeps its volumes. It is asked
// for as root: what a dump can run, runs as postgres and could stop a process
// of that user.
func (p *pod) space(ctx context.Context) (free, total int64, err error) {
	var out strings.Builder
	code, err := p.Exec(ctx, sandbox.Command{User: "0", Args: []string{"df", "-P", "-k", insideCopy}, Stdout: &out})
	if err != nil {
		return 0, 0, err
	}
	if code != 0 {
		return 0, 0, fmt.Errorf("ask for the engine's free space: exit code %d", code)
	}
	return parseDf(out.String())
}

// parseDf reads the second line of POSIX's format.
func parseDf(out string) (free, total int64, err error) {
	_, line, _ := strings.Cut(out, "\n")
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return 0, 0, fmt.Errorf("read the output of df: %q", out)
	}
	if total, err = strconv.ParseInt(fields[1], 10, 64); err == nil {
		free, err = strconv.ParseInt(fields[3], 10, 64)
	}
	return free << 10, total << 10, err
}
