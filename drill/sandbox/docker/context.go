package docker

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/connhelper"
	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
	"github.com/moby/moby/client"
)

// endpoint is the address of an engine and how to reach it.
type endpoint struct {
	docker.Endpoint
	from string // what named it, such as DOCKER_HOST
}

func (p endpoint) String() string { return fmt.Sprintf("%s (%s)", p.address(), p.from) }

// address returns the host without a password.
func (p endpoint) address() string {
	if u, err := url.Parse(p.Host); err == nil && u.User != nil {
		return u.Redacted()
	}
	return p.Host
}

// local reports whether the engine may share this machine's files.
func (p endpoint) local() bool {
	return strings.HasPrefix(p.Host, "unix://") || strings.HasPrefix(p.Host, "npipe://")
}

// connect returns a client of the engine. An ssh:// engine is reached through
// the ssh command, as the docker command reaches it.
func (p endpoint) connect() (*client.Client, error) {
	options, err := p.ClientOpts()
	if err != nil {
		return nil, err
	}
	command, err := connhelper.GetConnectionHelper(p.Host)
	if err != nil {
		return nil, err
	}
	if command != nil {
		options = append(options, client.WithDialContext(withDeadlines(command.Dialer)))
	}
	return client.New(options...)
}

// environment returns the value of a variable, or "" if it is unset.
type environment func(name string) string

// configDir returns the directory where the docker command stores its config,
// its contexts and the credentials of registries.
func (getenv environment) configDir() string {
	if dir := getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home = string(filepath.Separator)
	}
	return filepath.Join(home, ".docker")
}

// resolve finds the engine as the docker command does. It uses the first of:
// explicit, DOCKER_HOST, DOCKER_CONTEXT, the current context in the command's
// config, the default socket.
func resolve(explicit string, getenv environment) (endpoint, error) {
	if explicit != "" {
		return fromHost(explicit, "named explicitly", getenv)
	}
	if host := getenv("DOCKER_HOST"); host != "" {
		return fromHost(host, "DOCKER_HOST", getenv)
	}
	name := getenv("DOCKER_CONTEXT")
	if name == "" {
		if cfg, err := config.Load(getenv.configDir()); err == nil { // the docker command ignores a damaged config too
			name = cfg.CurrentContext
		}
	}
	if name == "" || name == "default" {
		return fromHost(client.DefaultDockerHost, "the default socket", getenv)
	}
	return fromContext(getenv.configDir(), name)
}

// fromHost returns the endpoint of a host. As for the docker command, a host without a
// scheme is a TCP address, DOCKER_TLS_VERIFY or DOCKER_TLS makes it use TLS, and a
// certificate of the client is optional.
func fromHost(host, from string, getenv environment) (endpoint, error) {
	if !strings.Contains(host, "://") {
		host = "tcp://" + host
	}
	p := endpoint{from: from}
	p.Host = host
	verify := getenv("DOCKER_TLS_VERIFY") != ""
	if !verify && getenv("DOCKER_TLS") == "" || !strings.HasPrefix(host, "tcp://") {
		return p, nil
	}
	folder := cmp.Or(getenv("DOCKER_CERT_PATH"), getenv.configDir())
	optional := func(name string) string {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return ""
		}
		return path
	}
	var err error
	p.SkipTLSVerify = !verify
	p.TLSData, err = dockercontext.TLSDataFromFiles(filepath.Join(folder, "ca.pem"), optional("cert.pem"), optional("key.pem"))
	return p, err
}

// fromContext returns the endpoint of a context that docker context create has
// stored in dir.
func fromContext(dir, name string) (endpoint, error) {
	contexts := store.New(filepath.Join(dir, "contexts"), store.NewConfig(
		func() any { return &map[string]any{} },
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} })))
	about, err := contexts.GetMetadata(name)
	if errdefs.IsNotFound(err) {
		return endpoint{}, fmt.Errorf("no Docker context %q in %s", name, dir)
	}
	if err != nil {
		return endpoint{}, err
	}
	meta, err := docker.EndpointFromContext(about)
	if err == nil && meta.Host == "" {
		err = errors.New("it has no host")
	}
	if err != nil {
		return endpoint{}, fmt.Errorf("the Docker context %q in %s: %w", name, dir, err)
	}
	with, err := docker.WithTLSData(contexts, name, meta)
	return endpoint{with, fmt.Sprintf("Docker context %q", name)}, err
}
