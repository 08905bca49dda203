package outcome

// anyCodes belong to no one stage.
var anyCodes = []Entry{
	{
		Code: OverBudget, Class: ClassBudget,
		Cause:  "Everything held, but took longer than the budget allows. budget.restore is held against the restore, budget.total against the whole drill.",
		Remedy: "raise budget.restore or budget.total, or make the restore faster (restore.jobs, postgres.cpus, postgres.memory)",
		Example: Example{
			Case:    "The database has grown since budget.restore was written.",
			Message: "took 1931.4s, and budget.restore allows 30m0s",
		},
		Neighbours: []Neighbour{
			{RestoreTimeout, "the restore was ended by restore.timeout: whether it would have held is not known"},
		},
	},
	{
		Code: ControlFailed, Class: ClassInternal,
		Cause: "drillgres prove broke a copy of the backup, and the drill of the copy did not end in the code that the damage deserves. " +
			"Until that is explained, a passed drill of this backup means less than it says.",
		Remedy: "guard the tables that the message names with verify.tables; where nothing of the config could have seen the damage, report it",
		Example: Example{
			Case: "Neither verify.tables nor an earlier drill knows how many rows public.items has.",
			Message: "1 of 9 broken copies did not get the code that they deserve\n" +
				"rows_removed: the 5000 rows of public.items are gone; the dump is whole: the drill passed: nothing in it saw the damage",
		},
		Neighbours: []Neighbour{
			{Internal, "a drill ended in a bug of drillgres"},
		},
	},
	{
		Code: DrillMissing, Class: ClassEnvironment,
		Cause: "The gate was to rest on a recent drill, and none has passed. drillgres gate --require-drill restores nothing itself: it looks for a passed drill in the history (record.history), " +
			"and an answer of its own is none. A drill from the future does not count either, because nobody knows its age.",
		Remedy: "run drillgres run first, with the same record.history, or leave --require-drill out so that the gate drills itself",
		Example: Example{
			Case:    "The nightly drill has been switched off since the weekend.",
			Message: "no drill has passed within 24h, as --require-drill asks: the last one that did, run 20261120-020000-00c0ffee, ended 3d 7h ago",
		},
		Neighbours: []Neighbour{
			{BackupStale, "a drill has passed recently, and the backup that it drilled is too old by now"},
			{HistoryUnavailable, "the history cannot be read at all"},
		},
	},
	{
		Code: HistoryUnavailable, Class: ClassEnvironment,
		Cause: "The history of drills cannot be opened, read or written. Its server does not answer or refuses, its file or an object of it is damaged, or a newer drillgres wrote it. " +
			"A drill does not end in it: what cannot be recorded is told, with exit code 7 if the drill passed.",
		Remedy: "see drillgres doctor, and correct record.history or what it points to",
		Example: Example{
			Case:    "The Postgres that keeps the history is being restarted.",
			Message: "read history postgres://drill@history.internal/ops: dial tcp 10.0.0.7:5432: connect: connection refused",
		},
		Messages: []string{"permission denied for table restore_drill_log"},
		Neighbours: []Neighbour{
			{ConfigInvalid, "record.history cannot be what it says, or names a file of another program"},
			{SourceUnreachable, "it is the backup's source that does not answer"},
		},
	},
	{
		Code: Interrupted, Class: ClassSignal,
		Cause:  "Cancelled by a signal. The sandbox is removed all the same, and nothing is known of the backup.",
		Remedy: "run the drill again",
		Example: Example{
			Case:    "Ctrl-C, or a pipeline that was cancelled.",
			Message: "interrupted in stage restore",
		},
		Neighbours: []Neighbour{
			{SandboxLost, "it was not the drill that was ended, but its sandbox"},
			{RestoreTimeout, "it was restore.timeout that ended the restore"},
		},
	},
	{
		Code: ConfigInvalid, Class: ClassUsage,
		Cause: "Flags or config are wrong, or --backup names a backup that is not there. All problems of the file are told at once, each with its line, before any work; " +
			"only what the server itself must refuse, such as too few connections for restore.jobs, is found later.",
		Remedy: "correct the places that the message names",
		Example: Example{
			Case: "A duration without its unit, and a key with a typing error.",
			Message: "2 problems in drillgres.yaml:\n" +
				`drillgres.yaml:4: databases.shop.backup.max_age: "26" is not a duration (want 26h, 7d, 2w)` + "\n" +
				"drillgres.yaml:5: databases.shop.postgres.setings: unknown key (did you mean settings?)",
		},
		Messages: []string{"sorry, too many clients already"},
		Neighbours: []Neighbour{
			{ServerStartFailed, "it is Postgres that does not start with what postgres.settings says"},
			{SourceNotFound, "backup.from is well written, and nothing is there"},
		},
	},
	{
		Code: Internal, Class: ClassInternal,
		Cause:  "A bug in drillgres. An error has no code of its own, or the program panicked; nothing is known of the backup.",
		Remedy: "report it with the message and the output of --format json",
		Example: Example{
			Case:    "The client ended without an error that anybody logged.",
			Message: "psql ended with exit code 3, and neither it nor the server said why",
		},
		Neighbours: []Neighbour{
			{RestoreFailed, "the server said what it refuses"},
			{ControlFailed, "drillgres prove found a damage that no drill sees"},
		},
	},
}
