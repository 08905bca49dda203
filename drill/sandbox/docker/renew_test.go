package docker

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
)

// registryOf is an engine with one image, in front of a registry that answers a pull
// with a status and a message.
type registryOf struct {
	id      string // empty: the engine has no image
	digests []string
	status  int // of a pull; 0: it succeeds and brings the image sha256:new
	message string
	pulled  []string
}

func (r *registryOf) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	answer := func(status int, body any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	switch path := q.URL.Path; {
	case strings.HasSuffix(path, "/_ping"):
		w.Header().Set("API-Version", "1.41")
	case strings.HasSuffix(path, "/info"):
		answer(http.StatusOK, map[string]any{})
	case strings.HasSuffix(path, "/images/create"):
		r.pulled = append(r.pulled, q.URL.Query().Get("fromImage")+":"+q.URL.Query().Get("tag"))
		if r.status != 0 {
			answer(r.status, map[string]string{"message": r.message})
			return
		}
		r.id = "sha256:new"
		answer(http.StatusOK, map[string]string{"status": "Downloaded newer image"})
	case strings.Contains(path, "/images/") && r.id != "":
		answer(http.StatusOK, map[string]any{"Id": r.id, "RepoDigests": r.digests})
	default:
		answer(http.StatusNotFound, map[string]string{"message": "no such image"})
	}
}

func TestRenew(t *testing.T) {
	const tag = "ghcr.io/acme/shop:main"
	pulled := []string{"ghcr.io/acme/shop@sha256:" + strings.Repeat("1", 64)}
	const down = `Get "https://ghcr.io/v2/": dial tcp: connection refused`
	for _, c := range []struct {
		name   string
		ref    string
		engine registryOf
		pulls  int
		code   outcome.Code
		text   string // in the message
	}{
		{"a tag that was pulled before", tag, registryOf{id: "sha256:old", digests: pulled}, 1, "", ""},
		{"a tag without its name", "ghcr.io/acme/shop", registryOf{id: "sha256:old", digests: pulled}, 1, "", ""},
		{"an image that is not there", tag, registryOf{}, 1, "", ""},
		{"an image that is not there, and no registry", tag, registryOf{status: 500, message: down}, 1, outcome.ImageUnavailable, "connection refused"},
		{"a digest", pulled[0], registryOf{id: "sha256:old", digests: pulled, status: 500}, 0, "", ""},
		{"a tag with a digest", tag + "@sha256:" + strings.Repeat("1", 64), registryOf{id: "sha256:old", digests: pulled, status: 500}, 0, "", ""},
		{"an id", "sha256:01d", registryOf{id: "sha256:01d", digests: pulled, status: 500}, 0, "", ""},
		{"the beginning of an id", "01d", registryOf{id: "sha256:01d9", digests: pulled, status: 500}, 0, "", ""},
		{"built on the engine", tag, registryOf{id: "sha256:old", status: 500}, 0, "", ""},
		{"tagged on the engine", "shop:main", registryOf{id: "sha256:old", digests: pulled, status: 500}, 0, "", ""},
		{"the registry does not answer", tag, registryOf{id: "sha256:old", digests: pulled, status: 500, message: down}, 1, outcome.ImageOutdated, "connection refused"},
		{
			"the registry denies access", tag,
			registryOf{id: "sha256:old", digests: pulled, status: 404, message: "pull access denied for ghcr.io/acme/shop, repository does not exist or may require 'docker login'"},
			1, outcome.ImageOutdated, "denied",
		},
		{
			"the registry has no such tag", tag,
			registryOf{id: "sha256:old", digests: pulled, status: 404, message: "manifest for ghcr.io/acme/shop:main not found: manifest unknown"},
			1, "", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := httptest.NewServer(&c.engine)
			defer server.Close()
			e, err := Connect(t.Context(), Options{
				Host:   "tcp://" + strings.TrimPrefix(server.URL, "http://"),
				Getenv: func(string) (string, bool) { return "", false },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close() //nolint:errcheck // closes idle connections
			err = e.Renew(t.Context(), c.ref)
			if len(c.engine.pulled) != c.pulls {
				t.Errorf("pulled %q, want %d", c.engine.pulled, c.pulls)
			}
			if c.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if f := wantCode(t, err, c.code); !contains(f.Error(), c.text) {
				t.Errorf("%q is not in: %s", c.text, f)
			}
		})
	}
}

func TestMayBeOutdatedOfTheHub(t *testing.T) {
	var found client.ImageInspectResult
	found.ID, found.RepoDigests = "sha256:5", []string{"redis@sha256:" + strings.Repeat("2", 64)}
	for _, ref := range []string{"redis", "redis:7", "docker.io/library/redis:7"} {
		if !mayBeOutdated(ref, found) {
			t.Errorf("%s is not known to be from the registry", ref)
		}
	}
}
