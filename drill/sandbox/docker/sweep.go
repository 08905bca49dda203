package docker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/work"
)

// SweepOptions select what else to remove.
type SweepOptions struct {
	Kept bool // remove also the sandboxes on this machine that were kept for inspection
}

// Sweep removes what dead runs left on the engine: runs on this machine whose
// lock is not held, and expired runs of any machine. It returns what it removed,
// and what it kept, with the reason.
func (e *Engine) Sweep(ctx context.Context, o SweepOptions) (removed, kept []string, err error) {
	return e.sweep(ctx, labelRun, o)
}

// sweep removes what dead runs left under a label. It tries again while the
// engine cannot remove something, because that may be in use or about to be
// removed.
func (e *Engine) sweep(ctx context.Context, label string, o SweepOptions) (removed, kept []string, err error) {
	for deadline := time.Now().Add(e.sweepWithin); ; {
		var removedNow []string
		removedNow, kept, err = e.sweepOnce(ctx, label, o)
		for _, r := range removedNow {
			if !slices.Contains(removed, r) {
				removed = append(removed, r)
			}
		}
		if err == nil || time.Now().After(deadline) || pause(ctx, removeRetryInterval) != nil {
			return removed, kept, err
		}
	}
}

func (e *Engine) sweepOnce(ctx context.Context, label string, o SweepOptions) (removed, kept []string, err error) {
	resources, err := e.list(ctx, label)
	if err != nil {
		return nil, nil, fmt.Errorf("list the resources of dead runs: %w", err)
	}
	var errs []error
	for _, t := range resources {
		if reason := t.reasonToKeep(o, time.Now()); reason != "" {
			kept = append(kept, fmt.Sprintf("%s: %s", t, reason))
			continue
		}
		if err := e.remove(ctx, t); err != nil {
			errs = append(errs, err)
			continue
		}
		removed = append(removed, t.String())
	}
	return removed, kept, errors.Join(errs...)
}

// resource is a container, volume or network with labels.
type resource struct {
	kind   string
	id     string
	name   string
	labels map[string]string
}

func (t resource) String() string {
	return fmt.Sprintf("%s %s of run %s", t.kind, t.name, t.labels[labelRun])
}

// reasonToKeep returns why a resource must not be swept, or "" if it may be.
func (t resource) reasonToKeep(o SweepOptions, now time.Time) string {
	expires, err := time.Parse(time.RFC3339, t.labels[labelExpires])
	expired := err == nil && now.After(expires)
	isLocal := t.labels[labelOwner] != "" && t.labels[labelOwner] == work.Identity(t.labels[labelRoot])
	switch {
	case isLocal && work.Alive(t.labels[labelRoot], t.labels[labelRun]):
		return "the run is alive"
	case expired:
		return ""
	case !isLocal:
		return "the run may be alive on another machine; it expires at " + t.labels[labelExpires]
	case t.labels[labelKeep] == "true" && !o.Kept:
		return "it is kept for inspection until " + t.labels[labelExpires]
	}
	return ""
}

// list returns everything with a label. Containers come first, because volumes
// and networks cannot be removed while a container uses them.
func (e *Engine) list(ctx context.Context, label string) ([]resource, error) {
	filters := client.Filters{}.Add("label", label)
	containers, err := e.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	volumes, err := e.client.VolumeList(ctx, client.VolumeListOptions{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	networks, err := e.client.NetworkList(ctx, client.NetworkListOptions{Filters: filters})
	if err != nil {
		return nil, fmt.Errorf("list networks: %w", err)
	}
	var all []resource
	for _, c := range containers.Items {
		if c.Labels[labelRun] == "" {
			continue // of somebody who uses an image that drillgres made; see bench.Commit
		}
		name := slices.Concat(c.Names, []string{c.ID})[0]
		all = append(all, resource{"container", c.ID, name, c.Labels})
	}
	for _, v := range volumes.Items {
		all = append(all, resource{"volume", v.Name, v.Name, v.Labels})
	}
	for _, n := range networks.Items {
		all = append(all, resource{"network", n.ID, n.Name, n.Labels})
	}
	return all, nil
}

// remove removes a resource. It returns an error for a resource without our
// label. It succeeds if the resource no longer exists or is being removed.
func (e *Engine) remove(ctx context.Context, t resource) error {
	if !work.ValidID(t.labels[labelRun]) {
		return fmt.Errorf("remove %s %s: refused because it has no valid label %s", t.kind, t.name, labelRun)
	}
	var err error
	switch t.kind {
	case "container":
		_, err = e.client.ContainerRemove(ctx, t.id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	case "volume":
		_, err = e.client.VolumeRemove(ctx, t.id, client.VolumeRemoveOptions{Force: true})
	case "network":
		_, err = e.client.NetworkRemove(ctx, t.id, client.NetworkRemoveOptions{})
	}
	if err == nil || errdefs.IsNotFound(err) || strings.Contains(err.Error(), "already in progress") {
		return nil
	}
	return fmt.Errorf("remove %s: %w", t, err)
}
