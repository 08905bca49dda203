package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/moby/client"
)

// endpoint is where an engine listens, and who said so.
type endpoint struct {
	host   string
	certs  string // directory of ca.pem, cert.pem, key.pem; empty: no TLS
	verify bool   // the server's certificate
	from   string
}

func (p endpoint) String() string { return fmt.Sprintf("%s (%s)", p.host, p.from) }

// local tells whether the engine may share this machine's files.
func (p endpoint) local() bool {
	return strings.HasPrefix(p.host, "unix://") || strings.HasPrefix(p.host, "npipe://")
}

// resolve finds the engine as the docker command does: what is named
// explicitly, DOCKER_HOST, DOCKER_CONTEXT, the current context of the
// command's config, the default socket.
func resolve(explicit string, getenv func(string) string) (endpoint, error) {
	dir := getenv("DOCKER_CONFIG")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			home = string(filepath.Separator)
		}
		dir = filepath.Join(home, ".docker")
	}
	if explicit != "" {
		return fromEnvironment(explicit, "named explicitly", dir, getenv), nil
	}
	if host := getenv("DOCKER_HOST"); host != "" {
		return fromEnvironment(host, "DOCKER_HOST", dir, getenv), nil
	}
	name := getenv("DOCKER_CONTEXT")
	if name == "" {
		var err error
		if name, err = currentContext(dir); err != nil {
			return endpoint{}, err
		}
	}
	if name == "" || name == "default" {
		return fromEnvironment(client.DefaultDockerHost, "the default socket", dir, getenv), nil
	}
	return fromContext(dir, name)
}

func fromEnvironment(host, from, dir string, getenv func(string) string) endpoint {
	p := endpoint{host: host, from: from, certs: getenv("DOCKER_CERT_PATH"), verify: getenv("DOCKER_TLS_VERIFY") != ""}
	if p.certs == "" && p.verify {
		p.certs = dir
	}
	return p
}

func currentContext(dir string) (string, error) {
	var cfg struct {
		CurrentContext string `json:"currentContext"`
	}
	err := readJSON(filepath.Join(dir, "config.json"), &cfg)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return cfg.CurrentContext, nil
}

func fromContext(dir, name string) (endpoint, error) {
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:])
	var meta struct {
		Endpoints map[string]struct {
			Host          string
			SkipTLSVerify bool
		}
	}
	err := readJSON(filepath.Join(dir, "contexts", "meta", id, "meta.json"), &meta)
	if errors.Is(err, fs.ErrNotExist) {
		return endpoint{}, fmt.Errorf("there is no Docker context %q in %s", name, dir)
	}
	if err != nil {
		return endpoint{}, err
	}
	at := meta.Endpoints["docker"]
	if at.Host == "" {
		return endpoint{}, fmt.Errorf("the Docker context %q in %s names no host", name, dir)
	}
	p := endpoint{host: at.Host, from: fmt.Sprintf("Docker context %q", name)}
	certs := filepath.Join(dir, "contexts", "tls", id, "docker")
	if _, err := os.Stat(certs); err == nil {
		p.certs, p.verify = certs, !at.SkipTLSVerify
	}
	return p, nil
}

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}

// export tells the engine's client and testcontainers, which both read the
// environment, where the engine is. The reaper of testcontainers would need
// an image of its own and would end kept sandboxes: our labels and Sweep do
// its work.
func (p endpoint) export() error {
	verify := ""
	if p.verify {
		verify = "1"
	}
	values := map[string]string{"DOCKER_HOST": p.host, "DOCKER_CERT_PATH": p.certs, "DOCKER_TLS_VERIFY": verify}
	if os.Getenv("TESTCONTAINERS_RYUK_DISABLED") == "" {
		values["TESTCONTAINERS_RYUK_DISABLED"] = "true"
	}
	for name, value := range values {
		set := func() error { return os.Setenv(name, value) }
		if value == "" {
			set = func() error { return os.Unsetenv(name) }
		}
		if err := set(); err != nil {
			return err
		}
	}
	return nil
}
