package docker

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDescribePodman reads the answers of a rootless Podman without delegated controllers, as
// its API describes them.
func TestDescribePodman(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		switch {
		case strings.HasSuffix(r.URL.Path, "/version"):
			_, _ = w.Write([]byte(`{"Platform": {"Name": "linux/amd64/debian-12"}, "Components": [{"Name": "Podman Engine", "Version": "4.3.1"}, {"Name": "Conmon"}], "Version": "4.3.1"}`))
		case strings.HasSuffix(r.URL.Path, "/info"):
			_, _ = w.Write([]byte(`{"ServerVersion": "4.3.1", "CgroupVersion": "2", "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"], "MemoryLimit": true, "SwapLimit": true, "PidsLimit": true, "SystemTime": "2026-11-28T10:00:00.5+02:00"}`))
		}
	}))
	defer server.Close()
	e, err := Connect(t.Context(), Options{Host: "tcp://" + server.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // closes idle connections
	if product, err := e.Product(t.Context()); product != "Podman" || err != nil {
		t.Errorf("product %q, %v", product, err)
	}
	d, err := e.Describe(t.Context())
	if err != nil || !d.Rootless || d.Local || d.Cgroups != "2" || !slices.Equal(d.Unlimited, []string{"CPUs"}) || !d.Time.Equal(time.Date(2026, 11, 28, 8, 0, 0, 5e8, time.UTC)) {
		t.Errorf("got %+v, %v", d, err)
	}
}
