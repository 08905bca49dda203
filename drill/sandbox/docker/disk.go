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

// reserve is the number of bytes that a sandbox leaves free on the engine's
// disk. On a disk below 20 GiB it is a twentieth of the disk.
const reserve = 1 << 30

// Reserve returns how many bytes a sandbox leaves free on an engine's disk of that size.
func Reserve(total int64) int64 { return min(reserve, total/20) }

// maxUnknownSpace is how long the free space may be unknown until the pod counts
// as lost.
const maxUnknownSpace = 2 * time.Minute

// spaceWithin is how long a look at the free space may take.
const spaceWithin = 30 * time.Second

// guardDisk marks the pod as lost when it is about to fill the engine's disk.
// Few engines can limit a volume, and other programs use that disk too.
func (p *pod) guardDisk(ctx context.Context) {
	lastKnown := time.Now()
	for pause(ctx, p.intervals.space) == nil && p.Cause() == nil {
		free, total, err := p.space(ctx)
		if err != nil {
			if time.Since(lastKnown) > maxUnknownSpace && ctx.Err() == nil {
				p.watch.lose(outcome.Fail(outcome.SandboxLost, "the free space of the engine's disk has been unknown for %s: %w", maxUnknownSpace, err))
			}
			continue
		}
		lastKnown = time.Now()
		if full := checkReserve(free, total); full != nil {
			p.watch.lose(full)
		}
	}
}

// checkReserve returns a Failure if fewer bytes are free than the reserve.
func checkReserve(free, total int64) *outcome.Failure {
	least := Reserve(total)
	if free >= least {
		return nil
	}
	return outcome.Fail(outcome.SandboxDiskFull, "the container engine's disk has %d MiB of %d MiB free; a sandbox leaves at least %d MiB free",
		free>>20, total>>20, least>>20)
}

// space returns the free and total bytes of the disk on which the engine stores
// its volumes. df runs as root: code in a dump runs as postgres and could stop a
// process of that user.
func (p *pod) space(ctx context.Context) (free, total int64, err error) {
	lax := *p.box
	lax.strict = false // the sandbox goes on even if df cannot be killed
	return Space(ctx, &lax, insideCopy)
}

// Space returns the free and total bytes of the disk of a directory in a container.
func Space(ctx context.Context, in sandbox.Execer, dir string) (free, total int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, spaceWithin)
	defer cancel()
	var out strings.Builder
	code, err := in.Exec(ctx, sandbox.Command{User: "0", Args: []string{"df", "-P", "-k", dir}, Stdout: &out})
	if err != nil {
		return 0, 0, err
	}
	if code != 0 {
		return 0, 0, fmt.Errorf("read the free space of the engine's disk: df: exit code %d", code)
	}
	return parseDf(out.String())
}

// parseDf returns the bytes in the second line of df's POSIX format.
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
