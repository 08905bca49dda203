package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/work"
)

var (
	_ equip.Store    = (*Engine)(nil)
	_ equip.Workshop = (*Engine)(nil)
)

// bench is a container in which an image is made. Unlike the containers of a pod it has a
// network: no byte of a backup ever reaches it.
type bench struct {
	*box
	engine *Engine
	run    string
	image  image
}

// Bench starts a container for making an image, as described by equip.Workshop.
func (e *Engine) Bench(ctx context.Context, runID, ref string) (equip.Bench, error) {
	if !work.ValidID(runID) {
		return nil, fmt.Errorf("start a container: %q is not a run id", runID)
	}
	img, err := e.ensureImage(ctx, ref, 0)
	if err != nil {
		return nil, err
	}
	name, labels := nameOf(runID, roleBench), e.labels(sandbox.Spec{RunID: runID}, roleBench)
	r := recipe{
		name: name, image: img, labels: labels, cmd: []string{"sleep", "infinity"},
		// The engine's default network, because NetworkMode is not set.
		host: func(h *container.HostConfig) { h.Mounts = img.mounts(name, labels) },
	}
	if len(img.entry) > 0 {
		r.entry, r.cmd = r.cmd, nil
	}
	id, err := e.runToEnd(ctx, r)
	b := &bench{engine: e, run: runID, image: img}
	b.box = &box{client: e.client, id: id, name: "the container that makes an image", user: "0", shell: true, strict: true, check: b.check}
	if err == nil && ctx.Err() == nil {
		return b, nil
	}
	left := b.Close(ctx)
	if ctx.Err() != nil {
		return nil, withLeftovers(context.Cause(ctx), left)
	}
	return nil, withLeftovers(outcome.Fail(outcome.ImageBuildFailed, "start a container of %s: %w", ref, daemonError(err)), left)
}

func (b *bench) check(ctx context.Context) error {
	found, err := b.client.ContainerInspect(ctx, b.id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	if state := found.Container.State; state != nil && !state.Running {
		return outcome.Fail(outcome.ImageBuildFailed, "%s has ended with exit code %d", b.name, state.ExitCode)
	}
	return nil
}

// Close removes the container and its volumes.
func (b *bench) Close(ctx context.Context) (leftovers []string) {
	return b.engine.removeRun(context.WithoutCancel(ctx), b.run)
}

// Commit makes an image of the container. The engine copies the container's settings to
// the image, so those that differ from the base's are set back. It cannot drop a label:
// an empty labelRun is that of no run.
func (b *bench) Commit(ctx context.Context, name string, labels map[string]string) error {
	labels = maps.Clone(labels)
	for _, own := range []string{labelRun, labelOwner, labelRoot, labelExpires, labelRole, labelKeep} {
		labels[own] = ""
	}
	var changes []string
	for _, set := range []struct {
		instruction string
		words       []string
	}{{"ENTRYPOINT", b.image.entry}, {"CMD", b.image.cmd}} {
		if len(set.words) > 0 {
			words, err := json.Marshal(set.words)
			if err != nil {
				return fmt.Errorf("describe the image: %w", err)
			}
			changes = append(changes, set.instruction+" "+string(words))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		changes = append(changes, "LABEL "+quoteLabel(key)+"="+quoteLabel(labels[key]))
	}
	_, err := b.client.ContainerCommit(ctx, b.id, client.ContainerCommitOptions{Reference: name, Comment: "made by drillgres", Changes: changes})
	if err != nil {
		return daemonError(err)
	}
	return nil
}

// quoteLabel quotes a text for a LABEL instruction, which expands variables.
func quoteLabel(text string) string { return strings.ReplaceAll(strconv.Quote(text), "$", `\$`) }

// Labelled returns images with a label, as described by equip.Store.
func (e *Engine) Labelled(ctx context.Context, label string) ([]equip.Stored, error) {
	list, err := e.client.ImageList(ctx, client.ImageListOptions{Filters: client.Filters{}.Add("label", label)})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", daemonError(err))
	}
	var images []equip.Stored
	for _, item := range list.Items {
		found, err := e.client.ImageInspect(ctx, item.ID)
		if errdefs.IsNotFound(err) {
			continue // removed in the meantime
		}
		if err != nil {
			return nil, fmt.Errorf("look up image %s: %w", item.ID, daemonError(err))
		}
		s := equip.Stored{ID: found.ID, Size: found.Size, LastTagged: found.Metadata.LastTagTime, Labels: item.Labels}
		for _, name := range found.RepoTags {
			if name != "<none>:<none>" {
				s.Names = append(s.Names, strings.TrimPrefix(name, "localhost/")) // where Podman puts names without a registry
			}
		}
		if s.LastTagged.IsZero() {
			s.LastTagged = createdAt(found)
		}
		images = append(images, s)
	}
	return images, nil
}

// Tag gives an image another name.
func (e *Engine) Tag(ctx context.Context, source, name string) error {
	if _, err := e.client.ImageTag(ctx, client.ImageTagOptions{Source: source, Target: name}); err != nil {
		return fmt.Errorf("tag image %s: %w", name, daemonError(err))
	}
	return nil
}

// Untag removes a name of an image, as described by equip.Store.
func (e *Engine) Untag(ctx context.Context, name string) error {
	if _, err := e.client.ImageRemove(ctx, name, client.ImageRemoveOptions{}); err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove the name %s of an image: %w", name, daemonError(err))
	}
	return nil
}

// RemoveImage removes an image that drillgres made. It returns an error for any other
// image, and if a container uses it.
func (e *Engine) RemoveImage(ctx context.Context, s equip.Stored) error {
	if s.Labels[equip.Label] == "" {
		return fmt.Errorf("remove image %s: refused because it has no label %s", s.ID, equip.Label)
	}
	containers, err := e.client.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("ancestor", s.ID)})
	if err != nil {
		return fmt.Errorf("list containers: %w", daemonError(err))
	}
	if len(containers.Items) > 0 {
		return fmt.Errorf("remove image %s: a container uses it", s.ID)
	}
	var errs []error
	for _, ref := range append(slices.Clone(s.Names), s.ID) {
		if _, err := e.client.ImageRemove(ctx, ref, client.ImageRemoveOptions{PruneChildren: true}); err != nil && !errdefs.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("remove image %s: %w", ref, daemonError(err)))
		}
	}
	return errors.Join(errs...)
}

// createdAt returns when an image was made: for engines that do not record its tagging.
func createdAt(found client.ImageInspectResult) time.Time {
	created, _ := time.Parse(time.RFC3339Nano, found.Created) // zero: it counts as unused
	return created
}
