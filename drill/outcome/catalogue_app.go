package outcome

// appCodes can be found while the application runs on the restored database.
var appCodes = []Entry{
	{
		Code: AppStartFailed, Class: ClassApp, Stages: []Stage{App},
		Cause: "The application's container exited. The application, or a service that it needs, exited before it was ready or while it was being tested, or could " +
			"not be started. It runs without a network, on a copy of production's data.",
		Remedy: "read the last log lines in the message, and check that the application can start without a network",
		Example: Example{
			Case: "app.env sets another database user than the one that the drill created.",
			Message: "the application ended with exit code 1 before it was ready; its last log lines:\n" +
				"cannot connect to the database: failed to connect to `user=nobody database=shop`",
		},
		Messages: []string{"permission denied for schema public", "password authentication failed for user", "exec format error"},
		Neighbours: []Neighbour{
			{AppNotReady, "the container keeps running, but does not become ready"},
			{ImageUnavailable, "the image is not available"},
			{SandboxOutOfMemory, "the kernel killed it because memory ran out"},
		},
	},
	{
		Code: AppNotReady, Class: ClassApp, Stages: []Stage{App},
		Cause: "The application was not ready in time. Within app.ready.within, its port must accept connections, or its page must answer as app.ready.expect " +
			"requires. A service with a port has one minute.",
		Remedy: "read the last log lines in the message, or raise app.ready.within",
		Example: Example{
			Case: "app.ready.http names a page that the application does not have.",
			Message: "the application was not ready within 2s: status 404, 19 bytes; its last log lines:\n" +
				`{"level":"INFO","msg":"request","method":"GET","path":"/nowhere","status":404}`,
		},
		Neighbours: []Neighbour{
			{AppStartFailed, "the container exited"},
			{SmokeFailed, "the application became ready, and a smoke test failed"},
		},
	},
	{
		Code: SmokeFailed, Class: ClassApp, Stages: []Stage{App},
		Cause:  "A smoke test failed. The application became ready. All tests of app.smoke are run, and the message shows the first that failed.",
		Remedy: "compare the expected and the actual values in the report's checks",
		Example: Example{
			Case: "A test expects another status than the page returns.",
			Message: `smoke test "teapot": expected status == 418, saw status 200, 2095 bytes; its last log lines:` + "\n" +
				`{"level":"INFO","msg":"request","method":"GET","path":"/orders","status":200}`,
		},
		Neighbours: []Neighbour{
			{QueryFailed, "a query of verify.queries failed, which is run as superuser before the application starts"},
			{AppNotReady, "the application never became ready"},
			{AppStartFailed, "the application exited while it was being tested"},
		},
	},
}
