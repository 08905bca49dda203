package outcome

// sandboxCodes are about the sandbox, from when it is made until the drill ends.
var sandboxCodes = []Entry{
	{
		Code: SandboxOutOfMemory, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause: "The kernel killed a process of the sandbox for memory. The engine's events, the container's control group and the server's log " +
			"(terminated by signal 9) tell that; or the server itself says that it gets no more.",
		Remedy: "raise postgres.memory",
		Example: Example{
			Case:    "postgres.memory is 300MiB, and a query of the dump builds an array of 3 GB.",
			Message: "the kernel killed a process of the Postgres container for memory (a limit of 300 MiB)",
		},
		Messages: []string{
			"server process (PID 71) was terminated by signal 9: Killed", "server closed the connection unexpectedly", "out of memory",
		},
		Neighbours: []Neighbour{
			{SandboxLost, "the server is gone for another reason"},
			{SharedMemoryTooSmall, "the server lives, and speaks of a shared memory segment or of locks"},
		},
	},
	{
		Code: SandboxLost, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause: "The Postgres container died, was paused, or stopped answering. Both engine and server are asked at short intervals; 45 seconds of silence count as lost, " +
			"and so does a verify stage that does not end in its time.",
		Remedy: "check the container engine on this machine, then run the drill again",
		Example: Example{
			Case:    "Somebody ran docker kill on all containers of the machine.",
			Message: "the Postgres container ended with exit code 137",
		},
		Messages: []string{
			"server closed the connection unexpectedly", "terminating connection due to administrator command",
			"the database system is shutting down",
		},
		Neighbours: []Neighbour{
			{SandboxOutOfMemory, "the kernel killed it for memory"},
			{EngineUnreachable, "the engine did not answer in the first place"},
			{RestoreTimeout, "the server answers, and the restore takes too long"},
		},
	},
	{
		Code: SandboxDiskFull, Class: ClassEnvironment, Stages: []Stage{Provision, Restore, Verify, App},
		Cause: "No space for the restored data. The server says so, or the drill ends itself when the engine's disk has less than 1 GiB left (of a small one, a twentieth), " +
			"because others live on it too. With restore.profile: fast the data lies in memory, in half of postgres.memory.",
		Remedy: "free space where the container engine keeps its volumes (docker system df)",
		Example: Example{
			Case:    "The restored database has 30 GB, and the engine's disk had 20 GB free.",
			Message: "the container engine's disk has 1011 MiB left of 51200 MiB, and a sandbox leaves at least 1024 MiB free",
		},
		Messages: []string{`could not extend file "base/16384/16397": No space left on device`},
		Neighbours: []Neighbour{
			{SharedMemoryTooSmall, "the message names a shared memory segment: that is no disk"},
			{DiskBudgetExceeded, "it is the work directory that the backup does not fit in"},
			{SandboxOutOfMemory, "the kernel killed a process for memory"},
		},
	},
}
