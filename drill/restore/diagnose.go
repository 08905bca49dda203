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
	// logHead is how much is read of what the server logged during the
	// restore: the first cause is at its beginning.
	logHead = 4 << 20
	// logWithin is how long an error may take from psql's stderr to the
	// server's log, which another process writes.
	logWithin = 3 * time.Second
	// logInterval is how often it is looked for.
	logInterval = 100 * time.Millisecond
	// diagnoseWithin bounds the diagnosis, be the server what it may.
	diagnoseWithin = time.Minute
)

// diagnose finds out why the client ended with a code other than 0.
func (r *run) diagnose(ctx context.Context, code int, stderr []string, offset int64) error {
	asking, cancel := context.WithTimeoutCause(ctx, diagnoseWithin,
		outcome.Fail(outcome.SandboxLost, "%s failed, and the server's log could not be read within %s", r.plan.Tool, diagnoseWithin))
	defer cancel()
	log, err := r.readLog(asking, offset, serverSpoke(stderr))
	if err != nil {
		return asFailure(err, "read the server's log")
	}
	if sick := r.server.Sick(asking); sick != nil {
		return sick
	}
	f := classify(evidence{
		Tool: r.plan.Tool, ExitCode: code, Stderr: stderr, Log: log, Spared: crash(log) != nil && r.spared(asking),
		User: r.server.User, Image: r.server.Image,
		DumpMajor: major(r.dump.DumpVersion), ServerMajor: r.server.Major,
		MadeRoles: r.server.MadeRoles, Preloaded: r.server.Preloaded,
	})
	if f.Code == outcome.SandboxDiskFull && r.Config.Profile == provision.Fast {
		f.Hint = "raise postgres.memory, half of which holds the data in profile fast, or use profile rehearsal"
	}
	first, _ := firstError(log, r.server.User)
	f = r.blameLocale(asking, f, first)
	r.pinpoint(ctx, f, first, log, stderr)
	return r.secondLook(f, stderr)
}

// spared tells that the kernel counts what it kills in the container for memory
// (control groups of version 2, then 1), and has killed nothing.
func (r *run) spared(ctx context.Context) bool {
	code, err := r.server.Exec(ctx, sandbox.Command{Args: []string{
		"grep", "-qsx", "oom_kill 0", "/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control",
	}})
	return err == nil && code == 0
}

// serverSpoke tells whether the client passed on an error of the server, which
// is then in the log, or about to be.
func serverSpoke(stderr []string) bool {
	for _, line := range stderr {
		if strings.Contains(line, "ERROR:") || strings.Contains(line, "FATAL:") || strings.Contains(line, "server closed") {
			return true
		}
	}
	return false
}

// readLog reads what the server logged from offset on; if expected, until
// there is an error in it.
func (r *run) readLog(ctx context.Context, offset int64, expected bool) ([]serverlog.Entry, error) {
	deadline := time.Now().Add(logWithin)
	for {
		entries, err := serverlog.Head(ctx, r.server, offset, logHead)
		if err != nil {
			return nil, err
		}
		first, _ := firstError(entries, r.server.User)
		if !expected || first != nil || crash(entries) != nil || time.Now().After(deadline) {
			return entries, nil
		}
		select {
		case <-time.After(logInterval):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}
