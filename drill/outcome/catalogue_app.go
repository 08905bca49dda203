package outcome

// appCodes can be found when the application runs on the restored database.
var appCodes = []Entry{
	{
		Code: AppStartFailed, Class: ClassApp, Stages: []Stage{App},
		Cause: "The application's container ended. It, or a service that it needs, ended by itself before it was ready or while it was tested, or could not be started.",

		Remedy: "read its last log lines in the message; it runs without a network, on a copy of production's data",
		Example: Example{
			Case: "app.env gives the application another user than the one that the drill lets in.",
			Message: "the application ended with exit code 1 before it was ready; its last log lines:\n" +
				"cannot connect to the database: failed to connect to `user=nobody database=shop`",
		},
		Messages: []string{"permission denied for schema public", "password authentication failed for user", "exec format error"},
		Neighbours: []Neighbour{
			{AppNotReady, "it runs on, and does not become ready"},
			{ImageUnavailable, "its image cannot be had"},
			{SandboxOutOfMemory, "the kernel killed it for memory"},
		},
	},
	{
		Code: AppNotReady, Class: ClassApp, Stages: []Stage{App},
		Cause: "The application was not ready in time. Until app.ready.within its port had to accept connections, or its page to answer as app.ready.expect says; " +
			"a service with a port has a minute.",
		Remedy: "raise app.ready.within, or read its last log lines in the message",
		Example: Example{
			Case: "app.ready.http names a page that the application does not have.",
			Message: "the application was not ready within 2s: status 404, 19 bytes; its last log lines:\n" +
				`{"level":"INFO","msg":"request","method":"GET","path":"/nowhere","status":404}`,
		},
		Neighbours: []Neighbour{
			{AppStartFailed, "its container ended"},
			{SmokeFailed, "it became ready, and a test of it did not hold"},
		},
	},
	{
		Code: SmokeFailed, Class: ClassApp, Stages: []Stage{App},
		Cause:  "A smoke test did not hold. The application became ready; all tests of app.smoke are run, and the first that did not hold is in the message.",
		Remedy: "compare what was expected with what was seen in the checks",
		Example: Example{
			Case: "A test expects another status than the page gives.",
			Message: `smoke test "teapot": expected status == 418, saw status 200, 2095 bytes; its last log lines:` + "\n" +
				`{"level":"INFO","msg":"request","method":"GET","path":"/orders","status":200}`,
		},
		Neighbours: []Neighbour{
			{QueryFailed, "it is a query of verify.queries, run as superuser before the application starts"},
			{AppNotReady, "it never became ready"},
			{AppStartFailed, "it ended while it was tested"},
		},
	},
}
