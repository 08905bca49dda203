package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
	"github.com/drillgres/drillgres/drill/record/sqlite"
	"github.com/drillgres/drillgres/fixtures/past"
	"github.com/drillgres/drillgres/fixtures/program"
)

// pastConfig writes a config of package past, and a history of these drills.
func pastConfig(t *testing.T, results []outcome.Result) (path string) {
	t.Helper()
	path = program.WriteConfig(t, past.Config+"record: {history: ./history.db}\n")
	store, err := sqlite.Open(t.Context(), filepath.Join(filepath.Dir(path), "history.db"))
	if err != nil {
		t.Fatal(err)
	}
	h := record.New(store, "history.db")
	defer h.Close()
	recordtest.Tell(t, h, results...)
	return path
}

// fortnight returns the drills of the last days of package past.
func fortnight() (results []outcome.Result) {
	for _, r := range past.Results(time.Now()) {
		if time.Since(r.StartedAt) < 14*24*time.Hour {
			results = append(results, r)
		}
	}
	return results
}

// runReported runs drillgres report, which must succeed.
func runReported(t *testing.T, args ...string) string {
	t.Helper()
	stdout, exit, stderr := runProgram(t.Context(), append([]string{"report"}, args...)...)
	if exit != 0 || stderr != "" {
		t.Fatalf("report %q: exit %d\n%s", args, exit, stderr)
	}
	return stdout
}

func TestReport(t *testing.T) {
	results := fortnight()
	config := pastConfig(t, results)
	dir := filepath.Dir(config)
	text := runReported(t, "--config", config)
	for _, want := range []string{"7 databases: 1 failed, 1 never verified", "billing   FAILED", "wiki      never verified"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if markdown := runReported(t, "--config", config, "--format", "markdown"); !strings.Contains(markdown, "| billing | FAILED |") {
		t.Error(markdown)
	}
	var doc struct {
		Databases []struct {
			Database string
			State    string
			Trend    []any
		}
	}
	if err := json.Unmarshal([]byte(runReported(t, "--config", config, "--format", "json")), &doc); err != nil {
		t.Fatal(err)
	}
	if d := doc.Databases[0]; d.Database != "billing" || d.State != "failed" || len(d.Trend) < 12 {
		t.Errorf("%+v", doc)
	}
	page := filepath.Join(dir, "report.html")
	if out := runReported(t, "--config", config, "--html", page, "--badges", dir); out != "" {
		t.Errorf("stdout has %q", out)
	}
	html, err := os.ReadFile(page)
	if err != nil || !strings.HasPrefix(string(html), "<!doctype html>") || len(html) > 300_000 {
		t.Errorf("%d bytes, %v", len(html), err)
	}
	if badge, err := os.ReadFile(filepath.Join(dir, "billing.svg")); err != nil || !strings.Contains(string(badge), "billing: FAILED") {
		t.Errorf("%s, %v", badge, err)
	}
	if out := runReported(t, "--config", config, "--html", "-"); out[:15] != "<!doctype html>" {
		t.Error("no page on stdout")
	}
}

func TestReportOfOneRun(t *testing.T) {
	results := fortnight()
	config := pastConfig(t, results)
	r := results[len(results)-1]
	for _, run := range []string{r.RunID, r.RunID[:len(r.RunID)-2]} {
		if text := runReported(t, run, "--config", config); !strings.HasPrefix(text, strings.ToUpper(string(r.Verdict))+"  "+r.Database) {
			t.Errorf("%s:\n%s", run, text)
		}
	}
	html := runReported(t, r.RunID, "--config", config, "--html", "-")
	for _, want := range []string{"<h1 ", r.RunID, r.Database, "Drills before"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
	if rows := strings.Count(html[strings.Index(html, "Drills before"):], "iB</td>"); rows < 5 {
		t.Errorf("%d earlier drills with a size", rows)
	}
	var one outcome.Result
	if err := json.Unmarshal([]byte(runReported(t, r.RunID, "--config", config, "--format", "json")), &one); err != nil || one.RunID != r.RunID {
		t.Errorf("%s, %v", one.RunID, err)
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"1999"}, `no recorded run begins with "1999"`},
		{[]string{"20"}, `"20" matches several drills`},
		{[]string{r.RunID, "--badges", "."}, "a badge is about a database"},
		{[]string{"--days", "0"}, "--days: 0 is not between"},
		{[]string{"--database", "shop"}, "no run is named"},
		{[]string{"--format", "csv"}, `"csv" is not one of text, markdown, json`},
		{[]string{"--html", "/nowhere/at/all.html"}, "set --html to a file that can be written"},
	} {
		stdout, exit, stderr := runProgram(t.Context(), append([]string{"report", "--config", config}, c.args...)...)
		if exit != 2 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "hint: ") || stdout != "" {
			t.Errorf("%q: exit %d\n%s%s", c.args, exit, stdout, stderr)
		}
	}
}
