package docker

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/work"
)

// programs is a container with the client programs of an image. It has the network of the
// engine's machine, because it restores into a server that is not in a sandbox.
type programs struct {
	*box
	engine *Engine
	run    string
}

// Programs starts a container with the client programs of an image, as root, in which these
// folders of this machine are at the same paths, read-only. The engine must be on this machine.
// Failures: engine_unreachable, image_unavailable.
func (e *Engine) Programs(ctx context.Context, runID, ref string, folders []string) (sandbox.Programs, error) {
	if !work.ValidID(runID) {
		return nil, fmt.Errorf("start a container: %q is not a run id", runID)
	}
	if !e.at.local() {
		return nil, outcome.Fail(outcome.EngineUnreachable, "the container engine at %s is on another machine, and cannot read the backup here", e.at.address())
	}
	img, err := e.ensureImage(ctx, ref, 0)
	if err != nil {
		return nil, err
	}
	name, labels := nameOf(runID, rolePrograms), e.labels(sandbox.Spec{RunID: runID}, rolePrograms)
	init := true
	r := recipe{
		name: name, image: img, labels: labels, entry: []string{"sleep"}, cmd: []string{"infinity"},
		host: func(h *container.HostConfig) {
			h.NetworkMode = "host"
			h.CapDrop, h.CapAdd = []string{"ALL"}, []string{"DAC_OVERRIDE"} // to read a backup that only its owner may
			h.Init = &init
			h.Mounts = append(img.mounts(name, labels), mountsOf(folders)...)
		},
	}
	id, err := e.runToEnd(ctx, r)
	p := &programs{engine: e, run: runID}
	p.box = &box{client: e.client, id: id, name: "the container of the client programs", user: "0", shell: true, strict: true, check: p.check}
	if err == nil && ctx.Err() == nil {
		return p, nil
	}
	left := p.Close(ctx)
	if ctx.Err() != nil {
		return nil, withLeftovers(context.Cause(ctx), left)
	}
	return nil, withLeftovers(outcome.Fail(outcome.EngineUnreachable, "start a container of %s: %w", ref, daemonError(err)), left)
}

// mountsOf mounts each folder at its own path.
func mountsOf(folders []string) (mounts []mount.Mount) {
	folders = slices.Clone(folders)
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		mounts = append(mounts, mount.Mount{Type: mount.TypeBind, Source: filepath.Clean(folder), Target: filepath.Clean(folder), ReadOnly: true})
	}
	return mounts
}

func (p *programs) check(ctx context.Context) error {
	found, err := p.client.ContainerInspect(ctx, p.id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	if state := found.Container.State; state != nil && !state.Running {
		return outcome.Fail(outcome.SandboxLost, "%s has ended with exit code %d", p.name, state.ExitCode)
	}
	return nil
}

// Close removes the container and its volumes.
func (p *programs) Close(ctx context.Context) (leftovers []string) {
	return p.engine.removeRun(context.WithoutCancel(ctx), p.run)
}
