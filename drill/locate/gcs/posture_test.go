package gcs_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/lifecycle"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

func answersOf(p locate.Posture) map[outcome.FactName]string {
	facts := map[outcome.FactName]string{}
	for _, f := range p.Facts {
		if facts[f.Name] = f.Value; f.Value == "" {
			facts[f.Name] = "?" + f.Why + "?" + f.Permission
		}
	}
	return facts
}

// TestPosture checks what the attributes of a bucket say, and its rules.
func TestPosture(t *testing.T) {
	server := start(t)
	status, body := 0, ""
	proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/b/"+bucket) || status == 0 {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
		return true
	})
	ask := func() locate.Posture { return source(t, proxy, "gs://"+bucket+"/prod").Posture(t.Context(), "") }
	if got := answersOf(ask()); got[outcome.FactVersioning] != "off" || got[outcome.FactLifecycle] != "no rules" {
		t.Errorf("of the server: %v", got)
	}
	status, body = 200, `{"kind": "storage#bucket", "name": "acme-backups", "location": "EUROPE-WEST3", "versioning": {"enabled": true},
		"retentionPolicy": {"retentionPeriod": "2592000", "effectiveTime": "2026-11-01T00:00:00Z"}, "iamConfiguration": {"publicAccessPrevention": "enforced"},
		"lifecycle": {"rule": [
			{"action": {"type": "Delete"}, "condition": {"age": 30, "matchesPrefix": ["prod/", "logs/"], "matchesSuffix": [".dump"]}},
			{"action": {"type": "SetStorageClass", "storageClass": "COLDLINE"}, "condition": {"age": 7}},
			{"action": {"type": "AbortIncompleteMultipartUpload"}, "condition": {"age": 1}},
			{"action": {"type": "Delete"}, "condition": {"daysSinceNoncurrentTime": 14}},
			{"action": {"type": "Delete"}, "condition": {"numNewerVersions": 3, "isLive": false}},
			{"action": {"type": "Delete"}, "condition": {"age": 3, "matchesStorageClass": ["COLDLINE"]}},
			{"action": {"type": "Delete"}, "condition": {"age": 7, "isLive": true}},
			{"action": {"type": "Delete"}, "condition": {"isLive": false}},
			{"action": {"type": "Delete"}, "condition": {"noncurrentTimeBefore": "2099-01-01"}},
			{"action": {"type": "Delete"}, "condition": {"createdBefore": "2099-01-01"}}]}}`
	p := ask()
	want := map[outcome.FactName]string{
		outcome.FactVersioning: "on", outcome.FactObjectLock: "retention policy, 30d", outcome.FactPublic: "no",
		outcome.FactEncryption: "Google's", outcome.FactRegion: "europe-west3", outcome.FactLifecycle: "10 rules",
	}
	if diff := cmp.Diff(want, answersOf(p)); diff != "" || !p.Versioned || p.Folder != "prod/" {
		t.Errorf("%t, %s\n%s", p.Versioned, p.Folder, diff)
	}
	day := time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)
	rules := []lifecycle.Rule{
		{ID: "delete", Prefixes: []string{"prod/", "logs/"}, Suffixes: []string{".dump"}, Expire: &lifecycle.When{Days: 30}, Noncurrent: &lifecycle.Noncurrent{Age: 30}},
		{ID: "delete", Noncurrent: &lifecycle.Noncurrent{Days: 14}},
		{ID: "delete", Noncurrent: &lifecycle.Noncurrent{Unclear: "versions that have newer ones"}},
		{ID: "delete", Unclear: "objects of a class or with a custom time", Expire: &lifecycle.When{Days: 3}, Noncurrent: &lifecycle.Noncurrent{Age: 3}},
		{ID: "delete", Expire: &lifecycle.When{Days: 7}},
		{ID: "delete", Noncurrent: &lifecycle.Noncurrent{}},
		{ID: "delete", Noncurrent: &lifecycle.Noncurrent{Before: day}},
		{ID: "delete", Before: day, Expire: &lifecycle.When{}, Noncurrent: &lifecycle.Noncurrent{}},
	}
	if diff := cmp.Diff(rules, p.Rules); diff != "" {
		t.Error(diff)
	}
	for location, want := range map[string]struct {
		fact    string
		regions []string
	}{
		`"location": "EUROPE-WEST3"`: {"europe-west3", []string{"europe-west3"}},
		`"location": "EUR4"`:         {"eur4 (europe-north1, europe-west4)", []string{"eur4", "europe-north1", "europe-west4"}},
		`"location": "US"`:           {"us", []string{"us", "us-*"}},
		`"location": "EU", "customPlacementConfig": {"dataLocations": ["EUROPE-WEST1", "EUROPE-WEST3"]}`: {"eu (europe-west1, europe-west3)", []string{"EUROPE-WEST1", "EUROPE-WEST3"}},
	} {
		body = `{"kind": "storage#bucket", "name": "acme-backups", ` + location + `}`
		if p := ask(); answersOf(p)[outcome.FactRegion] != want.fact || !slices.Equal(p.Regions, want.regions) {
			t.Errorf("%s: %s, %q", location, answersOf(p)[outcome.FactRegion], p.Regions)
		}
	}
	status, body = 403, `{"error": {"code": 403, "message": "no", "errors": [{"reason": "forbidden"}]}}`
	if got := answersOf(ask()); got[outcome.FactRegion] != "?refused?storage.buckets.get" || got[outcome.FactEncryption] != "Google's" {
		t.Errorf("refused: %v", got)
	}
}
