package drills

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/lastgood"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/fixtures/program"
)

// thirtyBackups writes a config whose thirty nightly backups end with seven that are cut. It has
// what a search must do without: an application and a key that are gone, and receivers.
func thirtyBackups(t *testing.T, receiver string) (config, folder string) {
	t.Helper()
	dump := program.ShopDump(t)
	config = program.DumpConfig(t, "", fmt.Sprintf(`    app: {image: "drillgres-fixture/gone:1", port: 80}
record: {history: history.db}
notify: [{webhook: {url: %q, secret: s3cret}}, {healthchecks: %q}]
metrics: {textfile: drillgres.prom}
evidence: {to: ./evidence, sign: {file: gone.key}}
`, receiver+"/hook", receiver+"/ping"), dump)
	folder = filepath.Join(filepath.Dir(config), "backups")
	if err := os.Remove(filepath.Join(folder, "shop.dump")); err != nil {
		t.Fatal(err)
	}
	for night := 1; night <= 30; night++ {
		backup := dump
		if night > 23 {
			backup = dump[:len(dump)/2]
		}
		writeNight(t, folder, night, backup)
	}
	return config, folder
}

// writeNight writes the backup of a night. The last one was yesterday's.
func writeNight(t *testing.T, folder string, night int, backup []byte) {
	t.Helper()
	path, written := ofNight(folder, night), time.Now().Add(time.Duration(night-31)*24*time.Hour)
	if err := os.WriteFile(path, backup, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, written, written); err != nil {
		t.Fatal(err)
	}
}

func ofNight(folder string, night int) string {
	return filepath.Join(folder, fmt.Sprintf("shop-%02d.dump", night))
}

// searched runs last-good. It returns its report, and which nights it drilled, the newest first.
func searched(t *testing.T, config string, args ...string) (r lastgood.Report, nights string, exit int) {
	t.Helper()
	stdout, exit, stderr := program.Run(t.Context(), t, append([]string{"last-good", "shop", "--format", "json", "--progress", "none", "--config", config}, args...)...)
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("exit %d, no report in %q; stderr:\n%s", exit, stdout, stderr)
	}
	if r.ExitCode != exit || len(r.Leftovers)+len(r.TellErrors)+len(r.Findings) > 0 {
		t.Errorf("exit %d, and the report says %d, left %q, not told %q, %+v; stderr:\n%s", exit, r.ExitCode, r.Leftovers, r.TellErrors, r.Findings, stderr)
	}
	for _, b := range r.Backups {
		if b.KnownBy == lastgood.ByDrill {
			nights += " " + strings.TrimSuffix(strings.TrimPrefix(b.Key, "shop-"), ".dump")
		}
	}
	program.CheckNothingLeft(t, config)
	return r, strings.TrimSpace(nights), exit
}

// TestLastGood searches thirty backups of which the last seven are cut. Each search knows from
// the history what those before it drilled.
func TestLastGood(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s was told of a search", r.URL.Path)
	}))
	defer server.Close()
	config, folder := thirtyBackups(t, server.URL)
	search := func(maxDrills string, want found) {
		t.Helper()
		r, nights, exit := searched(t, config, "--max-drills", maxDrills)
		got := found{answer: r.Answer, exit: exit, nights: nights, assumed: strings.Join(r.Assumed, " ")}
		if r.Backup != nil {
			got.backup, got.by = r.Backup.Key, r.Backup.KnownBy
			if days := *r.AgeSeconds / 86400; days < 0 || days > 9 || r.Backup.TakenAt.IsZero() {
				t.Errorf("the answer is %.1f days old: %+v", days, r.Backup)
			}
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(found{})); diff != "" {
			t.Errorf("at most %s drills (-want +got):\n%s", maxDrills, diff)
		}
	}
	const assumed = "shop-28.dump shop-26.dump"
	search("1", found{answer: lastgood.Unfinished, exit: 5, nights: "30"})
	search("10", found{lastgood.Found, 0, "shop-23.dump", lastgood.ByDrill, "29 27 25 24 23", assumed})
	search("0", found{lastgood.Found, 0, "shop-23.dump", lastgood.ByRecord, "", assumed})

	// A backup is overwritten: what is on record was another one.
	writeNight(t, folder, 24, program.ShopDump(t)[:1000])
	search("10", found{lastgood.Found, 0, "shop-23.dump", lastgood.ByRecord, "24", assumed})
	recordedByKey(t, config)
}

// found is what a search found, and which nights it drilled.
type found struct {
	answer  lastgood.Answer
	exit    int
	backup  string
	by      lastgood.Source
	nights  string
	assumed string
}

// recordedByKey checks that the drills of the searches are on record, and that none of them
// counts as a drill of the newest backup.
func recordedByKey(t *testing.T, config string) {
	t.Helper()
	var past struct {
		Databases []record.Standing
		Drills    []outcome.Result
	}
	document, _, _ := program.Run(t.Context(), t, "history", "--config", config, "--format", "json")
	if err := json.Unmarshal([]byte(document), &past); err != nil || len(past.Drills) < 6 || len(past.Databases) != 1 {
		t.Fatalf("%v in %s", err, document)
	}
	for _, d := range past.Drills {
		if d.Backup.Chosen != outcome.ChosenKey || d.Kind != outcome.KindDrill {
			t.Errorf("%s was chosen as %q", d.Backup.URI, d.Backup.Chosen)
		}
	}
	if s := past.Databases[0]; s.IsVerified() || len(s.Trend.Drills) > 0 {
		t.Errorf("the search counts: %+v", s)
	}
	for _, left := range []string{"drillgres.prom", "evidence"} {
		if _, err := os.Stat(filepath.Join(filepath.Dir(config), left)); err == nil {
			t.Errorf("the search has left %s", left)
		}
	}
}
