package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestResolveFindsTheEngineAsTheDockerCommandDoes(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), `{"currentContext": "colima", "auths": {}}`)
	writeContext(t, dir, "colima", "unix:///home/me/.colima/docker.sock", false)
	certs := writeContext(t, dir, "remote", "tcp://build.example:2376", true)
	none := t.TempDir()

	for _, c := range []struct {
		name     string
		explicit string
		env      map[string]string
		want     endpoint
	}{
		{
			"the current context", "",
			map[string]string{"DOCKER_CONFIG": dir},
			endpoint{host: "unix:///home/me/.colima/docker.sock"},
		},
		{
			"DOCKER_CONTEXT", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "remote"},
			endpoint{host: "tcp://build.example:2376", certs: certs, verify: true},
		},
		{
			"DOCKER_CONTEXT=default", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "default"},
			endpoint{host: client.DefaultDockerHost},
		},
		{
			"DOCKER_HOST before contexts", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "remote", "DOCKER_HOST": "tcp://h:1"},
			endpoint{host: "tcp://h:1"},
		},
		{
			"DOCKER_HOST with TLS", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1"},
			endpoint{host: "tcp://h:1", certs: dir, verify: true},
		},
		{
			"named explicitly", "tcp://x:2",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": "/c"},
			endpoint{host: "tcp://x:2", certs: "/c"},
		},
		{
			"nothing at all", "",
			map[string]string{"DOCKER_CONFIG": none},
			endpoint{host: client.DefaultDockerHost},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := resolve(c.explicit, func(name string) string { return c.env[name] })
			if err != nil {
				t.Fatal(err)
			}
			if got.from == "" {
				t.Error("nobody knows who named it")
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(endpoint{}), cmpopts.IgnoreFields(endpoint{}, "from")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestResolveTellsWhatIsWrong(t *testing.T) {
	broken := t.TempDir()
	writeFile(t, filepath.Join(broken, "config.json"), `{"currentContext": `)
	for name, env := range map[string]map[string]string{
		"unexpected end of JSON":    {"DOCKER_CONFIG": broken},
		`no Docker context "ghost"`: {"DOCKER_CONFIG": t.TempDir(), "DOCKER_CONTEXT": "ghost"},
	} {
		if _, err := resolve("", func(n string) string { return env[n] }); err == nil || !contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

func TestOnlyAnEngineOnASocketIsLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"unix:///var/run/docker.sock": true, "npipe:////./pipe/docker_engine": true, "tcp://127.0.0.1:2375": false,
	} {
		if got := (endpoint{host: host}).local(); got != want {
			t.Errorf("%s is local: %v", host, got)
		}
	}
}

// testcontainers alone would turn to the default socket and say nothing.
func TestAnUnreachableEngineIsNotReplaced(t *testing.T) {
	for _, c := range []struct{ name, host, says string }{
		{"no socket", "unix://" + filepath.Join(t.TempDir(), "none.sock"), "none.sock"},
		{"nobody listens", "tcp://" + freeAddress(t), "127.0.0.1"},
		{"ssh", "ssh://someone@build.example", "ssh://someone@build.example"},
		{"nonsense", "nonsense", "nonsense"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{"DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"} {
				t.Setenv(name, "") // and puts back what Connect sets
			}
			t.Setenv("DOCKER_HOST", c.host)
			_, err := Connect(t.Context(), Options{})
			f := wantCode(t, err, outcome.EngineUnreachable)
			if !contains(f.Error(), c.says) || !contains(f.Error(), "DOCKER_HOST") || f.Remedy() == "" {
				t.Errorf("the message does not name the engine: %v", f)
			}
		})
	}
}

// An engine of another id answers where DOCKER_HOST points to, while
// testcontainers stays with the one that it found first.
func TestAnotherEngineThanAskedForIsRefused(t *testing.T) {
	first := connect(t, t.TempDir())
	defer first.Close() //nolint:errcheck // closes idle connections
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		if strings.HasSuffix(r.URL.Path, "/info") {
			_, _ = w.Write([]byte(`{"ID": "ANOTHER:ENGINE"}`))
		}
	}))
	defer other.Close()
	for _, name := range []string{"DOCKER_HOST", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"} {
		t.Setenv(name, "")
	}
	_, err := Connect(t.Context(), Options{Host: "tcp://" + other.Listener.Addr().String()})
	f := wantCode(t, err, outcome.EngineUnreachable)
	for _, named := range []string{other.Listener.Addr().String(), first.at.host} {
		if !contains(f.Error(), named) {
			t.Errorf("%s is not in: %s", named, f)
		}
	}
}

func TestTheEngineDescribesItself(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	d, err := e.Describe(t.Context())
	if err != nil || d.Host == "" || d.From == "" || d.Version == "" || d.CPUs == 0 || d.Memory == 0 || d.RootDir == "" {
		t.Errorf("got %+v, %v", d, err)
	}
	for ref, want := range map[string]bool{imageOf(t, "15"): true, "drillgres-none:1": false} {
		if has, err := e.HasImage(t.Context(), ref); err != nil || has != want {
			t.Errorf("has %s: %v, %v", ref, has, err)
		}
	}
}

func writeContext(t *testing.T, dir, name, host string, tls bool) (certs string) {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	writeFile(t, filepath.Join(dir, "contexts", "meta", id, "meta.json"),
		fmt.Sprintf(`{"Name": %q, "Endpoints": {"docker": {"Host": %q, "SkipTLSVerify": false}}}`, name, host))
	certs = filepath.Join(dir, "contexts", "tls", id, "docker")
	if tls {
		writeFile(t, filepath.Join(certs, "ca.pem"), "")
	}
	return certs
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// freeAddress is one of loopback where nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its number was wanted
	return l.Addr().String()
}
