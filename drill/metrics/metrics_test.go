package metrics_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/metrics"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/drill/redact"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// history records these results in a real history.
func history(t *testing.T, results ...outcome.Result) *record.History {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	h := record.New(store, "history.db")
	t.Cleanup(func() { _ = h.Close() })
	for _, r := range results {
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// passed is a drill that ended on a day at noon, of a backup that was taken at six.
func passed(database string, day int) outcome.Result {
	ended := noon.AddDate(0, 0, day)
	return outcome.Result{
		SchemaVersion: 1, Kind: outcome.KindDrill, RunID: fmt.Sprintf("2026112%d-120000-%s", 3+day, database), Database: database,
		StartedAt: ended.Add(-time.Minute), FinishedAt: ended, Verdict: outcome.VerdictPassed,
		Backup: outcome.Backup{
			URI: "s3://b/" + database, Chosen: outcome.ChosenLatest, SizeBytes: 1000, TakenAt: ended.Add(-6 * time.Hour),
			TakenBetween: []time.Time{ended.Add(-6 * time.Hour), ended.Add(-6 * time.Hour)},
		},
		Stages: []outcome.StageReport{{Stage: outcome.Fetch, Status: outcome.StagePassed, Seconds: 1.5}, {Stage: outcome.App, Status: outcome.StageSkipped}},
		Tables: []outcome.Table{{Name: "public.a", Rows: 40}, {Name: "public.b", Rows: 2}},
		Times:  outcome.Times{Fetch: 1.5, Restore: 20, Recovery: 23.5, Total: 60},
	}
}

// failed is a drill of a truncated backup.
func failed(database string, day int) outcome.Result {
	r := passed(database, day)
	r.Verdict, r.ExitCode, r.Tables, r.Times = outcome.VerdictFailed, 3, nil, outcome.Times{Total: 2}
	r.Failure = &outcome.FailureReport{Stage: outcome.Inspect, Code: outcome.DumpTruncated, Class: outcome.ClassBackup, Message: `it "ends"`}
	r.Findings = []outcome.Finding{{Code: "checksum_missing"}}
	return r
}

func read(t *testing.T, h *record.History, databases ...string) []metrics.State {
	t.Helper()
	targets := map[string]fleet.Targets{}
	for _, name := range databases {
		targets[name] = fleet.Targets{Age: 26 * time.Hour}
	}
	states, err := metrics.Read(t.Context(), h, targets, "1.2.3", noon.AddDate(0, 0, 5))
	if err != nil {
		t.Fatal(err)
	}
	return states
}

// values returns the lines of a text exposition without its comments.
func values(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestTextfile(t *testing.T) {
	named := failed("shop", 3)
	named.Backup.Chosen = outcome.ChosenKey // by hand: it says nothing about the newest backup
	h := history(t, passed("shop", 0), failed("shop", 1), named, passed("crm", 0))
	path := filepath.Join(t.TempDir(), "drillgres.prom")
	if err := metrics.Textfile(path, read(t, h, "crm", "new", "shop")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := values(string(text))
	for _, want := range []string{
		`drillgres_backup_verified_timestamp_seconds{database="shop"} 1.7954136e+09`,
		`drillgres_drill_passed_timestamp_seconds{database="shop"} 1.7954352e+09`,
		`drillgres_drill_timestamp_seconds{database="shop"} 1.7955216e+09`,
		`drillgres_drill_verdict{database="shop",verdict="failed"} 1`,
		`drillgres_drill_verdict{database="shop",verdict="passed"} 0`,
		`drillgres_drill_failure{class="backup",code="dump_truncated",database="shop",stage="inspect"} 1`,
		`drillgres_drill_exit_code{database="shop"} 3`,
		`drillgres_drill_findings{database="shop"} 1`,
		`drillgres_recovery_seconds{database="shop"} 23.5`,
		`drillgres_restore_seconds{database="shop"} 20`,
		`drillgres_backup_size_bytes{database="shop"} 1000`,
		`drillgres_objective_seconds{database="shop",objective="rpo"} 93600`,
		`drillgres_database_rows{database="crm"} 42`,
		`drillgres_database_rows{database="shop"} 42`,
		`drillgres_drill_failure{class="",code="",database="crm",stage=""} 0`,
		`drillgres_stage_seconds{database="crm",stage="fetch"} 1.5`,
		`drillgres_drill_timestamp_seconds{database="new"} 0`,
		`drillgres_drill_verdict{database="new",verdict="passed"} 0`,
		`drillgres_build_info{database="new",version="1.2.3"} 1`,
	} {
		if !strings.Contains(got, want+"\n") {
			t.Errorf("no line %s in\n%s", want, got)
		}
	}
	for _, absent := range []string{`timestamp_seconds{database="new"} 1`, `stage="app"`, `ends`} {
		if strings.Contains(got, absent) {
			t.Errorf("%s in\n%s", absent, got)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("files: %q", left)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm()&0o044 != 0o044 {
		t.Errorf("the node exporter cannot read it: %v, %v", info.Mode(), err)
	}
}

func TestTextfileOfNoDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gone", "drillgres.prom")
	err := metrics.Textfile(path, nil)
	if err == nil || err.Error() != "write metrics to "+path+": its directory does not exist" {
		t.Error(err)
	}
}

// exposed returns the lines of the textfile of one database.
func exposed(t *testing.T, targets fleet.Targets, results ...outcome.Result) string {
	t.Helper()
	states, err := metrics.Read(t.Context(), history(t, results...), map[string]fleet.Targets{"shop": targets}, "1.2.3", noon.AddDate(0, 0, 5))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "drillgres.prom")
	if err := metrics.Textfile(path, states); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return values(string(text))
}

func fast(r outcome.Result) outcome.Result {
	r.Postgres.Profile = "fast"
	return r
}

func undated(r outcome.Result) outcome.Result {
	r.Backup.TakenAt, r.Backup.ModifiedAt, r.Backup.TakenBetween = time.Time{}, time.Time{}, nil
	return r
}

// TestDrilledLast checks that a drill of an older backup than before, such as after a rollback
// of the source, is the last one that passed.
func TestDrilledLast(t *testing.T) {
	older := passed("shop", 2)
	older.Backup.TakenAt = noon.AddDate(0, 0, -9)
	got := exposed(t, fleet.Targets{}, passed("shop", 0), older)
	for _, want := range []string{`drillgres_backup_verified_timestamp_seconds{database="shop"} 1.7954136e+09`, `drillgres_drill_passed_timestamp_seconds{database="shop"} 1.795608e+09`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
}

// TestUnknown checks that what is unknown is absent from a textfile.
func TestUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		targets fleet.Targets
		drills  []outcome.Result
		there   string
		absent  string
	}{
		"profile fast":          {drills: []outcome.Result{fast(passed("shop", 0))}, there: `restore_seconds{database="shop"} 20`, absent: "recovery_seconds"},
		"an undated backup":     {drills: []outcome.Result{undated(passed("shop", 0))}, there: `drill_passed_timestamp_seconds{database="shop"} 1.7954352e+09`, absent: "backup_verified"},
		"a clock ahead":         {drills: []outcome.Result{failed("shop", 0), passed("shop", 100)}, there: `drill_timestamp_seconds{database="shop"} 1.7954352e+09`, absent: "verified_timestamp"},
		"a budget of a restore": {targets: fleet.Targets{Restore: time.Minute}, there: `objective_seconds{database="shop",objective="restore"} 60`, absent: "rto"},
		"max_unverified":        {targets: fleet.Targets{Unverified: time.Hour}, there: `objective_seconds{database="shop",objective="unverified"} 3600`, absent: "rpo"},
		"no objective":          {there: `drillgres_drill_timestamp_seconds{database="shop"} 0`, absent: "NaN"},
	} {
		if got := exposed(t, c.targets, c.drills...); !strings.Contains(got, "drillgres_"+strings.TrimPrefix(c.there, "drillgres_")+"\n") || strings.Contains(got, c.absent) {
			t.Errorf("%s: %s is not there, or %s is:\n%s", name, c.there, c.absent, got)
		}
	}
}

// pushed is a request that a Pushgateway got.
type pushed struct{ method, path, user, body string }

// gateway starts a server that keeps what is pushed, and answers as told.
func gateway(t *testing.T, answer http.HandlerFunc) (address string, got *[]pushed) {
	t.Helper()
	got = new([]pushed)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		user, password, _ := r.BasicAuth()
		*got = append(*got, pushed{r.Method, r.URL.Path, user + ":" + password, string(body)})
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

func TestPush(t *testing.T) {
	address, got := gateway(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	h := history(t, failed("shop", 0))
	address = strings.Replace(address, "://", "://ops:s3cret@", 1)
	if err := metrics.Push(t.Context(), redact.Secret(address), read(t, h, "shop")[0]); err != nil {
		t.Fatal(err)
	}
	if len(*got) != 1 || (*got)[0].method != http.MethodPost || (*got)[0].path != "/metrics/job/drillgres/database/shop" || (*got)[0].user != "ops:s3cret" {
		t.Fatalf("%+v", *got)
	}
	// A POST replaces the metrics of these names only: that of the last pass stays.
	if body := (*got)[0].body; !strings.Contains(body, "dump_truncated") || strings.Contains(body, "passed_timestamp") {
		t.Errorf("pushed %q", body)
	}
}

// TestPushUnknown checks that what is known to be unknown replaces what was pushed before.
func TestPushUnknown(t *testing.T) {
	address, got := gateway(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
	unreached := failed("shop", 1)
	unreached.Stages = nil
	states, err := metrics.Read(t.Context(), history(t, fast(undated(passed("shop", 0))), unreached), map[string]fleet.Targets{"shop": {}}, "1.2.3", noon.AddDate(0, 0, 5))
	if err == nil {
		err = metrics.Push(t.Context(), redact.Secret(address), states[0])
	}
	if err != nil {
		t.Fatal(err)
	}
	body := (*got)[0].body
	for _, name := range []string{"drillgres_backup_verified_timestamp_seconds", "drillgres_recovery_seconds", "drillgres_objective_seconds", "drillgres_stage_seconds", "drillgres_database_rows"} {
		if !strings.Contains(body, name) {
			t.Errorf("%s is not pushed", name)
		}
	}
	nan := binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN())) // as the format of the request has it
	if n := strings.Count(body, string(nan)); n != 4 {
		t.Errorf("%d values are unknown", n)
	}
}

// TestPushAfterAClockAhead checks that the times of a drill that no longer counts, because a
// clock that was ahead recorded it, do not stay in a Pushgateway.
func TestPushAfterAClockAhead(t *testing.T) {
	verified := []string{"drillgres_backup_verified_timestamp_seconds", "drillgres_drill_passed_timestamp_seconds"}
	for name, c := range map[string]struct {
		drills []outcome.Result
		times  int // of a verified backup that are pushed
		nan    int
	}{
		"ahead, then unproved":   {[]outcome.Result{passed("shop", 400), failed("shop", 1)}, 2, 2},
		"only ahead":             {[]outcome.Result{passed("shop", 400)}, 2, 2},
		"ahead, and one counts":  {[]outcome.Result{passed("shop", 400), passed("shop", 1)}, 2, 0},
		"an empty history":       {[]outcome.Result{failed("shop", 1)}, 0, 0}, // of a runner that lives for one job
		"never drilled anything": {nil, 0, 0},
	} {
		address, got := gateway(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) })
		states, err := metrics.Read(t.Context(), history(t, c.drills...), map[string]fleet.Targets{"shop": {Age: time.Hour}}, "1.2.3", noon.AddDate(0, 0, 5))
		if err == nil {
			err = metrics.Push(t.Context(), redact.Secret(address), states[0])
		}
		if err != nil {
			t.Fatal(err)
		}
		body, times := (*got)[0].body, 0
		for _, name := range verified {
			times += strings.Count(body, name)
		}
		nan := binary.LittleEndian.AppendUint64(nil, math.Float64bits(math.NaN()))
		if n := strings.Count(body, string(nan)); times != c.times || n != c.nan {
			t.Errorf("%s: %d times, %d of them unknown", name, times, n)
		}
	}
}

func TestPushToABadGateway(t *testing.T) {
	h := history(t, failed("shop", 0))
	state := read(t, h, "shop")[0]
	for name, answer := range map[string]http.HandlerFunc{
		"an error": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, strings.Repeat("x", 1<<20), http.StatusInternalServerError)
		},
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://elsewhere.invalid/", http.StatusFound)
		},
	} {
		t.Run(name, func(t *testing.T) {
			address, got := gateway(t, answer)
			err := metrics.Push(t.Context(), redact.Secret(strings.Replace(address, "://", "://ops:s3cret@", 1)), state)
			if err == nil || strings.Contains(err.Error(), "s3cret") || len(err.Error()) > 2000 || len(*got) != 1 {
				t.Errorf("%d requests, %.2000v", len(*got), err)
			}
		})
	}
	t.Run("silence", func(t *testing.T) {
		address, _ := gateway(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("the test's limit"))
		defer cancel()
		if err := metrics.Push(ctx, redact.Secret(address), state); err == nil {
			t.Error("no error")
		}
	})
}

// TestNamesInDocumentation compares the alert rules and the dashboard with the metrics.
func TestNamesInDocumentation(t *testing.T) {
	known := map[string]bool{}
	for _, d := range metrics.Documented() {
		known[d.Name] = true
	}
	name := regexp.MustCompile(`drillgres_[a-z_]+`)
	for _, file := range []string{"prometheus-rules.yml", "grafana-dashboard.json"} {
		text, err := os.ReadFile(filepath.Join("../../docs/examples", file))
		if err != nil {
			t.Fatal(err)
		}
		found := name.FindAllString(string(text), -1)
		if len(found) < 5 {
			t.Errorf("%s names %d metrics", file, len(found))
		}
		for _, f := range found {
			if !known[f] {
				t.Errorf("%s names %s, which does not exist", file, f)
			}
		}
	}
}

func TestHandler(t *testing.T) {
	h := history(t, failed("shop", 0))
	s := httptest.NewServer(metrics.Handler(h, map[string]fleet.Targets{"shop": {}}, "1.2.3", time.Now, slog.New(slog.DiscardHandler)))
	defer s.Close()
	answer, err := http.Get(s.URL) //nolint:noctx // a test
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // was only read
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), `drillgres_drill_exit_code{database="shop"} 3`) {
		t.Errorf("%s, %v\n%s", answer.Status, err, body)
	}
}
