package azure_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/azureserver"
)

// TestPosture checks what the properties of a container say.
func TestPosture(t *testing.T) {
	const unanswered = "?" + outcome.Unanswered + "?"
	refused := "?refused?Microsoft.Storage/storageAccounts/blobServices/containers/read"
	for name, c := range map[string]struct {
		headers      map[string]string // nil: refused
		lock, public string
	}{
		"as it is made": {map[string]string{}, "off", "no"},
		"public":        {map[string]string{"X-Ms-Blob-Public-Access": "container"}, "off", "yes, by the access level container of the container"},
		"immutable":     {map[string]string{"X-Ms-Has-Immutability-Policy": "true"}, "immutability policy", "no"},
		"refused":       {nil, refused, refused},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Query().Get("restype") != "container" || r.URL.Query().Has("comp") {
					return false
				}
				if c.headers == nil {
					azureserver.Fail(w, http.StatusForbidden, "AuthorizationPermissionMismatch", "no")
				}
				for name, value := range c.headers {
					w.Header().Set(name, value)
				}
				return true
			})
			got := map[outcome.FactName]string{}
			for _, f := range source(t, server.Endpoint, root).Posture(t.Context(), "").Facts {
				if got[f.Name] = f.Value; f.Value == "" {
					got[f.Name] = "?" + f.Why + "?" + f.Permission
				}
			}
			want := map[outcome.FactName]string{
				outcome.FactVersioning: unanswered, outcome.FactObjectLock: c.lock, outcome.FactPublic: c.public,
				outcome.FactEncryption: "Azure's", outcome.FactRegion: unanswered, outcome.FactLifecycle: unanswered,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCredentialsThatEnd(t *testing.T) {
	server := start(t)
	if got := source(t, server.Endpoint, root).Credentials(t.Context()); got.Text != "a key without an end" {
		t.Errorf("%+v", got)
	}
	for query, want := range map[string]locate.Credentials{
		"&se=2027-01-01T00:00:00Z": {Ends: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		"":                         {Why: "the SAS does not state when it ends"},
	} {
		azureserver.Setenv(t, "AZURE_STORAGE_SAS_TOKEN", strings.TrimPrefix(server.SAS("rl"), "?")+query)
		if got := source(t, server.Endpoint, root).Credentials(t.Context()); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
