package drills

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/program"
)

// TestDrillsAreTold drills a backup that is broken and then good again, with a webhook, a
// dead man's switch and the history in a file. Each drill is a process of its own.
func TestDrillsAreTold(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var hooks, pings []string
	down := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		if down {
			http.Error(w, "down", http.StatusNotFound) // which is not tried again
			return
		}
		if name, isPing := strings.CutPrefix(r.URL.Path, "/ping"); isPing {
			pings = append(pings, "ping"+name)
			return
		}
		var sent struct {
			Title  string
			Result outcome.Result
		}
		if err := json.Unmarshal(body, &sent); err != nil || sent.Result.Database != "shop" || r.Header.Get("Drillgres-Signature") == "" {
			t.Errorf("%v: %s", err, body)
		}
		hooks = append(hooks, sent.Title)
	}))
	defer server.Close()
	dump := program.ShopDump(t)
	config := program.DumpConfig(t, "", fmt.Sprintf("notify:\n  - {webhook: {url: %q, secret: canary-secret}}\n  - {healthchecks: %q}\n", server.URL+"/hook", server.URL+"/ping"), dump)
	backup := filepath.Join(filepath.Dir(config), "backups", "shop.dump")
	write := func(content []byte) {
		if err := os.WriteFile(backup, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(what string, exit int, wantHooks, wantPings []string) outcome.Result {
		t.Helper()
		mu.Lock()
		hooks, pings = nil, nil
		mu.Unlock()
		r, got, stderr := program.Drill(t, "--config", config)
		if got != exit {
			t.Errorf("%s: exit %d, want %d: %+v\n%s", what, got, exit, r.Failure, stderr)
		}
		if diff := cmp.Diff(wantHooks, hooks); diff != "" {
			t.Errorf("%s: webhook %s", what, diff)
		}
		if diff := cmp.Diff(wantPings, pings); diff != "" {
			t.Errorf("%s: pings %s", what, diff)
		}
		if strings.Contains(stderr+fmt.Sprint(r), "canary-secret") {
			t.Errorf("%s: the secret is printed", what)
		}
		return r
	}
	passed, failed := []string{"ping/start", "ping"}, []string{"ping/start", "ping/fail"}
	run("a good backup", 0, nil, passed)
	write(dump[:len(dump)*2/3])
	broken := run("a truncated one", 3, []string{"FAILED shop: dump_truncated"}, failed)
	run("the same again, at once", 3, nil, failed)
	if broken.Failure.Code != outcome.DumpTruncated || len(broken.TellErrors) > 0 {
		t.Errorf("%+v, %q", broken.Failure, broken.TellErrors)
	}
	write(dump)
	down = true
	lost := run("good again, but nobody answers", outcome.ExitNotRecorded, nil, nil)
	slices.Sort(lost.TellErrors)
	for i, want := range []string{"notify healthchecks: it answered 404", "notify healthchecks: it answered 404", "notify webhook: it answered 404 Not Found: down"} {
		if len(lost.TellErrors) != 3 || !strings.HasPrefix(lost.TellErrors[i], want) || lost.Verdict != outcome.VerdictPassed {
			t.Fatalf("%s, errors %q", lost.Verdict, lost.TellErrors)
		}
	}
	down = false
	run("told by the next run", 0, []string{"RECOVERED shop"}, passed)
	run("quiet", 0, nil, passed)
}
