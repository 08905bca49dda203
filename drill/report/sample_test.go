package report

import (
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// passed returns a drill in which every stage passed.
func passed() outcome.Result {
	rpo := (3*time.Hour + 14*time.Second).Seconds()
	return outcome.Result{
		SchemaVersion: 1, Kind: outcome.KindDrill, RunID: "20261123-120000-00c0ffee", Drillgres: "0.1.0", Database: "shop",
		StartedAt: noon, FinishedAt: noon.Add(14 * time.Second), Verdict: outcome.VerdictPassed,
		Backup: outcome.Backup{
			Chosen: outcome.ChosenLatest, URI: "s3://acme-backups/prod/shop-2026-11-23.dump", SizeBytes: 4299161, Format: "custom", SHA256: "ab12",
			ModifiedAt: noon.Add(-170 * time.Minute), TakenAt: noon.Add(-3 * time.Hour), PgDumpVersion: "15.18", ServerVersion: "15.18",
		},
		Postgres:  outcome.Postgres{Image: "postgres:15", Version: "15.18", Profile: "rehearsal", Extensions: map[string]string{"pg_trgm": "1.6"}},
		Isolation: outcome.Isolation{Network: "none", Interfaces: []string{"lo"}, Outbound: "network is unreachable"},
		Stages: []outcome.StageReport{
			{Stage: outcome.Locate, Status: outcome.StagePassed, Seconds: 0.012, Details: map[string]any{"matched": 14}},
			{Stage: outcome.Fetch, Status: outcome.StagePassed, Seconds: 0.34, Details: map[string]any{"bytes": int64(4299161)}},
			{Stage: outcome.Inspect, Status: outcome.StagePassed, Seconds: 0.001, Details: map[string]any{"format": "custom", "tables": 12, "objects": 118}},
			{Stage: outcome.Provision, Status: outcome.StagePassed, Seconds: 1.9, Details: map[string]any{"server_version": "15.18", "owner": "shop_owner"}},
			{Stage: outcome.Restore, Status: outcome.StagePassed, Seconds: 8.44, Details: map[string]any{"loader": "pg_restore", "jobs": 2, "phases": map[string]float64{"load": 8, "analyze": 0.44}}},
			{Stage: outcome.Verify, Status: outcome.StagePassed, Seconds: 1.02, Details: map[string]any{"tables": 12, "checks": 3}},
			{Stage: outcome.App, Status: outcome.StagePassed, Seconds: 1.6, Details: map[string]any{"ready_seconds": 0.8}},
			{Stage: outcome.Migrate, Status: outcome.StageSkipped, Reason: "no release to rehearse"},
		},
		Tables: []outcome.Table{{Name: "public.users", Rows: 300000, Bytes: 40 << 20}, {Name: "public.orders", Rows: 50000, Bytes: 3 << 20}},
		Checks: []outcome.Check{
			{Stage: outcome.Verify, Name: "public.users", Kind: "table", Status: outcome.CheckPassed, Expect: "at least 100 rows", Saw: "300000"},
			{Stage: outcome.Verify, Name: "sequences", Kind: "builtin", Status: outcome.CheckPassed},
			{Stage: outcome.App, Name: "newest orders are served", Kind: "http", Status: outcome.CheckPassed},
		},
		Integrity: outcome.Integrity{
			Level: "standard", NotProved: []string{"rows against indexes", "foreign keys against rows", "another dump", "Postgres' own catalogs", "that the values are production's"},
		},
		Times:      outcome.Times{Fetch: 0.34, Restore: 8.44, Total: 14.2, Recovery: 9.58},
		RPOSeconds: &rpo,
	}
}

// checksOfTwo returns checks of a stale backup and of a good one.
func checksOfTwo() []outcome.Result {
	stale := outcome.FailureReport{
		Stage: outcome.Locate, Code: outcome.BackupStale, Class: outcome.ClassBackup,
		Message: "the newest backup, crm.dump, is 3d old; backup.max_age allows 26h", Hint: "find out why the backup job stopped",
	}
	check := func(database string) outcome.Result {
		r := outcome.Result{
			SchemaVersion: 1, RunID: "20261123-120000-00c0ffee", Kind: outcome.KindCheck, Drillgres: "0.1.0", Database: database,
			StartedAt: noon, FinishedAt: noon, Verdict: outcome.VerdictUnproved, Times: outcome.Times{Total: 0.2},
		}
		for _, s := range outcome.Stages {
			r.Stages = append(r.Stages, outcome.StageReport{Stage: s, Status: outcome.StageSkipped, Reason: "not part of a check"})
		}
		r.Stages[0] = outcome.StageReport{Stage: outcome.Locate, Status: outcome.StagePassed, Seconds: 0.2, Details: map[string]any{"matched": 14}}
		return r
	}
	crm, shop := check("crm"), check("shop")
	crm.Failure, crm.Verdict, crm.ExitCode, crm.Stages[0].Status = &stale, outcome.VerdictFailed, 3, outcome.StageFailed
	shop.Backup = outcome.Backup{URI: passed().Backup.URI, SizeBytes: 4299161, ModifiedAt: passed().Backup.ModifiedAt}
	shop.Findings = []outcome.Finding{{Code: "clock_skew", Message: "the source's clock runs ahead"}}
	shop.Posture = &outcome.Posture{
		Facts: []outcome.Fact{
			{Name: outcome.FactVersioning, Value: "on"},
			{Name: outcome.FactObjectLock, Value: "governance, 30d"},
			{Name: outcome.FactPublic, Value: "no"},
			{Name: outcome.FactEncryption, Why: "refused (AccessDenied)", Permission: "s3:GetEncryptionConfiguration"},
			{Name: outcome.FactRegion, Value: "eu-west-1"},
			{Name: outcome.FactLifecycle, Value: "2 rules"},
			{Name: outcome.FactCredentials, Value: "renewed before they end"},
		},
		Lifecycle: []outcome.Fate{
			{Backup: "s3://acme-backups/prod/shop-2026-10-25.dump", Rule: "keep a month", Action: "hide", On: noon.AddDate(0, 0, 2)},
			{Backup: "s3://acme-backups/prod/shop-2026-10-26.dump", Rule: "keep a month", Action: "hide", On: noon.AddDate(0, 0, 3)},
			{Backup: shop.Backup.URI, Rule: "keep a month", Action: "hide", On: noon.AddDate(0, 0, 31)},
		},
	}
	return []outcome.Result{crm, shop}
}

// stopped returns passed, ended by a failure in a stage.
func stopped(f outcome.FailureReport) outcome.Result {
	r := passed()
	r.Failure, r.Verdict, r.ExitCode = &f, f.Class.Verdict(), f.Class.ExitCode()
	r.Times = outcome.Times{Fetch: 0.34, Total: 2.1}
	r.Tables, r.Checks, r.Integrity = nil, nil, outcome.Integrity{}
	reached := true
	for i := range r.Stages {
		s := &r.Stages[i]
		switch {
		case s.Stage == f.Stage:
			s.Status, s.Details, reached = outcome.StageFailed, nil, false
		case !reached:
			*s = outcome.StageReport{Stage: s.Stage, Status: outcome.StageNotReached}
		}
	}
	return r
}

func truncated() outcome.Result {
	r := stopped(outcome.FailureReport{
		Stage: outcome.Inspect, Code: outcome.DumpTruncated, Class: outcome.ClassBackup,
		Message: "the dump ends within COPY public.orders after 10000 rows, without its trailer: it is not known what is missing, and psql would restore it without an error",
		Hint:    outcome.DumpTruncated.Entry().Remedy,
	})
	r.Postgres, r.Isolation = outcome.Postgres{Profile: "rehearsal"}, outcome.Isolation{}
	return r
}

func restoreFailed() outcome.Result {
	r := stopped(outcome.FailureReport{
		Stage: outcome.Restore, Code: outcome.SearchPathDependency, Class: outcome.ClassSchema,
		Message: "function earth_distance(point, point) does not exist", SQLState: "42883",
		Statement: "CREATE INDEX places_near ON public.places USING gist (near(location));", Cascades: 3,
		Hint: outcome.SearchPathDependency.Entry().Remedy,
	})
	r.Findings = []outcome.Finding{{Code: "roles_created", Message: "the backup does not contain the roles shop_app, shop_owner; they were created without login", Hint: "dump them with pg_dumpall --globals-only"}}
	return r
}

func appFailed() outcome.Result {
	r := stopped(outcome.FailureReport{
		Stage: outcome.App, Code: outcome.SmokeFailed, Class: outcome.ClassApp,
		Message: "newest orders are served: expected status == 200, saw status 500\nlast log lines:\n  \x1b[31mpanic\x1b[0m: relation \"orders\" does not exist\n  goroutine 1",
		Hint:    outcome.SmokeFailed.Entry().Remedy,
	})
	r.Checks = []outcome.Check{
		{Stage: outcome.Verify, Name: "public.users", Kind: "table", Status: outcome.CheckPassed},
		{Stage: outcome.Verify, Name: "public.events newest at", Kind: "table", Status: outcome.CheckUnknown, Saw: "it is not known when the backup was taken"},
		{Stage: outcome.App, Name: "newest orders are served", Kind: "http", Status: outcome.CheckFailed, Expect: "status == 200 && len(json) == 5", Saw: "status 500"},
	}
	r.Leftovers = []string{"volume drillgres-00c0ffee: in use"}
	r.TellErrors = []string{"record drill 20261123-120000-00c0ffee: database is locked"}
	return r
}

func engineless() outcome.Result {
	r := stopped(outcome.FailureReport{
		Stage: outcome.Provision, Code: outcome.EngineUnreachable, Class: outcome.ClassEnvironment,
		Message: "no container engine answers at unix:///var/run/docker.sock", Hint: outcome.EngineUnreachable.Entry().Remedy,
	})
	r.Stages[6] = outcome.StageReport{Stage: outcome.App, Status: outcome.StageSkipped, Reason: "no app in the config"}
	return r
}

func withoutApp() outcome.Result {
	r := passed()
	r.Stages[6] = outcome.StageReport{Stage: outcome.App, Status: outcome.StageSkipped, Reason: "no app in the config"}
	r.Postgres.Profile = "fast"
	r.Integrity.Unreached = []string{"public.events", "public.events_pkey"}
	r.Checks = append(r.Checks,
		outcome.Check{
			Stage: outcome.Verify, Name: "table pages", Kind: "builtin", Status: outcome.CheckUnknown,
			Saw: "1 of 2 tables; public.events not reached", RestsOn: "verify_heapam of 1 table",
		},
		outcome.Check{
			Stage: outcome.Verify, Name: "index structure", Kind: "builtin", Status: outcome.CheckUnknown,
			Saw: "39 of 40 indexes; public.events_pkey not reached", RestsOn: "bt_index_check of 39 indexes",
		},
	)
	return r
}

// locking returns a release whose migration succeeded and took too long.
func locking() outcome.Result {
	r := passed()
	r.Stages[7] = outcome.StageReport{Stage: outcome.Migrate, Status: outcome.StagePassed, Seconds: 12.1, Details: map[string]any{"statements": 4}}
	r.Failure = &outcome.FailureReport{
		Stage: outcome.Migrate, Code: outcome.MigrationOverBudget, Class: outcome.ClassBudget,
		Message: "reads and writes of public.orders would have been blocked for 7.3s, and migrate.budget.lock allows 2s: alter table orders alter column total type bigint",
		Hint:    outcome.MigrationOverBudget.Entry().Remedy,
	}
	r.Verdict, r.ExitCode = outcome.VerdictFailed, outcome.ClassBudget.ExitCode()
	r.Checks = append(r.Checks, outcome.Check{Stage: outcome.Migrate, Name: "the candidate on the migrated database: ready", Kind: "http", Status: outcome.CheckPassed})
	r.Findings = []outcome.Finding{{
		Code: "rewrites_table", On: "public.orders", Message: "public.orders (300,000 rows, 51.2 MiB) was rewritten while it could be neither read nor written",
		Hint: "add a column of the new type, fill it in batches, and switch over",
	}}
	r.Migration = &outcome.Migration{
		Image: "ghcr.io/acme/shop:1.43", Command: []string{"./shop", "migrate", "up"}, Role: "shop_owner", Seconds: 11.2, StatementsTotal: 4,
		Statements: []outcome.Statement{
			{SQL: "begin", Seconds: 0.0001, Session: 1, Transaction: 1},
			{
				SQL: "alter table orders alter column total type bigint", Seconds: 7.1, Session: 1, Transaction: 1,
				Locks: []outcome.Lock{
					{Table: "public.customers", Mode: "AccessShareLock", HeldSeconds: 0.1, Seen: true},
					{Table: "public.orders", Mode: "AccessExclusiveLock", HeldSeconds: 7.3, Blocks: "both", Seen: true},
				},
			},
			{
				SQL: "create index on orders (status)", Seconds: 0.2, Session: 1, Transaction: 1,
				Locks: []outcome.Lock{{Table: "public.orders", Mode: "ShareLock", HeldSeconds: 0.2, Blocks: "writes", Seen: true}},
			},
			{SQL: "commit", Seconds: 0.001, Session: 1, Transaction: 1},
		},
		Rewritten:   []outcome.Rewrite{{Name: "public.orders", Kind: "table", Bytes: 51 << 20}, {Name: "public.orders_pkey", Kind: "index", Bytes: 6 << 20}},
		Left:        []outcome.Left{{Name: "orders_user_fkey", Table: "public.orders", Kind: "constraint not validated"}},
		Schema:      []outcome.Change{{Kind: "indexes", Name: "public.orders_status_idx", Was: "added"}, {Kind: "columns", Name: "public.orders.total", Was: "changed"}},
		RowsWritten: 300000, RowsRead: 600012, WALBytes: 34 << 20, WALLevel: "minimal", GrowthBytes: -3 << 20,
		Allowed: []outcome.Allowed{{Finding: "drops_data", On: "public.legacy_carts", Reason: "empty since 2024, ADR 31"}},
	}
	return r
}
