package drills

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestHistoryInABucket drills twice with the history in a real object store,
// reads it in every format, and makes its index anew.
func TestHistoryInABucket(t *testing.T) {
	store := program.NewStore(t)
	config := program.DumpConfig(t, "", fmt.Sprintf("record: {history: \"s3://%s/drills\", s3: {endpoint: %q}}\n", bucket, store.Endpoint), program.ShopDump(t))
	if stdout, exit, stderr := program.Run(t.Context(), t, "doctor", "--config", config); exit != 0 || !strings.Contains(stdout, "s3://"+bucket+"/drills, can be written") {
		t.Errorf("doctor, exit %d:\n%s%s", exit, stdout, stderr)
	}
	first, exit, stderr := program.Drill(t, "--config", config)
	if exit != 0 {
		t.Fatalf("exit %d: %+v\n%s", exit, first.Failure, stderr)
	}
	second, _, _ := program.Drill(t, "--config", config)
	comparedWith(t, second, first, "")

	store.Remove(t, bucket, "drills/index/shop.json")
	text, exit, stderr := program.Run(t.Context(), t, "history", "--config", config, "--rebuild-index")
	if exit != 0 || !strings.Contains(stderr, "index rebuilt: 2 drills") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	lines := strings.Split(text, "\n")
	for i, want := range []string{"shop  real RPO  last verified backup is ", "real RTO  restore ", "last 2    ✓"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %d of the history does not say %q:\n%s", i+1, want, text)
		}
	}
	table, _, _ := program.Run(t.Context(), t, "history", "--config", config, "--format", "csv", "--limit", "1")
	rows, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(rows) != 2 || !strings.Contains(table, second.RunID) {
		t.Errorf("%v in\n%s", err, table)
	}
	var past struct {
		Databases []record.Standing
		Drills    []outcome.Result
	}
	document, _, _ := program.Run(t.Context(), t, "history", "--config", config, "--format", "json", "--since", "1h", "--database", "shop")
	if err := json.Unmarshal([]byte(document), &past); err != nil || len(past.Drills) != 2 || len(past.Databases) != 1 {
		t.Fatalf("%v in %s", err, document)
	}
	if s := past.Databases[0]; s.RPOSeconds == nil || *s.RPOSeconds <= 0 || s.Recovery == nil || s.Recovery.RunID != second.RunID || len(s.Trend.Drills) != 2 || s.Trend.Drills[0].RunID != first.RunID {
		t.Errorf("the standing is %+v", s)
	}
}
