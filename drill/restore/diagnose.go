package restore

import (
	"context"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/serverlog"
)

const (
	// logHead is the number of bytes read from the log of the restore. The first
	// cause is at its beginning.
	logHead = 4 << 20
	// logWithin is the time to wait for an error in the server's log, which
	// another process writes.
	logWithin = 3 * time.Second
	// logInterval is the time between two reads of the log.
	logInterval = 100 * time.Millisecond
	// diagnoseWithin limits the diagnosis, whatever state the server is in.
	diagnoseWithin = time.Minute
)

// diagnose returns the failure that explains the client's exit code.
func (r *run) diagnose(ctx context.Context, code int, stderr []string, offset int64) error {
	asking, cancel := context.WithTimeoutCause(ctx, diagnoseWithin,
		outcome.Fail(outcome.SandboxLost, "%s failed, and the server's log could not be read within %s", r.plan.Tool, diagnoseWithin))
	defer cancel()
	log, err := r.readLog(asking, offset, printedServerError(stderr))
	if err != nil {
		return asFailure(err, "read the server's log")
	}
	if unhealthy := r.server.Unhealthy(asking); unhealthy != nil {
		return unhealthy
	}
	f := classify(evidence{
		Tool: r.plan.Tool, ExitCode: code, Stderr: stderr, Log: log, NoneKilledForMemory: findCrash(log) != nil && r.noneKilledForMemory(asking),
		User: r.server.User, Image: r.server.Image,
		DumpMajor: provision.Major(r.dump.DumpVersion), ServerMajor: r.server.Major,
		MadeRoles: r.server.MadeRoles, Preloaded: r.server.Preloaded,
	})
	if f.Code == outcome.SandboxDiskFull && r.Config.Profile == provision.Fast {
		f.Hint = "raise postgres.memory, half of which holds the data in profile fast, or use profile rehearsal"
	}
	first, _ := firstError(log, r.server.User)
	f = r.blameExtension(asking, r.blameLocale(asking, f, first), first)
	r.pinpoint(ctx, f, first, log, stderr)
	return r.recheckHostile(asking, f, stderr)
}

// noneKilledForMemory reports whether the kernel counts the processes of the container that it
// kills for memory (cgroup v2, then v1), and has killed none.
func (r *run) noneKilledForMemory(ctx context.Context) bool {
	code, err := r.server.Exec(ctx, sandbox.Command{Args: []string{
		"grep", "-qsx", "oom_kill 0", "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control",
	}})
	return err == nil && code == 0
}

// printedServerError reports whether the client printed an error of the server. That
// error is in the log, or soon will be.
func printedServerError(stderr []string) bool {
	for _, line := range stderr {
		if strings.Contains(line, "ERROR:") || strings.Contains(line, "FATAL:") || strings.Contains(line, "server closed") {
			return true
		}
	}
	return false
}

// readLog returns the records of the server's log from offset on. If an error is
// expected, it waits until the log contains one.
func (r *run) readLog(ctx context.Context, offset int64, expected bool) ([]serverlog.Entry, error) {
	deadline := time.Now().Add(logWithin)
	for {
		entries, err := serverlog.Head(ctx, r.server, offset, logHead)
		if err != nil {
			return nil, err
		}
		first, _ := firstError(entries, r.server.User)
		if !expected || first != nil || findCrash(entries) != nil || time.Now().After(deadline) {
			return entries, nil
		}
		select {
		case <-time.After(logInterval):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
