package recordtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
)

// keepsNotices checks that a notice replaces the earlier one of the same receiver,
// database and kind, and no other.
func keepsNotices(t *testing.T, open Opener) {
	notice := func(receiver, database string, kind outcome.Kind, run string) record.Notice {
		return record.Notice{
			Receiver: receiver, Database: database, Kind: kind, RunID: run, Event: outcome.EventFailed, Code: outcome.DumpTruncated,
			Since: Noon.Add(1500 * time.Nanosecond), Unproved: 2, Told: outcome.EventUnproved, ToldFor: outcome.EngineUnreachable, ToldRun: "earlier",
			ToldAt: Noon.In(time.FixedZone("", 7200)), Owed: outcome.EventFailed, Error: "it said: \"no\"\x00, %s'; \\u0000 ☃",
		}
	}
	h := open(t)
	for _, n := range []record.Notice{
		notice("ops", "shop", outcome.KindDrill, "a"), notice("ops", "shop", outcome.KindCheck, "b"), notice("pager/../x", "shop", outcome.KindDrill, "c"),
		notice("ops", "crm", outcome.KindDrill, "d"), notice("ops", "", "digest", "e"), notice("ops", "shop", outcome.KindDrill, "f"),
	} {
		if err := h.Note(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	for database, want := range map[string][]string{"shop": {"ops check b", "ops drill f", "pager/../x drill c"}, "crm": {"ops drill d"}, "": {"ops digest e"}, "wiki": nil} {
		list, err := open(t).Notices(t.Context(), database)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, n := range list {
			got = append(got, n.Receiver+" "+string(n.Kind)+" "+n.RunID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("notices of %q: %s", database, diff)
		}
	}
	list, _ := open(t).Notices(t.Context(), "crm")
	want := notice("ops", "crm", outcome.KindDrill, "d")
	want.Since, want.ToldAt, want.Error = Noon.Add(time.Microsecond), Noon, "it said: \"no\"\uFFFD, %s'; \\u0000 ☃"
	if diff := cmp.Diff(want, list[0]); diff != "" {
		t.Error(diff)
	}
	if got := Listed(t, h, record.Filter{}); got != "" {
		t.Errorf("a notice is listed as a drill: %q", got)
	}
}
