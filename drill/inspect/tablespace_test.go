package inspect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCreateTablespace checks that no location of a tablespace reaches the server.
func TestCreateTablespace(t *testing.T) {
	for name, c := range map[string]struct{ sql, want string }{
		"of pg_dumpall":    {"CREATE TABLESPACE fast OWNER shop LOCATION '/srv/fast';", `CREATE TABLESPACE "fast" OWNER "shop" LOCATION '';`},
		"without an owner": {"CREATE TABLESPACE fast LOCATION '/srv/fast';", `CREATE TABLESPACE "fast" LOCATION '';`},
		"odd names":        {`CREATE TABLESPACE "a ""b" OWNER "c;--" LOCATION '/srv';`, `CREATE TABLESPACE "a ""b" OWNER "c;--" LOCATION '';`},
		"an odd location":  {`CREATE TABLESPACE fast LOCATION E'/srv/$(id)/../it''s \\';`, `CREATE TABLESPACE "fast" LOCATION '';`},
		"over lines":       {"CREATE TABLESPACE fast\n\tLOCATION\n'/srv';", `CREATE TABLESPACE "fast" LOCATION '';`},
		// The server refuses these: their directories are not in the sandbox.
		"options":      {"CREATE TABLESPACE fast LOCATION '/srv' WITH (seq_page_cost = 1);", ""},
		"two literals": {"CREATE TABLESPACE fast LOCATION '/srv' '/fast';", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := scan(t, []byte(dumpOf(c.sql+"\nCREATE TABLE t (a int);\n")))
			if err != nil {
				t.Fatal(err)
			}
			var sql []string
			for _, s := range got.Source.Splices {
				if s.SQL != "" {
					sql = append(sql, s.SQL)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(sql, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if created := len(got.Needs.CreatedTablespaces) == 1; created != (c.want != "") || len(got.Needs.Tablespaces) != 1 {
				t.Errorf("created %q of %q", got.Needs.CreatedTablespaces, got.Needs.Tablespaces)
			}
		})
	}
}
