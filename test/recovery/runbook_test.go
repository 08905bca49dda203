package recovery

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/runbook"
	"github.com/drillgres/drillgres/drill/wiring"
	"github.com/drillgres/drillgres/fixtures/images"
	"github.com/drillgres/drillgres/fixtures/shop/production"
)

// TestTheCommandsOfARunbookRestore runs the way without drillgres, as if it were pasted, on a server
// from which everything was dropped after its backup.
func TestTheCommandsOfARunbookRestore(t *testing.T) {
	server, err := production.Start(t.Context(), images.Postgres(t, major))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	run := func(script string) string {
		t.Helper()
		var out bytes.Buffer
		if err := server.Run(t.Context(), &out, "bash", "-c", "cd /tmp/here && export PGPORT=5432 PGHOST=/var/run/postgresql\n"+script); err != nil {
			t.Fatalf("%v\n%s\n%s", err, script, out.String())
		}
		return out.String()
	}
	if err := server.SQL(t.Context(), "postgres", `ALTER ROLE postgres PASSWORD 'old'; CREATE ROLE keeper LOGIN; CREATE DATABASE shop OWNER keeper;
ALTER DATABASE shop SET work_mem = '8MB'; REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO keeper;
COMMENT ON DATABASE shop IS E'of\nproduction';
\connect shop
CREATE TABLE t (n integer); ALTER TABLE t OWNER TO keeper; INSERT INTO t VALUES (1), (2);`); err != nil {
		t.Fatal(err)
	}
	const state = "psql -XAt -d shop -c 'table t' -c \"select array(select unnest(datacl)::text order by 1), pg_get_userbyid(datdba), shobj_description(oid, 'pg_database') from pg_database where datname = 'shop'\" -c 'select setconfig from pg_db_role_setting'\n"
	const password = "psql -XAt -d postgres -c \"select rolpassword from pg_authid where rolname = 'postgres'\"\n"
	var out bytes.Buffer
	if err := server.Run(t.Context(), &out, "bash", "-c", "mkdir /tmp/here /tmp/backups && cd /tmp/backups && pg_dumpall --globals-only > globals.sql && pg_dump -Fc -f shop.dump shop && pg_dump -Fd -f shop.d shop && "+
		"pg_dump -Ft -f shop.tar shop && pg_dump --create -f shop.sql shop && pg_dumpall | gzip > all.sql.gz"); err != nil {
		t.Fatal(err)
	}
	want := run(state)
	for _, c := range []struct {
		name, file, format string
		layers             []string
	}{
		{name: "archive", file: "shop.dump", format: "custom"},
		{name: "directory", file: "shop.d", format: "directory"},
		{name: "tar", file: "shop.tar", format: "tar"},
		{name: "plain that creates its database", file: "shop.sql", format: "plain"},
		{name: "cluster", file: "all.sql.gz", format: "cluster", layers: []string{"gzip"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := wiring.ConfigReader(func(string) (string, bool) { return "", false }).Parse("/x/drillgres.yaml", []byte("version: 1\ndatabases:\n  shop:\n    postgres: {version: \"15\", owner: keeper}\n    backup: {from: /tmp/backups}\n"))
			if err != nil {
				t.Fatal(err)
			}
			last := outcome.Result{RunID: "R", Backup: outcome.Backup{URI: "file:///tmp/backups/" + c.file, Database: "shop", Format: c.format, Layers: c.layers}}
			if c.format != "cluster" {
				last.Backup.Parts = []outcome.Part{{URI: "file:///tmp/backups/globals.sql", Role: "globals"}, {URI: last.Backup.URI, Role: "dump"}}
			}
			var page bytes.Buffer
			if err := (runbook.Runbook{Config: cfg, Database: cfg.Database("shop"), Past: []outcome.Result{last}, At: time.Now()}).Write(&page); err != nil {
				t.Fatal(err)
			}
			_, byHand, _ := strings.Cut(page.String(), "### 1. Fetch")
			byHand, _, _ = strings.Cut(byHand, "## Checks afterwards")
			script := ""
			for i, part := range strings.Split(byHand, "```") {
				if i%2 == 1 {
					script += strings.TrimPrefix(part, "sh\n")
				}
			}
			run("rm -rf ./* && dropdb shop && psql -X -d postgres -c 'drop role keeper' -c \"alter role postgres password 'new'\"")
			before := run(password)
			if said := run(script); !strings.HasSuffix(said, "restored\n") {
				t.Errorf("the last block did not end:\n%s", said)
			}
			if got := run(state); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if run(password) != before {
				t.Error("who restores has another password now")
			}
		})
	}
}
