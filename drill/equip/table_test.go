package equip_test

import (
	"bytes"
	"context"
	"flag"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/fixtures/images"
)

var table = flag.Bool("table", false, "install and create the extensions of every major; takes minutes and a network")

// everywhere are extensions that Debian has for every major.
var everywhere = []string{
	"hll", "hypopg", "ip4r", "orafce", "pg_cron", "pg_partman", "pg_repack", "pgaudit", "pgrouting", "pgtap", "postgis", "postgis_raster", "postgis_topology", "prefix", "q3c", "rum", "tdigest", "unit",
}

// TestTable installs extensions into bare images of each major, starts a server with them,
// and creates them.
func TestTable(t *testing.T) {
	if !*table {
		t.Skip("installs hundreds of packages: make extensions runs it")
	}
	for major, more := range map[string][]string{
		"13": {"address_standardizer", "periods"}, // its languages are of the server's exact version, which the mirror has removed
		"15": {"address_standardizer", "pgauditlogtofile", "plperl", "plpython3u", "pltcl", "plprofiler", "semver", "set_user", "table_log"},
		"17": {"address_standardizer", "age", "credcheck", "h3", "http", "plperl", "plpython3u", "pltcl", "pg_hint_plan", "pg_squeeze", "roaringbitmap", "timescaledb", "vector"},
		// address_standardizer breaks forky's PostGIS, which is older.
		"18": {"age", "credcheck", "h3", "http", "plperl", "plpython3u", "pltcl", "pg_hint_plan", "pg_ivm", "pg_squeeze", "pg_uuidv7", "roaringbitmap", "timescaledb", "vector"},
	} {
		t.Run(major, func(t *testing.T) { createAll(t, major, slices.Sorted(slices.Values(slices.Concat(everywhere, more)))) })
	}
}

// TestAskTheIndex makes images with extensions that the table does not know.
func TestAskTheIndex(t *testing.T) {
	if !*table {
		t.Skip("downloads the index of all files: make extensions runs it")
	}
	m, engine := newMaker(t)
	base := images.Postgres(t, "15")
	made, err := m.Make(t.Context(), base, 15, []string{"pg_snakeoil"})
	if err != nil || made.PackageVersions()["postgresql-15-snakeoil"] == "" {
		t.Errorf("made %+v, %v", made, err)
	}
	removeAfter(t, engine, made.ID)
	_, err = m.Make(t.Context(), base, 15, []string{"ip4r", "pg_graphql", "pg_nobody"})
	f := outcome.AsFailure(err)
	if f == nil || f.Code != outcome.ExtensionUnavailable || !strings.Contains(f.Error(), "deb.debian.org") || !strings.Contains(f.Error(), "extension pg_graphql, pg_nobody") ||
		!strings.Contains(f.Remedy(), "supabase/postgres has pg_graphql") {
		t.Errorf("got %v, hint %q", err, f.Remedy())
	}
	t.Log(f, f.Remedy())
}

// bare returns an image without the extensions that the fixture's has.
func bare(t *testing.T, major string) string {
	t.Helper()
	return derived(t, "bare", major, "dpkg --purge $(dpkg-query -W -f '${Package} ' '*-cron' '*-pgvector' '*-timescaledb' 2>/dev/null)")
}

// derived returns an image in which a command has run.
func derived(t *testing.T, what, major, command string) string {
	t.Helper()
	name := "drillgres-test/" + what + ":" + major
	cmd := exec.Command("docker", "build", "--quiet", "--tag", name, "-")
	cmd.Stdin = strings.NewReader("FROM " + images.Postgres(t, major) + "\nRUN " + command + "\n")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	t.Cleanup(func() { _ = exec.Command("docker", "rmi", name).Run() })
	return name
}

func createAll(t *testing.T, major string, extensions []string) {
	m, engine := newMaker(t)
	p := provision.Provisioner{
		Opener: engine, Maker: m, RunID: m.RunID, Database: "shop", WorkDir: t.TempDir(),
		Restore: config.Restore{Profile: provision.Fast}, Config: config.Postgres{Version: major, Image: config.Text(bare(t, major))},
	}
	var needs inspect.Needs
	for _, name := range extensions {
		needs.Extensions = append(needs.Extensions, inspect.Extension{Name: name})
	}
	began := time.Now()
	s, err := p.Provision(t.Context(), needs)
	if s.Made.ID != "" {
		removeAfter(t, engine, s.Made.ID)
	}
	t.Cleanup(func() {
		left := p.Abandon(context.Background())
		if s.Pod != nil {
			left = append(left, s.Close(context.Background())...)
		}
		if len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("made and started in %s, preloaded %s", time.Since(began).Round(time.Second), s.Preloaded)
	conn, err := provision.Connect(t.Context(), s, s.Database, s.User, s.Password)
	if err != nil {
		t.Fatal(err)
	}
	defer provision.Close(t.Context(), conn)
	for _, name := range extensions {
		if _, err := conn.Exec(t.Context(), "create extension if not exists "+sqltext.Identifier(name)+" cascade"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var version string
		if err := conn.QueryRow(t.Context(), "select extversion from pg_extension where extname = $1", name).Scan(&version); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("| %s | %s | %s |", name, major, version)
	}
}
