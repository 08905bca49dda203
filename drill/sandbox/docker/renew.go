package docker

import (
	"context"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Renew makes the engine's copy of an image that of its registry: a tag may have been
// moved since it was pulled. It pulls an image that the engine does not have. It does
// nothing for a digest, which cannot move, and for an image that was built or tagged
// on the engine. Failures: image_outdated if the copy cannot be renewed,
// image_unavailable.
func (e *Engine) Renew(ctx context.Context, ref string) error {
	found, err := e.client.ImageInspect(ctx, ref)
	switch {
	case errdefs.IsNotFound(err):
		return e.pull(ctx, ref, 0)
	case err != nil:
		return outcome.Fail(outcome.ImageUnavailable, "look up image %s: %w", ref, daemonError(err))
	case !mayBeOutdated(ref, found):
		return nil
	}
	err = e.pullLimited(ctx, ref, 0)
	if err == nil || ctx.Err() != nil || isUnknownToRegistry(err) {
		return context.Cause(ctx)
	}
	return outcome.Fail(outcome.ImageOutdated, "the engine's copy of image %s may be older than the registry's, and could not be renewed: %w", ref, daemonError(err))
}

// mayBeOutdated reports whether an image is a copy of a tag in a registry.
func mayBeOutdated(ref string, found client.ImageInspectResult) bool {
	if strings.HasPrefix(strings.TrimPrefix(found.ID, "sha256:"), strings.TrimPrefix(ref, "sha256:")) {
		return false // ref is the id, or its beginning
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return false
	}
	if _, fixed := named.(reference.Digested); fixed {
		return false
	}
	return slices.ContainsFunc(found.RepoDigests, func(digest string) bool {
		from, err := reference.ParseNormalizedNamed(digest)
		return err == nil && from.Name() == named.Name()
	})
}

// isUnknownToRegistry reports whether the registry has answered that it has no such
// tag: the image was built on the engine. Some engines record a digest of such
// images too. A registry that denies access may have the tag.
func isUnknownToRegistry(err error) bool {
	return errdefs.IsNotFound(err) && !strings.Contains(err.Error(), "denied")
}
