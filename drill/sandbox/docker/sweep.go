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

// SweepOptions say what else to remove.
type SweepOptions struct {
	Kept bool // also the sandboxes of this machine that were kept for inspection
}

// Sweep removes what dead runs left on the engine: those of this machine
// whose lock nobody holds, and any whose time is over. What it finds and must
// leave alone is in kept, with the reason.
func (e *Engine) Sweep(ctx context.Context, o SweepOptions) (removed, kept []string, err error) {
	return e.sweep(ctx, labelRun, o)
}

// busy is how long a sweep waits for an engine that is still busy with what a
// run left: one that died in its clean-up had begun to remove it.
const busy = 10 * time.Second

func (e *Engine) sweep(ctx context.Context, label string, o SweepOptions) (removed, kept []string, err error) {
	for until := time.Now().Add(busy); ; {
		var now []string
		now, kept, err = e.sweepOnce(ctx, label, o)
		for _, r := range now {
			if !slices.Contains(removed, r) {
				removed = append(removed, r)
			}
		}
		if err == nil || time.Now().After(until) || pause(ctx, removeAgain) != nil {
			return removed, kept, err
		}
	}
}

func (e *Engine) sweepOnce(ctx context.Context, label string, o SweepOptions) (removed, kept []string, err error) {
	things, err := e.things(ctx, label)
	if err != nil {
		return nil, nil, fmt.Errorf("look for what dead runs left: %w", err)
	}
	var errs []error
	for _, t := range things {
		if why := t.spared(o, time.Now()); why != "" {
			kept = append(kept, fmt.Sprintf("%s: %s", t, why))
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

// thing is a container, volume or network with labels.
type thing struct {
	kind   string
	id     string
	name   string
	labels map[string]string
}

func (t thing) String() string {
	return fmt.Sprintf("%s %s of run %s", t.kind, t.name, t.labels[labelRun])
}

// spared is why a thing must not be swept; empty if it may.
func (t thing) spared(o SweepOptions, now time.Time) string {
	expires, err := time.Parse(time.RFC3339, t.labels[labelExpires])
	expired := err == nil && now.After(expires)
	here := t.labels[labelOwner] != "" && t.labels[labelOwner] == work.Identity(t.labels[labelRoot])
	switch {
	case here && work.Alive(t.labels[labelRoot], t.labels[labelRun]):
		return "the run is alive"
	case expired:
		return ""
	case !here:
		return "only another machine knows whether the run is alive, until " + t.labels[labelExpires]
	case t.labels[labelKeep] == "true" && !o.Kept:
		return "it was kept for inspection until " + t.labels[labelExpires]
	}
	return ""
}

// things lists everything with a label, containers first: they hold the
// others.
func (e *Engine) things(ctx context.Context, label string) ([]thing, error) {
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
	var things []thing
	for _, c := range containers.Items {
		name := slices.Concat(c.Names, []string{c.ID})[0]
		things = append(things, thing{"container", c.ID, name, c.Labels})
	}
	for _, v := range volumes.Items {
		things = append(things, thing{"volume", v.Name, v.Name, v.Labels})
	}
	for _, n := range networks.Items {
		things = append(things, thing{"network", n.ID, n.Name, n.Labels})
	}
	return things, nil
}

// remove refuses whatever does not carry our label, whoever asks. What is
// gone already, or is just being removed by somebody else, is removed.
func (e *Engine) remove(ctx context.Context, t thing) error {
	if !work.ValidID(t.labels[labelRun]) {
		return fmt.Errorf("remove %s %s: refused, it carries no %s", t.kind, t.name, labelRun)
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
