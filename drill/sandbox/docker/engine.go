// Package docker makes sandboxes on a container engine with Docker's API. It
// is the one package that knows testcontainers and the engine's client.
package docker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// answerWithin is how long an engine may take to say that it is there.
const answerWithin = 15 * time.Second

// Options say which engine to use, and whose its sandboxes are.
type Options struct {
	Host string       // unix://…, npipe://…, tcp://…; default: DOCKER_HOST, else the current Docker context, else the default socket
	Root string       // work root: where the locks lie that tell whether a run is alive (package work)
	Log  *slog.Logger // nil: silence
}

// Engine is the container engine that was asked for, and that answers.
type Engine struct {
	at       endpoint
	client   *client.Client
	provider testcontainers.ProviderType
	log      *slog.Logger
	root     string
	pace     pace
}

var _ sandbox.Opener = (*Engine)(nil)

// Connect finds the engine that is asked for and makes sure that it is the
// one that testcontainers will use. To make it so, it sets DOCKER_HOST,
// DOCKER_CERT_PATH, DOCKER_TLS_VERIFY and, if unset,
// TESTCONTAINERS_RYUK_DISABLED for this process: testcontainers knows no
// other way. Failure: engine_unreachable.
func Connect(ctx context.Context, o Options) (*Engine, error) {
	root, err := absolute(o.Root)
	if err != nil {
		return nil, fmt.Errorf("find the work directory: %w", err)
	}
	e := &Engine{log: o.Log, root: root, pace: defaultPace}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.at, err = resolve(o.Host, os.Getenv); err != nil {
		return nil, outcome.Fail(outcome.EngineUnreachable, "find the container engine: %w", err)
	}
	if err := e.at.export(); err != nil {
		return nil, outcome.Fail(outcome.EngineUnreachable, "choose the container engine at %s: %w", e.at, err)
	}
	if e.client, err = client.New(client.FromEnv); err != nil {
		return nil, unreachable(e.at, err)
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if err := e.greet(ctx); err != nil {
		return nil, errors.Join(err, e.client.Close())
	}
	return e, nil
}

// absolute is the path that a label can hold. An empty one stays empty: whose
// lock is unknown is not swept before it expires.
func absolute(root string) (string, error) {
	if root == "" {
		return "", nil
	}
	return filepath.Abs(root)
}

// greet asks the engine for an answer before testcontainers can turn to
// another one in silence, and then compares the two.
func (e *Engine) greet(ctx context.Context) error {
	info, err := e.client.Info(ctx, client.InfoOptions{})
	if err != nil {
		return unreachable(e.at, err)
	}
	tclog.SetDefault(logBridge{e.log})
	used, err := testcontainers.NewDockerProvider(testcontainers.WithLogger(logBridge{e.log}))
	if err != nil {
		return unreachable(e.at, err)
	}
	defer used.Close() //nolint:errcheck // closes idle connections, and cannot fail
	if err := e.compare(ctx, used, info.Info.ID); err != nil {
		return err
	}
	e.provider, err = e.kind(ctx)
	return err
}

// compare holds the engine that testcontainers chose against the one asked
// for. Podman gives itself a new id at every question, so one address is one
// engine whatever the ids say.
func (e *Engine) compare(ctx context.Context, used *testcontainers.DockerProvider, id string) error {
	host := used.Client().DaemonHost()
	if host == e.client.DaemonHost() {
		return nil
	}
	api := used.Client()
	if cached, ok := api.(*testcontainers.DockerClient); ok {
		api = cached.Client // whose Info is asked, not remembered
	}
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return unreachable(endpoint{host: host, from: "testcontainers"}, err)
	}
	if info.Info.ID == id {
		return nil
	}
	return outcome.Fail(outcome.EngineUnreachable, "asked for the container engine at %s, but testcontainers uses the one at %s", e.at, host).
		WithHint("set DOCKER_HOST, or remove tc.host and docker.host from ~/.testcontainers.properties")
}

// kind tells testcontainers how the default network is called, or else it
// would make one.
func (e *Engine) kind(ctx context.Context) (testcontainers.ProviderType, error) {
	networks, err := e.client.NetworkList(ctx, client.NetworkListOptions{})
	if err != nil {
		return 0, unreachable(e.at, err)
	}
	kind := testcontainers.ProviderDocker
	for _, n := range networks.Items {
		switch n.Name {
		case testcontainers.Bridge:
			return testcontainers.ProviderDocker, nil
		case testcontainers.Podman:
			kind = testcontainers.ProviderPodman
		}
	}
	return kind, nil
}

// Close gives up the connections to the engine. Sandboxes stay.
func (e *Engine) Close() error { return e.client.Close() }

// Description is what the engine says of itself.
type Description struct {
	Host       string // its address
	From       string // what named it: DOCKER_HOST, a Docker context …
	Name       string // of its machine
	Version    string
	APIVersion string
	OS         string
	Arch       string
	CPUs       int
	Memory     int64 // bytes
	RootDir    string
	Driver     string // of its storage
}

// Describe asks the engine about itself.
func (e *Engine) Describe(ctx context.Context) (Description, error) {
	info, err := e.client.Info(ctx, client.InfoOptions{})
	if err != nil {
		return Description{}, unreachable(e.at, err)
	}
	i := info.Info
	return Description{
		Host: e.at.host, From: e.at.from, Name: i.Name, Version: i.ServerVersion, APIVersion: e.client.ClientVersion(),
		OS: i.OperatingSystem, Arch: i.Architecture, CPUs: i.NCPU, Memory: i.MemTotal, RootDir: i.DockerRootDir, Driver: i.Driver,
	}, nil
}

// HasImage tells whether the engine has an image, without pulling it.
func (e *Engine) HasImage(ctx context.Context, ref string) (bool, error) {
	_, err := e.client.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("ask the container engine for image %s: %w", ref, err)
	}
	return true, nil
}

func unreachable(at endpoint, err error) *outcome.Failure {
	f := outcome.Fail(outcome.EngineUnreachable, "no container engine answers at %s: %w", at, err)
	switch {
	case errors.Is(err, syscall.EACCES):
		return f.WithHint("let this user reach the engine: add it to the group docker, or use a rootless engine")
	case strings.HasPrefix(at.host, "ssh://"):
		return f.WithHint("forward the engine's socket (ssh -L /tmp/engine.sock:/var/run/docker.sock HOST) and set DOCKER_HOST=unix:///tmp/engine.sock")
	}
	return f
}

// logBridge leads what testcontainers has to say to our own log.
type logBridge struct{ log *slog.Logger }

func (b logBridge) Printf(format string, args ...any) {
	b.log.Debug(strings.TrimSpace(fmt.Sprintf(format, args...)), "from", "testcontainers")
}
