package docker

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	dockerimage "github.com/moby/moby/api/types/image"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestDataDir(t *testing.T) {
	for _, c := range []struct {
		name, pgdata string
		volumes      []string
		want         string
	}{
		{"official before 18", "/var/lib/postgresql/data", []string{"/var/lib/postgresql/data"}, "/var/lib/postgresql/data"},
		{"official from 18", "/var/lib/postgresql/18/docker", []string{"/var/lib/postgresql"}, "/var/lib/postgresql"},
		{"a longer name is not a parent", "/data-dir/pg", []string{"/data"}, "/data-dir"},
		{"nested volumes", "/a/b/c", []string{"/a", "/a/b"}, "/a/b"},
		{"no volume", "/var/lib/postgresql/data", nil, "/var/lib/postgresql"},
		{"no volume, at the top", "/pgdata", nil, "/pgdata"},
		{"nothing known", "", nil, "/var/lib/postgresql"},
	} {
		got := image{env: map[string]string{"PGDATA": c.pgdata}, volumes: c.volumes}.dataDir()
		if got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// The identity is the digest of the manifest in a registry, or the id of an image
// that was only built locally.
func TestIdentity(t *testing.T) {
	built := client.ImageInspectResult{InspectResponse: dockerimage.InspectResponse{ID: "sha256:1d"}}
	pulled := built
	pulled.RepoDigests = []string{"ghcr.io/acme/shop@sha256:d16e57"}
	for want, found := range map[string]client.ImageInspectResult{"sha256:1d": built, "sha256:d16e57": pulled} {
		if got := describeImage(found).identity(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestParseProbe(t *testing.T) {
	isolated := `tool bash
cpus 8
interface lo 0x9
interface tunl0 0x80
route4 Iface
route6 lo
outbound bash: connect: Network is unreachable bash: line 1: /dev/tcp/192.0.2.1/443: Network is unreachable
`
	want := probeResult{bash: true, cpus: 8, interfaces: []string{"lo", "tunl0"}, outbound: "network is unreachable"}
	got := parseProbe(isolated)
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(probeResult{})); diff != "" {
		t.Error(diff)
	}
	if err := got.checkIsolated(); err != nil {
		t.Errorf("a tunnel that is down is not a connection: %v", err)
	}
	for name, out := range map[string]string{
		"an interface that is up": "interface lo 0x9\ninterface eth0 0x1003\noutbound x: Network is unreachable\n",
		"a route":                 "interface lo 0x9\nroute4 Iface\nroute4 eth0\noutbound x: Network is unreachable\n",
		"a route of IPv6":         "interface lo 0x9\nroute6 eth0\noutbound x: Network is unreachable\n",
		"a connect that works":    "interface lo 0x9\noutbound \n",
		"a connect that hangs":    "interface lo 0x9\noutbound nc: timed out\n",
		"odd flags":               "interface lo 0x9\ninterface eth0 what\noutbound x: Network is unreachable\n",
		"no answer":               "",
	} {
		t.Run(name, func(t *testing.T) {
			wantCode(t, parseProbe(out).checkIsolated(), outcome.IsolationBroken)
		})
	}
}
