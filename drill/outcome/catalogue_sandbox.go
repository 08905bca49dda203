package outcome

// sandboxCodes can be found as long as the sandbox exists.
var sandboxCodes = []Entry{
	{
		Code: SandboxOutOfMemory, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause: "The sandbox ran out of memory, and the kernel killed one of its processes. The engine's events, the container's control group or the server's log " +
			"(terminated by signal 9) show this, or the server itself reports that it gets no more memory.",
		Remedy: "raise postgres.memory",
		Example: Example{
			Case:    "postgres.memory is 300MiB, and a query in the dump builds an array of 3 GB.",
			Message: "the kernel killed a process of the Postgres container because it ran out of memory (limit 300 MiB)",
		},
		Messages: []string{
			"server process (PID 71) was terminated by signal 9: Killed", "server closed the connection unexpectedly", "out of memory",
		},
		Neighbours: []Neighbour{
			{SandboxLost, "the server was lost for another reason"},
			{SharedMemoryTooSmall, "the server still runs, and reports a shared memory segment or its locks"},
		},
	},
	{
		Code: SandboxLost, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause: "The Postgres container exited, was paused, or stopped answering. Engine and server are both checked at short intervals; 45 seconds without an answer " +
			"count as lost, and so does a verify stage that does not end in time. So does a server that cannot read a page which it has written itself: no dump can contain one.",
		Remedy: "check the container engine, the disk and the memory of this machine, then run the drill again",
		Example: Example{
			Case:    "Someone ran docker kill on all containers of the machine.",
			Message: "the Postgres container ended with exit code 137",
		},
		Messages: []string{
			"server closed the connection unexpectedly", "terminating connection due to administrator command",
			"the database system is shutting down", "invalid page in block 0 of relation base/16384/16397",
		},
		Neighbours: []Neighbour{
			{SandboxOutOfMemory, "the kernel killed it because memory ran out"},
			{EngineUnreachable, "the engine did not answer from the start"},
			{RestoreTimeout, "the server answers, but the restore takes too long"},
		},
	},
	{
		Code: SandboxDiskFull, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause: "There is no space left for the restored data. The server reports it, or the drill stops when the engine's disk has less than 1 GiB left (a twentieth " +
			"of a small disk), because other programs use it too. With restore.profile: fast, the data is stored in memory, in half of postgres.memory.",
		Remedy: "free space where the container engine keeps its volumes (docker system df)",
		Example: Example{
			Case:    "The restored database needs 30 GB, and the engine's disk had 20 GB free.",
			Message: "the container engine's disk has 1011 MiB of 51200 MiB free; a sandbox leaves at least 1024 MiB free",
		},
		Messages: []string{`could not extend file "base/16384/16397": No space left on device`},
		Neighbours: []Neighbour{
			{SharedMemoryTooSmall, "the message names a shared memory segment, which is not on a disk"},
			{DiskBudgetExceeded, "the backup does not fit in the work directory"},
			{SandboxOutOfMemory, "the kernel killed a process because memory ran out"},
		},
	},
}
