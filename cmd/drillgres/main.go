// Command drillgres proves that Postgres backups restore.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// memoryGoal keeps the collector at work: a drill streams, and needs little at
// a time, however large the backup. GOMEMLIMIT overrules it.
const memoryGoal = 40 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryGoal)
	}
	// Whoever reads our output may go: the drill still cleans up and ends by
	// its own exit code.
	signal.Ignore(syscall.SIGPIPE)
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup stays nohup
		ends = append(ends, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), ends...)
	// From the first signal on the default handling is back: a second one
	// ends the process at once, and the next drill sweeps what it left.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}
