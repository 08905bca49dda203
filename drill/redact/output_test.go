package redact

import "testing"

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
