package docker

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/cli/cli/config"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/mount"
	registrytypes "github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
)

const defaultPullWithin = 15 * time.Minute

// image describes an image on the engine.
type image struct {
	id      string
	digest  string // sha256:… of its manifest; empty for an image that was never in a registry
	volumes []string
	env     map[string]string
	entry   []string // its entrypoint
	cmd     []string
}

// ensureImage returns the image. It pulls the image if the engine does not have
// it.
func (e *Engine) ensureImage(ctx context.Context, ref string, within time.Duration) (image, error) {
	found, err := e.client.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		if err := e.pull(ctx, ref, within); err != nil {
			return image{}, err
		}
		found, err = e.client.ImageInspect(ctx, ref)
	}
	if err != nil {
		return image{}, outcome.Fail(outcome.ImageUnavailable, "look up image %s: %w", ref, daemonError(err))
	}
	return describeImage(found), nil
}

// Identity returns what distinguishes an image from others that have or had the
// same name: the same text as sandbox.Process.Digest. It pulls the image if the
// engine does not have it. Failure: image_unavailable.
func (e *Engine) Identity(ctx context.Context, ref string) (string, error) {
	img, err := e.ensureImage(ctx, ref, 0)
	return img.identity(), err
}

func describeImage(found client.ImageInspectResult) image {
	img := image{id: found.ID, env: map[string]string{}}
	if len(found.RepoDigests) > 0 {
		_, img.digest, _ = strings.Cut(found.RepoDigests[0], "@")
	}
	if found.Config == nil {
		return img
	}
	for v := range found.Config.Volumes {
		img.volumes = append(img.volumes, path.Clean(v))
	}
	slices.Sort(img.volumes)
	img.entry, img.cmd = found.Config.Entrypoint, found.Config.Cmd
	for _, pair := range found.Config.Env {
		name, value, _ := strings.Cut(pair, "=")
		img.env[name] = value
	}
	return img
}

// identity returns the digest of the manifest, or the image id if there is none.
func (i image) identity() string {
	if i.digest != "" {
		return i.digest
	}
	return i.id
}

// pull pulls an image that the engine does not have.
func (e *Engine) pull(ctx context.Context, ref string, within time.Duration) error {
	err := e.pullLimited(ctx, ref, within)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return outcome.Fail(outcome.ImageUnavailable, "pull image %s: %w", ref, daemonError(err))
}

// pullLimited pulls an image with its own deadline, because an engine that cannot
// reach the registry may try for as long as it is allowed to.
func (e *Engine) pullLimited(ctx context.Context, ref string, within time.Duration) error {
	if within <= 0 {
		within = defaultPullWithin
	}
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	e.log.Info("pulling image", "image", ref)
	err := e.pullNow(limited, ref)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case limited.Err() != nil:
		return fmt.Errorf("not finished after %s", within)
	}
	return err
}

func (e *Engine) pullNow(ctx context.Context, ref string) error {
	auth, err := e.awaitRegistryAuth(ctx, ref)
	if err != nil {
		return err
	}
	stream, err := e.client.ImagePull(ctx, ref, client.ImagePullOptions{RegistryAuth: auth})
	if err != nil {
		return err
	}
	return errors.Join(stream.Wait(ctx), stream.Close())
}

// awaitRegistryAuth is registryAuth until ctx ends. A credential helper is a
// program that may wait for a person.
func (e *Engine) awaitRegistryAuth(ctx context.Context, ref string) (string, error) {
	type answer struct {
		auth string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		auth, err := e.registryAuth(ref)
		answered <- answer{auth, err}
	}()
	select {
	case a := <-answered:
		return a.auth, a.err
	case <-ctx.Done():
		return "", fmt.Errorf("read the registry credentials of %s: %w", ref, context.Cause(ctx))
	}
}

// dockerHub is the key under which docker login stores credentials of docker.io.
const dockerHub = "https://index.docker.io/v1/"

// registryAuth returns the credentials that docker login has stored for the
// image's registry. It returns "" if there are none or they cannot be read,
// because the image may be public.
func (e *Engine) registryAuth(ref string) (string, error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return "", err
	}
	registry := reference.Domain(named)
	if registry == "docker.io" {
		registry = dockerHub
	}
	cfg, err := config.Load(e.getenv.configDir())
	if err != nil {
		return "", nil //nolint:nilerr // see above
	}
	stored, err := cfg.GetAuthConfig(registry)
	if err != nil {
		return "", nil //nolint:nilerr // see above
	}
	if stored.Username == "" && stored.Password == "" && stored.IdentityToken == "" && stored.RegistryToken == "" {
		return "", nil
	}
	encoded, err := authconfig.Encode(registrytypes.AuthConfig{
		Username: stored.Username, Password: stored.Password, ServerAddress: registry,
		IdentityToken: stored.IdentityToken, RegistryToken: stored.RegistryToken,
	})
	if err != nil {
		return "", fmt.Errorf("encode registry credentials: %w", err)
	}
	return encoded, nil
}

// dataDir returns where the volume with the server's data is mounted: the volume
// that the image declares for PGDATA (since Postgres 18 for its parent
// directory), or without one the parent directory of PGDATA.
func (i image) dataDir() string {
	pgdata := path.Clean(i.env["PGDATA"])
	if i.env["PGDATA"] == "" {
		pgdata = "/var/lib/postgresql/data"
	}
	for _, v := range slices.Backward(i.volumes) {
		if pgdata == v || strings.HasPrefix(pgdata, v+"/") {
			return v
		}
	}
	if parent := path.Dir(pgdata); parent != "/" {
		return parent
	}
	return pgdata
}

// mounts returns a labelled volume for each one that the image declares. The
// engine would create anonymous ones, which Sweep cannot find without a label.
func (i image) mounts(prefix string, labels map[string]string, except ...string) []mount.Mount {
	var mounts []mount.Mount
	for n, target := range i.volumes {
		if !slices.Contains(except, target) {
			mounts = append(mounts, volumeAt(fmt.Sprintf("%s-volume-%d", prefix, n), target, labels))
		}
	}
	return mounts
}

func volumeAt(name, target string, labels map[string]string) mount.Mount {
	return mount.Mount{Type: mount.TypeVolume, Source: name, Target: target, VolumeOptions: &mount.VolumeOptions{Labels: labels}}
}
