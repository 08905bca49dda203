package outcome

// anyCodes can be found in any stage.
var anyCodes = []Entry{
	{
		Code: OverBudget, Class: ClassBudget,
		Cause: "The backup restored and every check passed, but the drill took longer than the budget allows. budget.restore limits the restore, budget.total the " +
			"whole drill.",
		Remedy: "raise budget.restore or budget.total, or make the restore faster (restore.jobs, postgres.cpus, postgres.memory)",
		Example: Example{
			Case:    "The database has grown since budget.restore was set.",
			Message: "took 1931.4s, but budget.restore allows 30m0s",
		},
		Neighbours: []Neighbour{
			{RestoreTimeout, "restore.timeout ended the restore, so it is not known whether the backup restores"},
		},
	},
	{
		Code: ControlFailed, Class: ClassInternal,
		Cause: "drillgres prove damaged a copy of the backup, and the drill of that copy did not report the expected code. Until the reason is known, a passed drill " +
			"of this backup does not rule out such damage.",
		Remedy: "add the tables that the message names to verify.tables, or report a bug if no setting could have detected the damage",
		Example: Example{
			Case: "Neither verify.tables nor an earlier drill says how many rows public.items has.",
			Message: "1 of 9 broken copies did not fail with the right code\n" +
				"rows_removed (the 5,000 rows of public.items are gone; the dump is intact): the drill passed: it did not detect the damage",
		},
		Neighbours: []Neighbour{
			{Internal, "a drill ended because of a bug in drillgres"},
		},
	},
	{
		Code: DrillMissing, Class: ClassEnvironment,
		Cause: "The gate requires a recent drill, and none has passed in time. drillgres gate --require-drill restores nothing: it looks for a passed drill in the " +
			"history (record.history). Answers of the gate itself do not count, and neither does a drill dated in the future, because its age is unknown.",
		Remedy: "run drillgres run first with the same record.history, or omit --require-drill so that the gate runs a drill itself",
		Example: Example{
			Case:    "The nightly drill has been switched off since the weekend.",
			Message: "no drill has passed within 24h, as --require-drill asks: the last one that did, run 20261120-020000-00c0ffee, ended 3d 7h ago",
		},
		Neighbours: []Neighbour{
			{BackupStale, "a drill has passed recently, but the backup that it drilled is too old by now"},
			{HistoryUnavailable, "the history cannot be read at all"},
		},
	},
	{
		Code: DrillOverdue, Class: ClassEnvironment,
		Cause: "No drill of the newest backup of the database has passed within max_unverified. drillgres check looks for it in the history (record.history). Drills that failed, " +
			"ended over budget or could not be carried out do not count, nor do those of a backup that was named by hand, and neither does a drill dated in the future.",
		Remedy: "drill the database now with drillgres run, and find out why the scheduled drill does not run or does not pass",
		Example: Example{
			Case:    "The timer of the nightly drill was switched off for a migration two weeks ago.",
			Message: "the last drill of the newest backup of shop that passed ended 14d 3h ago, at 2026-11-14 02:20 UTC; max_unverified allows 7d",
		},
		Neighbours: []Neighbour{
			{DrillMissing, "a release gate asks for a recent drill"},
			{BackupStale, "the newest backup is too old, whether it was drilled or not"},
			{HistoryUnavailable, "the history cannot be read, so it is not known when the database was drilled"},
		},
	},
	{
		Code: HistoryUnavailable, Class: ClassEnvironment,
		Cause: "The history of drills cannot be opened, read or written. Its server does not answer or refuses access, its file or one of its objects is damaged, or " +
			"a newer drillgres wrote it. A drill never fails because of this: if its result cannot be recorded, it reports that, and exits with 7 if it passed. " +
			"A check with max_unverified fails, because it cannot know when the database was drilled.",
		Remedy: "run drillgres doctor, then correct record.history or the place that it names",
		Example: Example{
			Case:    "The Postgres server that stores the history is restarting.",
			Message: "read history postgres://drill@history.internal/ops: dial tcp 10.0.0.7:5432: connect: connection refused",
		},
		Messages: []string{"permission denied for table restore_drill_log"},
		Neighbours: []Neighbour{
			{ConfigInvalid, "record.history is not a valid location, or names another program's file"},
			{SourceUnreachable, "the source of the backups does not answer"},
		},
	},
	{
		Code: EvidenceUnavailable, Class: ClassEnvironment,
		Cause: "The evidence of drills cannot be read or written. Its directory or its bucket cannot be reached, refuses access, or already has other evidence of the " +
			"same run. A drill never fails because of this: it reports it, and exits with 7 if it passed.",
		Remedy: "correct evidence.to or the permissions of the place that it names, then run the drill again",
		Example: Example{
			Case:    "The credentials may list the bucket of the evidence, and not write to it.",
			Message: "write evidence of run 20261120-020000-00c0ffee: write s3://acme-evidence/drills/shop/20261120-020000-00c0ffee/result.json: access denied (AccessDenied)",
		},
		Neighbours: []Neighbour{
			{HistoryUnavailable, "the history cannot be read or written"},
			{ConfigInvalid, "evidence.sign.file contains no key"},
		},
	},
	{
		Code: WorkDirUnusable, Class: ClassEnvironment,
		Cause: "The work directory cannot be used. This user may not write to it, its file system is read-only or reports an error, or another process holds the lock " +
			"of the run. Nothing is known about the backup.",
		Remedy: "set work.dir to a directory on a local disk that this user may write to, then run drillgres doctor",
		Example: Example{
			Case:    "The drill runs as a service whose user may not write to its home directory.",
			Message: "make work directory: mkdir /home/drill/.cache: permission denied",
		},
		Messages: []string{"read-only file system", "input/output error"},
		Neighbours: []Neighbour{
			{DiskBudgetExceeded, "the directory can be written, but the backup does not fit into it"},
			{SandboxDiskFull, "the disk of the container engine is full"},
		},
	},
	{
		Code: ClockWrong, Class: ClassEnvironment,
		Cause: "The clock of this machine differs by more than a minute from that of the source of the backups or of the container engine. drillgres doctor compares them. " +
			"Every age is wrong by as much: backup.max_age and within, and the ages in the history. S3 refuses requests from 15 minutes on.",
		Remedy: "synchronize the clocks of both machines with NTP, such as by chrony or systemd-timesyncd",
		Example: Example{
			Case:    "A virtual machine was suspended over night and has not set its clock since.",
			Message: "the clock of s3://acme-backups/prod is 7h 12m ahead of this machine's",
		},
		Messages: []string{"RequestTimeTooSkewed: The difference between the request time and the current time is too large"},
		Neighbours: []Neighbour{
			{SourceDenied, "the source already refuses the requests because of the clock"},
			{BackupStale, "the clocks agree, and the newest backup is too old"},
		},
	},
	{
		Code: Interrupted, Class: ClassSignal,
		Cause:  "A signal cancelled the drill. The sandbox is still removed, and nothing is known about the backup.",
		Remedy: "run the drill again",
		Example: Example{
			Case:    "Someone pressed Ctrl-C, or cancelled the pipeline.",
			Message: "interrupted in stage restore",
		},
		Neighbours: []Neighbour{
			{SandboxLost, "the sandbox was ended rather than the drill"},
			{RestoreTimeout, "restore.timeout ended the restore"},
		},
	},
	{
		Code: ConfigInvalid, Class: ClassUsage,
		Cause: "A flag or the config is invalid, or --backup names a backup that does not exist. All problems in the file are reported at once, each with its line, " +
			"before any work starts. Only what the server itself must refuse, such as too few connections for restore.jobs, is found later.",
		Remedy: "correct the places that the message names",
		Example: Example{
			Case: "A duration without a unit, and a misspelt key.",
			Message: "2 problems in drillgres.yaml:\n" +
				`drillgres.yaml:4: databases.shop.backup.max_age: "26" is not a duration (want 26h, 7d, 2w)` + "\n" +
				"drillgres.yaml:5: databases.shop.postgres.setings: unknown key (did you mean settings?)",
		},
		Messages: []string{"sorry, too many clients already"},
		Neighbours: []Neighbour{
			{ServerStartFailed, "postgres.settings keep the server from starting"},
			{SourceNotFound, "backup.from is valid, but the bucket or directory does not exist"},
		},
	},
	{
		Code: Internal, Class: ClassInternal,
		Cause:  "This is a bug in drillgres. An error without a code occurred, or the program panicked; nothing is known about the backup.",
		Remedy: "report a bug with the message and the output of --format json",
		Example: Example{
			Case:    "psql exited with an error that neither it nor the server logged.",
			Message: "psql ended with exit code 3, and neither it nor the server said why",
		},
		Neighbours: []Neighbour{
			{RestoreFailed, "the server reported an error"},
			{ControlFailed, "drillgres prove caused damage that the drill does not detect"},
		},
	},
}
