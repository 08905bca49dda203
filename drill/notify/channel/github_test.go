package channel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/notify"
	"github.com/drillgres/drillgres/drill/outcome"
)

// issueServer answers as the API of GitHub, with pages of two issues.
type issueServer struct {
	issues []map[string]any
	log    []string
}

func (s *issueServer) serve(w http.ResponseWriter, r *http.Request, body string) {
	number, rest := 0, strings.TrimPrefix(r.URL.Path, "/api/v3/repos/acme/ops/issues")
	if parts := strings.Split(strings.Trim(rest, "/"), "/"); parts[0] != "" {
		number, _ = strconv.Atoi(parts[0])
	}
	var sent map[string]any
	_ = json.Unmarshal([]byte(body), &sent)
	switch {
	case r.Header.Get("Authorization") != "Bearer "+canary:
		http.Error(w, `{"message": "Bad credentials"}`, http.StatusUnauthorized)
	case r.Method == http.MethodGet:
		page := max(1, atoi(r.URL.Query().Get("page")))
		var listed []map[string]any
		for i := len(s.issues) - 1 - (page-1)*2; i >= 0 && len(listed) < 2; i-- {
			listed = append(listed, s.issues[i])
		}
		if page*2 < len(s.issues) {
			q := r.URL.Query()
			q.Set("page", strconv.Itoa(page+1))
			w.Header().Set("Link", fmt.Sprintf(`<https://%s%s?%s>; rel="next", <https://x/>; rel="last"`, r.Host, r.URL.Path, q.Encode()))
		}
		_ = json.NewEncoder(w).Encode(listed)
	case r.Method == http.MethodPost && number == 0:
		sent["number"], sent["state"] = len(s.issues)+1, "open"
		s.issues = append(s.issues, sent)
		s.log = append(s.log, fmt.Sprintf("open %d: %s", len(s.issues), sent["title"]))
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(sent)
	case r.Method == http.MethodPost:
		s.log = append(s.log, fmt.Sprintf("comment %d", number))
		w.WriteHeader(http.StatusCreated)
	case r.Method == http.MethodPatch:
		for key, value := range sent {
			s.issues[number-1][key] = value
		}
		s.log = append(s.log, fmt.Sprintf("%s %d: %s", sent["state"], number, s.issues[number-1]["title"]))
	}
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

func gitHub(t *testing.T) (*issueServer, notify.Target) {
	s := &issueServer{}
	rec := record(t, nil)
	rec.answer = func(w http.ResponseWriter, r *http.Request, n int) { s.serve(w, r, rec.all()[n-1].body) }
	return s, rec.target(t, gitHubReceiver)
}

var gitHubReceiver = config.Receiver{GitHubIssue: &config.GitHubIssue{Repository: "acme/ops", Token: canary, Labels: []string{"restore-drill"}, API: "https://github.internal/api/v3/"}}

// TestGitHubIssueOfNoDatabase checks that a run of which no database is known opens no issue,
// and that this is not silent.
func TestGitHubIssueOfNoDatabase(t *testing.T) {
	s, to := gitHub(t)
	m := message(outcome.EventUnproved)
	m.Database = ""
	if err := send(t, to, m, time.Second); err == nil || !strings.Contains(err.Error(), "no issue is opened") || len(s.log) != 0 {
		t.Errorf("%v, %q", err, s.log)
	}
}

// TestGitHubIssue follows two databases for some days, among issues of other things.
func TestGitHubIssue(t *testing.T) {
	s, to := gitHub(t)
	for i := range 5 { // of other programs and people, with the same label
		s.issues = append(s.issues, map[string]any{"number": i + 1, "state": "open", "title": "other", "body": "text"})
	}
	day := func(database string, kind outcome.Kind, code outcome.Code) {
		t.Helper()
		m := message(outcome.EventPassed)
		if code != "" {
			m = message(outcome.EventFailed)
			m.Code, m.Title = code, "FAILED "+database+": "+string(code)
		}
		m.Database, m.Kind = database, kind
		mustSend(t, to, m)
	}
	day("shop", outcome.KindDrill, "")
	day("shop", outcome.KindDrill, outcome.DumpTruncated)
	day("crm", outcome.KindDrill, outcome.DumpTruncated)
	for range 4 { // issues that are newer, so that it is on a later page
		s.issues = append(s.issues, map[string]any{"number": len(s.issues) + 1, "state": "closed", "title": "other", "body": "text"})
	}
	day("shop", outcome.KindDrill, outcome.DumpTruncated) // the same again
	day("shop", outcome.KindDrill, outcome.DumpCorrupt)
	day("shop", outcome.KindCheck, outcome.BackupStale)
	day("shop", outcome.KindDrill, "") // the check is still bad
	day("shop", outcome.KindCheck, "")
	day("shop", outcome.KindCheck, "")
	day("shop", outcome.KindDrill, outcome.DumpTruncated)
	want := []string{
		"open 6: FAILED shop: dump_truncated",
		"open 7: FAILED crm: dump_truncated",
		"comment 6", "open 6: FAILED shop: dump_corrupt",
		"comment 6", "open 6: FAILED shop: backup_stale",
		"comment 6", "open 6: FAILED shop: backup_stale",
		"comment 6", "closed 6: FAILED shop: backup_stale",
		"comment 6", "open 6: FAILED shop: dump_truncated",
	}
	if diff := cmp.Diff(want, s.log); diff != "" {
		t.Error(diff)
	}
	body := fmt.Sprint(s.issues[5]["body"])
	if !strings.HasSuffix(body, "<!-- drillgres database=shop drill=dump_truncated check= -->\n") {
		t.Errorf("marker of\n%s", body)
	}
	if !strings.Contains(body, "````text\nthe dump ends early <!channel> @everyone") {
		t.Errorf("the cause is not in a code block:\n%s", body)
	}
	t.Log(body)
}

// TestGitHubOpensOne checks that an issue which GitHub opened although it answered with an
// error is not opened again.
func TestGitHubOpensOne(t *testing.T) {
	s := &issueServer{}
	rec := record(t, nil)
	rec.answer = func(w http.ResponseWriter, r *http.Request, n int) {
		if r.Method == http.MethodPost && len(s.issues) == 0 {
			s.serve(httptest.NewRecorder(), r, rec.all()[n-1].body)
			http.Error(w, "bad gateway", http.StatusBadGateway)
			return
		}
		s.serve(w, r, rec.all()[n-1].body)
	}
	mustSend(t, rec.target(t, gitHubReceiver), message(outcome.EventFailed))
	if diff := cmp.Diff([]string{"open 1: FAILED shop: dump_truncated"}, s.log); diff != "" {
		t.Error(diff)
	}
}

func TestGitHubTestIsClosed(t *testing.T) {
	s, to := gitHub(t)
	if err := to.To.(notify.Tester).Test(t.Context(), message(outcome.EventPassed)); err != nil || len(s.log) != 2 || s.issues[0]["state"] != "closed" {
		t.Errorf("%v: %q", err, s.log)
	}
}

// TestGitHubRefuses checks that errors hold no token, and that the token is not sent to
// another host.
func TestGitHubRefuses(t *testing.T) {
	elsewhere := func(w http.ResponseWriter, _ *http.Request, n int) {
		w.Header().Set("Link", `<https://evil.example/next>; rel="next"`)
		_, _ = w.Write([]byte("[]"))
		if n > 1 {
			t.Error("it followed the link")
		}
	}
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request, int)
		want   string
	}{
		"elsewhere":    {elsewhere, "on another host"},
		"not the API":  {func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte("<html>")) }, "check the key api"},
		"unauthorized": {func(w http.ResponseWriter, _ *http.Request, _ int) { http.Error(w, canary, http.StatusUnauthorized) }, "it answered 401 Unauthorized: REDACTED"},
	} {
		rec := record(t, c.answer)
		to := rec.target(t, config.Receiver{GitHubIssue: &config.GitHubIssue{Repository: "acme/ops", Token: canary, Labels: []string{"x"}}})
		if err := send(t, to, message(outcome.EventFailed), time.Second); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
