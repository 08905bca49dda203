package s3

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
)

// TestIndex checks that the index is only a cache: whatever is wrong with it, the
// entries are right, and if it is right, no drill is read.
func TestIndex(t *testing.T) {
	server := start(t)
	h, s := open(t, server.Endpoint, "s3://"+name)
	recordtest.Tell(t, h, recordtest.Drill("a", "shop", outcome.VerdictPassed, 0), recordtest.Drill("b", "shop", outcome.VerdictPassed, 1))
	right, _, err := s.bucket.Get(t.Context(), locate.Object{Key: "index/shop.json"}, maxSize)
	if err != nil {
		t.Fatal(err)
	}
	var reads atomic.Int64
	proxy := server.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/drills/shop/") {
			reads.Add(1)
		}
		return false
	})
	watched, _ := open(t, proxy, "s3://"+name)
	entries := func() string {
		list, err := watched.Entries(t.Context(), record.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		text := ""
		for _, e := range list {
			text += e.RunID + string(e.Verdict) + " "
		}
		return text
	}
	var forged index
	if err := json.Unmarshal(right, &forged); err != nil {
		t.Fatal(err)
	}
	forged.Drills = append(forged.Drills[:1:1], indexed{"etag", forged.Drills[1].Entry}, indexed{"x", record.Entry{ID: record.ID{RunID: "ghost", Database: "shop"}, Verdict: "passed"}})
	forged.Drills[1].Entry.Verdict = "failed"
	another, _ := json.Marshal(forged)
	for _, c := range []struct {
		what    string
		content []byte
		reads   int64
	}{
		{"right", right, 0},
		{"damaged", []byte(`{"version": 1, "drills": [`), 2},
		{"empty", nil, 2},
		{"of another version", []byte(`{"version": 99, "drills": []}`), 2},
		{"outdated, and with drills that do not exist", another, 1},
	} {
		server.Put(t, name, "index/shop.json", c.content)
		reads.Store(0)
		if got := entries(); got != "bpassed apassed " || reads.Load() != c.reads {
			t.Errorf("%s: %q, with %d reads; want %d", c.what, got, reads.Load(), c.reads)
		}
	}
	server.Remove(t, name, "index/shop.json")
	if n, err := h.Rebuild(t.Context()); n != 2 || err != nil {
		t.Errorf("rebuilt %d, %v", n, err)
	}
	reads.Store(0)
	if got := entries(); got != "bpassed apassed " || reads.Load() != 0 {
		t.Errorf("rebuilt: %q, with %d reads", got, reads.Load())
	}
	server.Remove(t, name, "drills/shop/a.json") // a lifecycle rule
	if got := entries(); got != "bpassed " {
		t.Errorf("after a removal: %q", got)
	}
}
