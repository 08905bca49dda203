package extension

import (
	"slices"
	"strings"
	"testing"
)

func TestExtensionsNameTheirPackages(t *testing.T) {
	for _, tt := range []struct {
		lacking []string
		major   int
		want    string
	}{
		{[]string{"vector"}, 15, "set postgres.image to one that has vector, such as postgres:15 with the Debian package postgresql-15-pgvector"},
		{
			[]string{"pg_cron", "plpython3u", "postgis", "postgis_topology"},
			16,
			"set postgres.image to one that has pg_cron, plpython3u, postgis, postgis_topology, such as postgres:16 with the Debian packages postgresql-16-cron, postgresql-16-postgis-3, postgresql-plpython3-16",
		},
		{[]string{"acme"}, 16, "set postgres.image to one that has acme"},
		{[]string{"pg_graphql", "supabase_vault"}, 17, "set postgres.image to one that has pg_graphql, supabase_vault; supabase/postgres has pg_graphql; supabase/postgres has supabase_vault"},
		{[]string{"adminpack"}, 17, "drop extension adminpack in production: Postgres 17 has removed it"},
		{[]string{"adminpack", "hll"}, 18, "set postgres.image to one that has hll, such as postgres:18 with the Debian package postgresql-18-hll; drop extension adminpack in production: Postgres 17 has removed it"},
		{[]string{"adminpack"}, 16, "set postgres.image to one that has adminpack"},
	} {
		if got := WhereToGet(tt.lacking, tt.major); got != tt.want {
			t.Errorf("%q in %d:\n got %s\nwant %s", tt.lacking, tt.major, got, tt.want)
		}
	}
}

func TestLibraries(t *testing.T) {
	for _, tt := range []struct {
		names         []string
		listed        string
		missing, want string
	}{
		{[]string{"pg_trgm", "acme"}, "", "", ""},
		{[]string{"pg_trgm"}, "auto_explain", "", "auto_explain"},
		{[]string{"timescaledb", "pg_cron"}, "timescaledb", "pg_cron", "timescaledb,pg_cron"},
		{[]string{"pg_stat_kcache", "pgaudit"}, "", "pg_stat_statements pg_stat_kcache pgaudit", "pg_stat_statements,pg_stat_kcache,pgaudit"},
		{[]string{"pg_cron", "citus"}, "auto_explain", "citus pg_cron", "citus,auto_explain,pg_cron"},
		{[]string{"pgaudit", "pglogical"}, "$libdir/pgaudit", "pglogical", "$libdir/pgaudit,pglogical"},
	} {
		if got := strings.Join(Missing(tt.names, tt.listed), " "); got != tt.missing {
			t.Errorf("%q with %q: missing %q, want %q", tt.names, tt.listed, got, tt.missing)
		}
		if got := Preload(tt.names, tt.listed); got != tt.want {
			t.Errorf("%q with %q: %q, want %q", tt.names, tt.listed, got, tt.want)
		}
	}
}

func TestLists(t *testing.T) {
	for libraries, want := range map[string]bool{
		"": false, "pg_cron": true, "a,pg_cron": true, ` a , "pg_cron" `: true, "$libdir/pg_cron": true, "my_pg_cron": false, "pg_cron_x": false,
	} {
		if got := Lists(libraries, "pg_cron"); got != want {
			t.Errorf("%q: %t, want %t", libraries, got, want)
		}
	}
}

func TestSettingsKeepWorkersFromActing(t *testing.T) {
	got := SettingsFor("timescaledb, pg_cron", "shop")
	if got["cron.database_name"] != "shop" || got["cron.launch_active_jobs"] != "off" || got["timescaledb.max_background_workers"] != "0" {
		t.Errorf("got %q", got)
	}
	if got := SettingsFor("auto_explain", "shop"); len(got) > 0 {
		t.Errorf("settings of extensions that are not loaded: %q", got)
	}
	if !NeedDatabase("a,pg_cron") || NeedDatabase("timescaledb") || NeedDatabase("") {
		t.Error("only pg_cron needs the name of the database")
	}
}

// TestTable checks that the table is sorted, unambiguous and complete.
func TestTable(t *testing.T) {
	if !slices.IsSortedFunc(all, func(a, b Extension) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("the table is not sorted: Find searches it")
	}
	for i, e := range all {
		if i > 0 && all[i-1].Name == e.Name {
			t.Errorf("%s is in the table twice", e.Name)
		}
		if found, ok := Find(e.Name); !ok || found.Name != e.Name {
			t.Errorf("%s is not found", e.Name)
		}
		if kinds := min(len(e.Packages), 1) + min(len(e.Image), 1) + min(e.Removed, 1); kinds != 1 {
			t.Errorf("%s has %d of packages, image and removal, want one", e.Name, kinds)
		}
		for _, p := range e.Packages {
			if !strings.HasPrefix(p, "postgresql-") || strings.Count(p, "NN") != 1 {
				t.Errorf("%s: package %q", e.Name, p)
			}
		}
		if len(e.Settings) > 0 && len(e.Libraries) == 0 {
			t.Errorf("%s has settings without a library to read them", e.Name)
		}
	}
	if _, ok := Find("acme"); ok {
		t.Error("an unknown extension was found")
	}
}
