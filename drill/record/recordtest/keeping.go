package recordtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

func keepsEverything(t *testing.T, open Opener) {
	rpo := 12.5
	want := Drill("a", "shop", outcome.VerdictFailed, 0)
	want.ExitCode = 3
	want.Failure = &outcome.FailureReport{Stage: outcome.Inspect, Code: outcome.DumpTruncated, Message: "cut", SQLState: "22P04"}
	want.Stages = []outcome.StageReport{{Stage: outcome.Locate, Status: outcome.StagePassed, Details: map[string]any{"objects": 3.0}}}
	want.Tables = []outcome.Table{{Name: "public.users", Rows: 1 << 60}}
	want.Times = outcome.Times{Restore: 7.25, Total: 1e-9}
	want.RPOSeconds = &rpo
	Tell(t, open(t), want)
	results, err := open(t).List(t.Context(), record.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]outcome.Result{want.Normalised()}, results); diff != "" {
		t.Error(diff)
	}
	entries, err := open(t).Entries(t.Context(), record.Filter{})
	if diff := cmp.Diff([]record.Entry{record.EntryOf(want)}, entries); err != nil || diff != "" {
		t.Error(diff, err)
	}
}

// keepsHostileTexts checks that any text is preserved: texts from a dump or a server
// can contain anything, and so can database names and run ids.
func keepsHostileTexts(t *testing.T, open Opener) {
	h := open(t)
	const id, database = "run/../%2F?#+ä", "shop'; drop table restore_drill_log; --/"
	r := Drill(id, database, outcome.VerdictFailed, 0)
	r.Failure = &outcome.FailureReport{Code: outcome.ContentDrifted, Message: "a\x00b \\u0000 \\\x00 \x1b[31m 'quoted' \"\n\u2028"}
	Tell(t, h, r)
	results, err := h.List(t.Context(), record.Filter{Database: database, Run: id})
	if err != nil || len(results) != 1 {
		t.Fatalf("%v, %v", results, err)
	}
	if got, want := results[0].Failure.Message, strings.ReplaceAll(r.Failure.Message, "\x00", "\uFFFD"); got != want {
		t.Errorf("kept %q, want %q", got, want)
	}
	if results[0].RunID != id || results[0].Database != database {
		t.Errorf("kept %q of %q", results[0].RunID, results[0].Database)
	}
	Tell(t, h, r) // the same drill
	Accept(t, h, id, database, "it's \x00 intended; \"--", Noon)
	if list, err := h.Acceptances(t.Context(), database); err != nil || len(list) != 1 || list[0].Reason != "it's \uFFFD intended; \"--" {
		t.Errorf("%+v, %v", list, err)
	}
}

func recordsOnce(t *testing.T, open Opener) {
	h := open(t)
	r := Drill("a", "shop", outcome.VerdictFailed, 0)
	Tell(t, h, r, Drill("a", "crm", outcome.VerdictPassed, 0))
	Tell(t, open(t), r)
	other := r
	other.Verdict = outcome.VerdictPassed
	if err := h.Tell(t.Context(), other); !errors.Is(err, record.ErrConflict) || !strings.Contains(err.Error(), "another result") {
		t.Errorf("another result is recorded: %v", err)
	}
	results, err := h.List(t.Context(), record.Filter{Database: "shop"})
	if err != nil || len(results) != 1 || results[0].Verdict != outcome.VerdictFailed {
		t.Errorf("got %v, %v", results, err)
	}
}

const writers, perWriter = 4, 8

// manyWriters checks that no drill is lost if several connections write the same
// and different drills at the same time.
func manyWriters(t *testing.T, open Opener) {
	var wg sync.WaitGroup
	for w := range writers {
		h := open(t)
		wg.Go(func() {
			for i := range perWriter {
				own := Drill(fmt.Sprintf("run-%d-%d", i, w), "shop", outcome.VerdictPassed, float64(i))
				shared := Drill(fmt.Sprintf("shared-%d", i), "shop", outcome.VerdictPassed, float64(i))
				for _, r := range []outcome.Result{own, shared} {
					if err := h.Tell(t.Context(), r); err != nil {
						t.Errorf("writer %d: %v", w, err)
					}
				}
			}
		})
	}
	wg.Wait()
	if got, want := len(strings.Fields(Listed(t, open(t), record.Filter{}))), writers*perWriter+perWriter; got != want {
		t.Errorf("%d drills are listed, want %d", got, want)
	}
}

// manyOpenFirst lets several processes open a history that does not exist yet.
func manyOpenFirst(t *testing.T, open Opener) {
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			if err := open(t).Tell(t.Context(), Drill(fmt.Sprintf("run-%d", w), "shop", outcome.VerdictPassed, 0)); err != nil {
				t.Errorf("opener %d: %v", w, err)
			}
		})
	}
	wg.Wait()
	if got := len(strings.Fields(Listed(t, open(t), record.Filter{}))); got != writers {
		t.Errorf("%d drills are listed, want %d", got, writers)
	}
}

func checksWithoutTrace(t *testing.T, open Opener) {
	h := open(t)
	for range 2 {
		if err := h.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := Listed(t, h, record.Filter{}); got != "" {
			t.Errorf("lists %q", got)
		}
	}
	Tell(t, h, Drill("a", "shop", outcome.VerdictPassed, 0))
	if err := h.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := Listed(t, h, record.Filter{}); got != "a" {
		t.Errorf("lists %q", got)
	}
}

func refusesNewer(t *testing.T, open Opener) {
	h := open(t)
	newer := Drill("a", "shop", outcome.VerdictPassed, 0)
	newer.SchemaVersion = outcome.SchemaVersion + 1
	Tell(t, h, newer)
	_, err := h.List(t.Context(), record.Filter{})
	if err == nil || !strings.Contains(err.Error(), "newer drillgres") || outcome.AsFailure(err).Code != outcome.HistoryUnavailable {
		t.Errorf("%v", err)
	}
}

func returnsCause(t *testing.T, open Opener) {
	h := open(t)
	why := errors.New("the reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if err := h.Tell(ctx, Drill("a", "shop", outcome.VerdictPassed, 0)); !errors.Is(err, why) {
		t.Errorf("record: %v", err)
	}
	if _, err := h.List(ctx, record.Filter{}); !errors.Is(err, why) {
		t.Errorf("list: %v", err)
	}
}

// Accept accepts a drill.
func Accept(t testing.TB, h *record.History, run, database, reason string, at time.Time) {
	t.Helper()
	if err := h.Accept(t.Context(), record.Acceptance{RunID: run, Database: database, Reason: reason, By: "alice", At: at}); err != nil {
		t.Fatal(err)
	}
}
