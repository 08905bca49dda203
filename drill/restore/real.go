package restore

import (
	"errors"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
)

// Step is how a part of a backup will be loaded.
type Step struct {
	Role string // of the part; empty: the dump
	Tool string // psql or pg_restore; empty: drillgres itself, over several sessions
	Jobs int
	Why  string // why Tool loads it
	// Program is the client program that must be there: Tool, or pg_restore, which writes the SQL of
	// an archive for drillgres. Empty: none.
	Program string
}

// Steps returns how Restore will load a backup into a server, in restore order.
func (r Restorer) Steps(s provision.Server, dump Dump) (steps []Step) {
	all := r.inDatabases(s, dump)
	partly := slices.ContainsFunc(dump.Before, func(part Dump) bool { return part.Role != globals })
	for i, one := range all {
		run := r.newRun(one.server, one.dump, nil)
		run.partly, run.hooked = i < len(all)-1 || partly, i == hookedPart(all)
		step := Step{Role: one.dump.Role, Tool: run.plan.Tool, Jobs: run.plan.Jobs, Program: run.plan.Tool}
		if run.mayLoadInParallel() {
			if step.Why = run.whyClient(); step.Why == "" {
				if step.Tool, step.Jobs = "", run.jobs(); !run.plan.File {
					step.Program = ""
				}
			}
		}
		steps = append(steps, step)
	}
	return steps
}

// adviceForReal holds what to do on a real server about a failure whose remedy is otherwise
// that of a sandbox.
var adviceForReal = map[outcome.Code]string{
	outcome.ExtensionUnavailable: "install the extension on the server, in production's version",
	outcome.PreloadMissing:       "add the library to shared_preload_libraries of the server, and restart it",
	outcome.LibraryMissing:       "install the library on the server",
	outcome.CollationMissing:     "use a server whose operating system has production's locales",
	outcome.RoleMissing:          "create the roles and their memberships on the server first, or restore those of the backup with --with-roles",
	outcome.TablespaceMissing:    "create the tablespace on the server first",
	outcome.SandboxDiskFull:      "free space on the disk of the server",
	outcome.SandboxLost:          "look at the log of the server and at the network, then drop the database, create it again, and restore from the beginning",
	outcome.SandboxOutOfMemory:   "give the server more memory, or restore with fewer jobs (--jobs)",
	outcome.SharedMemoryTooSmall: "raise the shared memory of the server (/dev/shm), or restore with fewer jobs (--jobs)",
	outcome.VersionSkew:          "restore into a server of production's major",
	outcome.ClientTooOld:         "install current client programs of production's major on this machine",
}

// advise returns an error of a real server with a remedy for it.
func advise(s provision.Server, err error) error {
	var f *outcome.Failure
	if s.IsSandbox() || !errors.As(err, &f) {
		return err
	}
	advised := *f
	if hint := adviceForReal[f.Code]; hint != "" {
		advised.Hint = hint
	}
	return &advised
}
