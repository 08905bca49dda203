package docker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestResolveFindsTheEngineAsTheDockerCommandDoes(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "config.json"), `{"currentContext": "colima", "auths": {}}`)
	for _, name := range []string{"ca.pem", "cert.pem", "key.pem"} {
		writeFile(t, filepath.Join(dir, name), "authority of the config")
	}
	writeContext(t, dir, "colima", `{"Host": "unix:///home/me/.colima/docker.sock"}`)
	writeContext(t, dir, "lax", `{"Host": "tcp://lax.example:2376", "SkipTLSVerify": true}`)
	writeContext(t, dir, "shell", `{"Host": "ssh://me@build.example"}`)
	tls := writeContext(t, dir, "remote", `{"Host": "tcp://build.example:2376"}`)
	writeFile(t, filepath.Join(tls, "ca.pem"), "authority of remote")
	none, broken := t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(broken, "config.json"), `{"currentContext": `)

	type found struct {
		host    string
		tls     string // the certificate authority
		skipped bool   // verification of the server's certificate
	}
	for _, c := range []struct {
		name     string
		explicit string
		env      map[string]string
		want     found
	}{
		{
			"the current context", "",
			map[string]string{"DOCKER_CONFIG": dir},
			found{host: "unix:///home/me/.colima/docker.sock"},
		},
		{
			"DOCKER_CONTEXT", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "remote"},
			found{host: "tcp://build.example:2376", tls: "authority of remote"},
		},
		{
			"a context that does not verify", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "lax"},
			found{host: "tcp://lax.example:2376", skipped: true},
		},
		{
			"a context of another machine", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "shell"},
			found{host: "ssh://me@build.example"},
		},
		{
			"DOCKER_CONTEXT=default", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "default"},
			found{host: client.DefaultDockerHost},
		},
		{
			"DOCKER_HOST before contexts", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "remote", "DOCKER_HOST": "tcp://h:1"},
			found{host: "tcp://h:1"},
		},
		{
			"DOCKER_HOST without a scheme", "",
			map[string]string{"DOCKER_CONFIG": none, "DOCKER_HOST": "h:1"},
			found{host: "tcp://h:1"},
		},
		{
			"DOCKER_HOST with TLS", "",
			map[string]string{"DOCKER_CONFIG": dir, "DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1"},
			found{host: "tcp://h:1", tls: "authority of the config"},
		},
		{
			"TLS for a socket", "",
			map[string]string{"DOCKER_CONFIG": none, "DOCKER_HOST": "unix:///s", "DOCKER_TLS_VERIFY": "1"},
			found{host: "unix:///s"},
		},
		{
			"named explicitly", "tcp://x:2",
			map[string]string{"DOCKER_CONFIG": none, "DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": dir, "DOCKER_TLS": "1"},
			found{host: "tcp://x:2", tls: "authority of the config", skipped: true},
		},
		{
			"certificates that nothing uses", "",
			map[string]string{"DOCKER_CONFIG": none, "DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": dir},
			found{host: "tcp://h:1"},
		},
		{
			"without a certificate of the client", "",
			map[string]string{"DOCKER_CONFIG": none, "DOCKER_HOST": "tcp://h:1", "DOCKER_CERT_PATH": tls, "DOCKER_TLS_VERIFY": "1"},
			found{host: "tcp://h:1", tls: "authority of remote"},
		},
		{
			"a damaged config", "",
			map[string]string{"DOCKER_CONFIG": broken},
			found{host: client.DefaultDockerHost},
		},
		{
			"nothing at all", "",
			map[string]string{"DOCKER_CONFIG": none},
			found{host: client.DefaultDockerHost},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := resolve(c.explicit, lookup(c.env))
			if err != nil {
				t.Fatal(err)
			}
			if p.from == "" {
				t.Error("the endpoint does not say what named it")
			}
			got := found{host: p.Host, skipped: p.SkipTLSVerify}
			if p.TLSData != nil {
				got.tls = string(p.TLSData.CA)
			}
			if got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}

func lookup(env map[string]string) environment { return func(name string) string { return env[name] } }

func TestResolveErrors(t *testing.T) {
	dir := t.TempDir()
	writeContext(t, dir, "nowhere", `{}`)
	for want, env := range map[string]map[string]string{
		`no Docker context "ghost"`: {"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "ghost"},
		"has no host":               {"DOCKER_CONFIG": dir, "DOCKER_CONTEXT": "nowhere"},
		"ca.pem":                    {"DOCKER_CONFIG": dir, "DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1"},
	} {
		if _, err := resolve("", lookup(env)); err == nil || !contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestOnlyAnEngineOnASocketIsLocal(t *testing.T) {
	for host, want := range map[string]bool{
		"unix:///var/run/docker.sock": true, "npipe:////./pipe/docker_engine": true, "tcp://127.0.0.1:2375": false, "ssh://me@127.0.0.1": false,
	} {
		p := endpoint{}
		p.Host = host
		if got := p.local(); got != want {
			t.Errorf("%s is local: %v", host, got)
		}
	}
}

// An unreachable engine must not be replaced by the default socket or by the
// engine in a config of testcontainers.
func TestAnUnreachableEngineIsNotReplaced(t *testing.T) {
	fakeSSH(t, filepath.Join(t.TempDir(), "none.sock"))
	for _, c := range []struct{ name, host, text string }{
		{"no socket", "unix://" + filepath.Join(t.TempDir(), "none.sock"), "none.sock"},
		{"nothing listens", "tcp://" + freeAddress(t), "127.0.0.1"},
		{"ssh", "ssh://someone@build.example", "ssh://someone@build.example"},
		{"ssh with a password", "ssh://me:canary@build.example", "ssh host connection is not valid"},
		{"nonsense", "nonsense", "nonsense"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Connect(t.Context(), Options{Getenv: only("DOCKER_HOST", c.host)})
			f := wantCode(t, err, outcome.EngineUnreachable)
			if !contains(f.Error(), c.text) || !contains(f.Error(), "DOCKER_HOST") || f.Remedy() == "" {
				t.Errorf("the message does not name the engine: %v", f)
			}
		})
	}
}

func only(name, value string) func(string) (string, bool) {
	return func(asked string) (string, bool) {
		if asked != name {
			return "", false
		}
		return value, true
	}
}

// Several engines in one process must not be mixed up, and neither the process's
// environment nor ~/.testcontainers.properties, which other programs use, may
// select another engine.
func TestConnectUsesTheRequestedEngine(t *testing.T) {
	home := t.TempDir()
	elsewhere := fakeEngine(t, "ELSEWHERE")
	writeFile(t, filepath.Join(home, ".testcontainers.properties"), "tc.host=tcp://"+elsewhere+"\n")
	t.Setenv("HOME", home)
	t.Setenv("DOCKER_HOST", "tcp://"+elsewhere)
	before := os.Environ()
	for _, id := range []string{"ONE", "TWO"} {
		e, err := Connect(t.Context(), Options{Host: "tcp://" + fakeEngine(t, id)})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close() //nolint:errcheck // closes idle connections
		if d, err := e.Describe(t.Context()); err != nil || d.Name != id {
			t.Errorf("asked for %s, got %+v, %v", id, d, err)
		}
		if _, err := e.run(t.Context(), recipe{image: image{id: "x"}, host: func(*container.HostConfig) {}}); err == nil || !contains(err.Error(), "refused by "+id) {
			t.Errorf("asked %s for a container, got %v", id, err)
		}
	}
	if diff := cmp.Diff(before, os.Environ()); diff != "" {
		t.Errorf("the process's environment was changed: %s", diff)
	}
}

func TestDescribe(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	d, err := e.Describe(t.Context())
	if err != nil || d.Host == "" || d.From == "" || d.Version == "" || d.CPUs == 0 || d.Memory == 0 || d.RootDir == "" || time.Since(d.Time).Abs() > time.Minute {
		t.Errorf("got %+v, %v", d, err)
	}
	if product, err := e.Product(t.Context()); err != nil || product == "" {
		t.Errorf("product %q, %v", product, err)
	}
	for ref, want := range map[string]bool{imageOf(t, "15"): true, "drillgres-none:1": false} {
		if found, has, err := e.Image(t.Context(), ref); err != nil || has != want || has && (found.Major != 15 || found.Identity == "" || found.Arch == "") {
			t.Errorf("%s: %+v, %v, %v", ref, found, has, err)
		}
	}
}

// writeContext writes a context as docker context create does, and returns the
// directory for its TLS certificates.
func writeContext(t *testing.T, dir, name, endpoint string) (tls string) {
	t.Helper()
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	writeFile(t, filepath.Join(dir, "contexts", "meta", id, "meta.json"), fmt.Sprintf(`{"Name": %q, "Endpoints": {"docker": %s}}`, name, endpoint))
	return filepath.Join(dir, "contexts", "tls", id, "docker")
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

// freeAddress returns a loopback address where nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // only its address is needed
	return l.Addr().String()
}

// TestAPasswordOfTheEngineIsNotPrinted: DOCKER_HOST may hold one.
func TestAPasswordOfTheEngineIsNotPrinted(t *testing.T) {
	at := endpoint{from: "DOCKER_HOST"}
	at.Host = "ssh://u:hunter2@build.internal"
	f := unreachable(at, errors.New("no route"))
	if text := at.String() + f.Error() + f.Hint; strings.Contains(text, "hunter2") || !strings.Contains(text, "build.internal") {
		t.Error(text)
	}
}

// TestAHangingCredentialHelper: a helper may ask a person, and nobody is there.
func TestAHangingCredentialHelper(t *testing.T) {
	dir := t.TempDir()
	helper := "#!/bin/sh\nexec sleep 60\n"
	if err := os.WriteFile(filepath.Join(dir, "docker-credential-hangs"), []byte(helper), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"credHelpers": {"registry.internal": "hangs"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := &Engine{getenv: func(name string) string { return map[string]string{"DOCKER_CONFIG": dir}[name] }}
	if _, err := e.awaitRegistryAuth(ctx, "registry.internal/shop:1"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
