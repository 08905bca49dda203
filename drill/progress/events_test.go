package progress

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestEvents plays a drill that fails, with a log between, and decodes every line.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		e := NewEvents(&out, time.Now)
		o := e.Begin(Drill{RunID: "r", Database: "shop"})
		o.Started(outcome.Fetch)
		o.Progressed(outcome.Fetch, 1, 100)
		time.Sleep(time.Second)
		for i := range int64(20) {
			o.Progressed(outcome.Fetch, 10+i, 100)
			time.Sleep(100 * time.Millisecond)
		}
		o.Ended(outcome.StageReport{Stage: outcome.Fetch, Status: outcome.StagePassed, Seconds: 3}, nil)
		o.Started(outcome.Verify)
		time.Sleep(time.Second)
		o.Progressed(outcome.Verify, 2, 7)
		failure := outcome.Fail(outcome.RowsMissing, "fewer <rows>").WithHint("do this")
		o.Ended(outcome.StageReport{Stage: outcome.Verify, Status: outcome.StageFailed, Seconds: 1}, failure)
		o.Ended(outcome.StageReport{Stage: outcome.App, Status: outcome.StageSkipped, Reason: "no app"}, nil)
		report := *failure.Report()
		report.Stage = outcome.Verify
		e.Finished(outcome.Result{RunID: "r", Database: "shop", Verdict: outcome.VerdictFailed, ExitCode: 3, Failure: &report, Times: outcome.Times{Total: 4}})
		slog.New(e.Handler()).With("run_id", "r").Warn("removed\nit", "what", "x")
		fmt.Fprint(e, "two\nli")
		fmt.Fprint(e, "nes\n")
		fmt.Fprint(e, "unfinished")
		e.Close()
		e.Error(outcome.Fail(outcome.ConfigInvalid, "%w", errors.New("no")).WithHint("mend it"))

		start := time.Now().Add(-4 * time.Second).UTC()
		at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
		exit := 3
		want := []Event{
			{Time: at(0), Event: "started", RunID: "r", Database: "shop"},
			{Time: at(0), Event: "started", RunID: "r", Database: "shop", Stage: outcome.Fetch},
			{Time: at(1), Event: "progress", RunID: "r", Database: "shop", Stage: outcome.Fetch, Seconds: 1, DoneBytes: 10, TotalBytes: 100},
			{Time: at(2), Event: "progress", RunID: "r", Database: "shop", Stage: outcome.Fetch, Seconds: 2, DoneBytes: 20, TotalBytes: 100},
			{Time: at(3), Event: "ended", RunID: "r", Database: "shop", Stage: outcome.Fetch, Status: outcome.StagePassed, Seconds: 3},
			{Time: at(3), Event: "started", RunID: "r", Database: "shop", Stage: outcome.Verify},
			{Time: at(4), Event: "progress", RunID: "r", Database: "shop", Stage: outcome.Verify, Seconds: 1, DoneTables: 2, TotalTables: 7},
			{Time: at(4), Event: "ended", RunID: "r", Database: "shop", Stage: outcome.Verify, Status: outcome.StageFailed, Seconds: 1, Code: outcome.RowsMissing, Class: outcome.ClassBackup, Message: "fewer <rows>", Hint: "do this"},
			{Time: at(4), Event: "ended", RunID: "r", Database: "shop", Stage: outcome.App, Status: outcome.StageSkipped, Message: "no app"},
			{Time: at(4), Event: "finished", RunID: "r", Database: "shop", Stage: outcome.Verify, Verdict: outcome.VerdictFailed, ExitCode: &exit, Seconds: 4, Code: outcome.RowsMissing, Class: outcome.ClassBackup, Message: "fewer <rows>", Hint: "do this"},
			{Time: at(4), Event: "log", RunID: "r", Level: "WARN", Message: "removed\nit"},
			{Time: at(4), Event: "log", Level: "INFO", Message: "two"},
			{Time: at(4), Event: "log", Level: "INFO", Message: "lines"},
			{Time: at(4), Event: "log", Level: "INFO", Message: "unfinished"},
			{Time: at(4), Event: "error", Code: outcome.ConfigInvalid, Class: outcome.ClassUsage, Message: "no", Hint: "mend it"},
		}
		var got []Event
		for line := range strings.Lines(out.String()) {
			var ev Event
			if err := json.Unmarshal([]byte(line), &ev); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			got = append(got, ev)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if !strings.Contains(out.String(), `"what":"x"`) {
			t.Error("an attribute of the log is lost")
		}
	})
}

// TestEventsAreDocumented checks that docs/progress.md has every field and every kind of event.
func TestEventsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/progress.md")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{EventStarted, EventProgress, EventEnded, EventFinished, EventError, EventLog}
	for i := range reflect.TypeFor[Event]().NumField() {
		name, _, _ := strings.Cut(reflect.TypeFor[Event]().Field(i).Tag.Get("json"), ",")
		names = append(names, name)
	}
	for _, name := range names {
		if !strings.Contains(string(page), "| `"+name+"` |") {
			t.Errorf("docs/progress.md has no row for %s", name)
		}
	}
}
