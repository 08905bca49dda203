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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// From the first signal on the default handling is back: a second one
	// ends the process at once, and the next drill sweeps what it left.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.LookupEnv))
}
