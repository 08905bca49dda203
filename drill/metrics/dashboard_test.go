package metrics_test

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/metrics"
)

var update = flag.Bool("update", false, "write the dashboard and the table of metrics")

type object = map[string]any

// dashboard returns the Grafana dashboard, whose data source and databases are chosen in it.
func dashboard() object {
	const chosen = `{database=~"$database"}`
	source := object{"type": "prometheus", "uid": "${datasource}"}
	id := 0
	panel := func(title, kind, unit string, x, y, width, height int, expr, legend string, more object) object {
		id++
		p := object{
			"id": id, "title": title, "type": kind, "datasource": source, "gridPos": object{"x": x, "y": y, "w": width, "h": height},
			"fieldConfig": object{"defaults": object{"unit": unit}, "overrides": []any{}},
			"targets":     []any{object{"refId": "A", "datasource": source, "expr": expr, "legendFormat": legend, "instant": kind != "timeseries"}},
		}
		for key, value := range more {
			p["fieldConfig"].(object)["defaults"].(object)[key] = value
		}
		return p
	}
	steps := func(amber, red float64) object {
		return object{"thresholds": object{"mode": "absolute", "steps": []any{
			object{"color": "green", "value": nil}, object{"color": "orange", "value": amber}, object{"color": "red", "value": red},
		}}}
	}
	const day = 86400
	return object{
		"title": "Restore drills", "uid": "drillgres", "schemaVersion": 39, "version": 1, "editable": true, "refresh": "5m", "tags": []any{"drillgres", "postgres", "backup"},
		"time": object{"from": "now-30d", "to": "now"},
		"templating": object{"list": []any{
			object{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"},
			object{
				"name": "database", "label": "Database", "type": "query", "datasource": source, "multi": true, "includeAll": true, "refresh": 2,
				"query": object{"query": "label_values(drillgres_drill_timestamp_seconds, database)", "refId": "databases"},
			},
		}},
		"panels": []any{
			panel("Age of the newest verified backup (real RPO)", "stat", "s", 0, 0, 12, 6, "time() - drillgres_backup_verified_timestamp_seconds"+chosen, "{{database}}", steps(1.25*day, 2*day)),
			panel("Time since the last drill", "stat", "s", 12, 0, 6, 6, "time() - drillgres_drill_timestamp_seconds"+chosen, "{{database}}", steps(1.25*day, 2*day)),
			panel("Recovery in the last drill that passed (real RTO)", "stat", "s", 18, 0, 6, 6, "drillgres_recovery_seconds"+chosen, "{{database}}", nil),
			panel("Verdict of the last drill", "state-timeline", "none", 0, 6, 24, 6, `drillgres_drill_verdict{database=~"$database", verdict="passed"}`, "{{database}}", object{
				"mappings": []any{object{"type": "value", "options": object{"0": object{"text": "not passed", "color": "red"}, "1": object{"text": "passed", "color": "green"}}}},
			}),
			panel("What failed", "table", "none", 0, 12, 24, 5, "drillgres_drill_failure"+chosen+" == 1", "{{database}}", nil),
			panel("Real RPO", "timeseries", "s", 0, 17, 12, 8, "time() - drillgres_backup_verified_timestamp_seconds"+chosen, "{{database}}", nil),
			panel("Recovery and restore", "timeseries", "s", 12, 17, 12, 8, "drillgres_recovery_seconds"+chosen, "{{database}}", nil),
			panel("Size of the backup", "timeseries", "bytes", 0, 25, 12, 8, "drillgres_backup_size_bytes"+chosen, "{{database}}", nil),
			panel("Rows", "timeseries", "short", 12, 25, 12, 8, "drillgres_database_rows"+chosen, "{{database}}", nil),
			panel("Stages of the last drill", "timeseries", "s", 0, 33, 24, 8, "drillgres_stage_seconds"+chosen, "{{database}} {{stage}}", nil),
		},
	}
}

// TestDashboard compares the dashboard with docs/examples.
func TestDashboard(t *testing.T) {
	want, err := json.MarshalIndent(dashboard(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "../../docs/examples/grafana-dashboard.json", string(want)+"\n")
}

// TestTable compares the table of docs/metrics.md with the metrics.
func TestTable(t *testing.T) {
	const page, begin, end = "../../docs/metrics.md", "<!-- generated: metrics -->\n", "<!-- end -->"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatal("docs/metrics.md has no place for the table")
	}
	var b strings.Builder
	b.WriteString("| metric | labels | |\n|---|---|---|\n")
	for _, d := range metrics.Documented() {
		b.WriteString("| `" + d.Name + "` | " + strings.Join(d.Labels, ", ") + " | " + d.Help + " |\n")
	}
	compare(t, page, before+begin+b.String()+end+after)
}

func compare(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is out of date: go test ./drill/metrics -update", path)
	}
}
