package notify

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// TestOtherTellersFail fails once, and then passes for two nights in which the metrics could
// not be pushed: both drills are in the history.
func TestOtherTellersFail(t *testing.T) {
	h, people, all := history(t), &inbox{}, &inbox{}
	n := &Notifier{
		Targets: []Target{{config.Receiver{Name: "ops"}, people}, {config.Receiver{Name: "all", On: []string{"recovered", "passed"}}, all}},
		History: h, Now: func() time.Time { return monday },
	}
	const lost = "push metrics: connection refused"
	for _, r := range []outcome.Result{resultOf("a", outcome.Fail(outcome.DumpTruncated, "x")), resultOf("b", nil), resultOf("c", nil)} {
		if err := h.Tell(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		r.TellErrors = []string{lost}
		if err := n.Tell(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"FAILED shop: dump_truncated", "RECOVERED shop"}, titles(people)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"PASSED shop", "PASSED shop"}, titles(all)); diff != "" { // of the failure it did not hear
		t.Error(diff)
	}
	for _, m := range slices.Concat(people.got, all.got) {
		if !slices.Contains(m.Facts, Fact{"not recorded or sent", lost}) {
			t.Errorf("%s: %v", m.Title, m.Facts)
		}
	}
	r := resultOf("d", nil)
	r.TellErrors = []string{"record drill d in history.db: the disk is full"}
	if err := n.Tell(t.Context(), r); err != nil {
		t.Error(err)
	}
	if m := people.got[len(people.got)-1]; m.Title != "NOT RECORDED shop" || m.Cause != r.TellErrors[0] || strings.Contains(m.Text(), "not recorded or sent") {
		t.Errorf("%s\n%s", m.Title, m.Text())
	}
}

// TestInterruptedResolvesNothing checks that an incident stays open if the drill after it
// was interrupted.
func TestInterruptedResolvesNothing(t *testing.T) {
	pager := incidents{&inbox{}}
	n := &Notifier{Targets: []Target{{config.Receiver{Name: "pager"}, pager}}, Alerts: config.Alerts{UnprovedAfter: 2}, History: history(t), Now: func() time.Time { return monday }}
	truncated := outcome.Fail(outcome.DumpTruncated, "x")
	release := resultOf("c", truncated)
	release.Gate = &outcome.Gate{Decision: outcome.NoGo} // changes no state, so that the last drill still passed
	for _, r := range []outcome.Result{resultOf("a", truncated), resultOf("b", nil), release, resultOf("d", outcome.Fail(outcome.Interrupted, "x"))} {
		if err := n.Tell(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"FAILED shop: dump_truncated", "RECOVERED shop", "FAILED shop: dump_truncated (release: no-go)"}, titles(pager.inbox)); diff != "" {
		t.Error(diff)
	}
}

// TestOwedWithoutCode checks that a notice of an earlier version, which does not say what is
// owed, is taken to owe what the last run found.
func TestOwedWithoutCode(t *testing.T) {
	for name, c := range map[string]struct {
		then *outcome.Failure
		want []string
	}{
		"it passes":           {nil, []string{"RECOVERED shop from dump_truncated"}},
		"it fails otherwise":  {outcome.Fail(outcome.OverBudget, "x"), []string{"OVER BUDGET shop: over_budget", "RECOVERED shop"}},
		"it still is as lost": {outcome.Fail(outcome.DumpTruncated, "x"), []string{"FAILED shop: dump_truncated", "RECOVERED shop"}},
	} {
		h, people := history(t), &inbox{}
		old := record.Notice{Receiver: "ops", Database: "shop", Kind: outcome.KindDrill, RunID: "a", Event: outcome.EventFailed, Code: outcome.DumpTruncated, Since: monday, Owed: outcome.EventFailed, Error: "no answer"}
		if err := h.Note(t.Context(), old); err != nil {
			t.Fatal(err)
		}
		n := &Notifier{Targets: []Target{{config.Receiver{Name: "ops"}, people}}, History: h, Now: func() time.Time { return monday }}
		people.fails = errors.New("no answer")
		if err := n.Tell(t.Context(), resultOf("b", c.then)); err == nil {
			t.Error("it was told")
		}
		people.fails = nil
		for i, id := range []string{"c", "d"}[:len(c.want)] {
			f := c.then
			if i == 1 {
				f = nil
			}
			if err := n.Tell(t.Context(), resultOf(id, f)); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(c.want, titles(people)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		before := Fact{"before", "dump_truncated, whose message may not have arrived"}
		if isOther := c.then == nil || c.then.Code == outcome.OverBudget; slices.Contains(people.got[0].Facts, before) != isOther {
			t.Errorf("%s: %v", name, people.got[0].Facts)
		}
	}
}
