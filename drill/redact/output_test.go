package redact

import (
	"slices"
	"testing"
)

// TestOutput shows what an operator needs of a log, and no data.
func TestOutput(t *testing.T) {
	for line, want := range map[string]string{
		"": "",
		"panic: dial tcp 127.0.0.1:6379: connect: connection refused":          "panic: dial tcp 127.0.0.1:6379: connect: connection refused",
		"2026-11-28T08:00:00.123Z ERROR could not connect to the database":     "2026-11-28T08:00:00.123Z ERROR could not connect to the database",
		`FATAL: password authentication failed for user "shop_app"`:            `FATAL: password authentication failed for user "shop_app"`,
		`pq: relation "order_items" does not exist`:                            `pq: relation "order_items" does not exist`,
		`PG::UndefinedColumn: ERROR:  column users.mobile does not exist`:      `PG::UndefinedColumn: ERROR:  column users.mobile does not exist`,
		`ActiveRecord::NoDatabaseError: We could not find your database: shop`: `ActiveRecord::NoDatabaseError: […] could not […] your database: […]`,
		`	at com.example.Orders.load(Orders.java:41)`:                          `	at […](Orders.java:41)`,
		`/srv/app/main.go:12:3: error`:                                         `/srv/app/main.go:12:3: error`,
		`cache: no such host`:                                                  `cache: no such host`,
		`{"time":"2026-11-28T08:00:00.1Z","msg":"not ready","err":"FATAL: password authentication failed for user \"nobody\" (SQLSTATE 28P01)","user":"ada"}`: `{"time":"2026-11-28T08:00:00.1Z","msg":"not ready","err":"FATAL: password authentication failed for user \"nobody\" (SQLSTATE 28P01)","user":"[…]"}`,
		`loaded user ada@example.org (Ada Example)`:                                `loaded user […] ([…])`,
		`{"level":"error","email":"ada@example.org","msg":"not found"}`:            `{"level":"error","[…]","msg":"not found"}`,
		`ERROR:  duplicate key value violates unique constraint "users_email_key"`: `ERROR:  duplicate key value violates unique constraint "[…]"`,
		`DETAIL:  Key (email)=(ada@example.org) already exists.`:                   `DETAIL:  Key ([…])=([…]) already exists.`,
		`user "ada@example.org" logged in`:                                         `user "[…]" logged in`,
		`order 4711 of 1815-12-10 costs 99.95`:                                     `order […] of […]`,
		`1815-12-10`:                                                               `[…]`,
		`row: 1 Ada 1815-12-10`:                                                    `row: 1 […]`,
		"[2026/11/28 08:00:00] 4711 started":                                       "[2026/11/28 08:00:00] […] started",
	} {
		if got := (Output{}).Line(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	if got := (Output{Names: []string{"mailer"}}).Line("waiting for Mailer:"); got != "waiting for Mailer:" {
		t.Errorf("%q", got)
	}
}

// TestOutputHidesSecrets checks that no form of a line shows a secret of the run, even if
// its words would be shown.
func TestOutputHidesSecrets(t *testing.T) {
	var r Redactor
	r.Add("hunter2", "FatalSqlException", "connection refused twice", `p"a&b+c/d`)
	r.Add(InConnection("Host=db;Username=shop;Password=TimeoutException;Pooling=true")...)
	r.Add(InConnection("redis://:Cache.Failure@cache:6379/0")...)
	o := Output{Secrets: &r}
	for line, want := range map[string]string{
		"Unhandled exception. System.hunter2Exception: denied": "Unhandled exception. System.REDACTEDException: denied",
		"System.hunter2.ArgumentException: invalid password":   "System.REDACTED.ArgumentException: invalid password",
		"FatalSqlException":                                                 "REDACTED",
		"Shop.FatalSqlException: login failed":                              "[…] login failed",
		"ERROR connection refused twice":                                    "ERROR REDACTED",
		"Npgsql.NpgsqlException: TimeoutException":                          "Npgsql.NpgsqlException: REDACTED",
		"error: Cache.Failure":                                              "error: REDACTED",
		"/app/hunter2/Program.cs:12: error":                                 "/app/REDACTED/Program.cs:12: error",
		`FATAL: role "hunter2" does not exist`:                              `FATAL: role "REDACTED" does not exist`,
		`{"msg":"error","err":"p\"a\u0026b+c/d"}`:                           `{"msg":"error","err":"REDACTED"}`,
		"error: postgres://127.0.0.1/p%22a%26b%2Bc%2Fd":                     "error: […]",
		"2026-11-28T08:00:00Z System.IO.IOException: no such file: hunter2": "2026-11-28T08:00:00Z System.IO.IOException: no such file: REDACTED",
	} {
		if got := o.Line(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
}

func TestInConnection(t *testing.T) {
	for text, want := range map[string][]Secret{
		"postgres://shop:swordfish@db/shop":                  {"swordfish", "swordfish"},
		"jdbc:postgresql://db/shop?user=shop&password=trout": {"user=shop&password=trout", "trout", "trout", "trout"},
		"host=db password='two words' user=shop":             {"two words"},
		"Server=db;User Id=shop;Pwd=trout;Database=shop":     {"trout"},
		"Endpoint=sb://x/;SharedAccessKey=abc==":             {"abc=="},
		"postgres://$(PGUSER):$(PGPASSWORD)@127.0.0.1/shop":  nil,
		"Host=127.0.0.1;Password=$(PGPASSWORD)":              nil,
		"production":                                         nil,
		"/srv/app/config.yaml":                               nil,
	} {
		got := InConnection(text)
		if len(got) != len(want) || !slices.Equal(got, want) {
			t.Errorf("%s: %q", text, reveal(got))
		}
	}
}

func reveal(secrets []Secret) (texts []string) {
	for _, s := range secrets {
		texts = append(texts, s.Reveal())
	}
	return texts
}
