package docker

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

const (
	maxLogBytes = 4 << 20 // of a log that are read
	maxLogLine  = 2000    // bytes of a line that are returned
)

// process is a container of the pod besides Postgres.
type process struct {
	*box
	pod    *pod
	digest string // of its image
	done   chan struct{}

	// Valid after done is closed.
	code        int
	outOfMemory bool
}

var _ sandbox.Process = (*process)(nil)

// Start starts a container in the pod's network namespace.
func (p *pod) Start(ctx context.Context, c sandbox.Container) (sandbox.Process, error) {
	img, err := p.engine.ensureImage(ctx, c.Image, p.spec.PullWithin)
	if err != nil {
		return nil, err
	}
	labels := withLabel(p.engine.labels(p.spec, roleApp), labelName, c.Name)
	name := nameOf(p.spec.RunID, roleApp+"-"+c.Name)
	id, err := p.engine.runToEnd(ctx, recipe{
		name: name, image: img, labels: labels, cmd: c.Command, env: maps.Clone(c.Env),
		host: func(h *container.HostConfig) {
			h.NetworkMode = container.NetworkMode(p.networkMode())
			h.Mounts = img.mounts(name, labels)
			limit(h, p.spec.ContainerMemory, p.spec.CPUs)
		},
	})
	if err != nil || ctx.Err() != nil {
		p.engine.discard(ctx, cmp.Or(id, name))
		return nil, p.startError(ctx, c, err)
	}
	s := &process{pod: p, digest: img.identity(), done: make(chan struct{})}
	s.box = &box{client: p.client, id: id, name: "the container " + c.Name, check: s.check}
	if err := p.checkNetwork(ctx, id, c.Name); err != nil {
		p.engine.discard(ctx, id)
		return nil, err
	}
	p.background.Go(func() { s.awaitEnd(p.life) })
	s.shell = s.hasShell(ctx)
	return s, nil
}

// startError returns why the pod is lost, and otherwise app_start_failed.
func (p *pod) startError(ctx context.Context, c sandbox.Container, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if lost := failureIn(p.check(ctx)); lost != nil {
		return lost
	}
	return outcome.Fail(outcome.AppStartFailed, "start the container %s of %s: %w", c.Name, c.Image, daemonError(err))
}

// hasShell reports whether the image has a shell, which is needed to kill a
// command. It returns false if the container has ended.
func (s *process) hasShell(ctx context.Context) bool {
	code, err := s.Exec(ctx, sandbox.Command{Args: []string{"sh", "-c", "exit 0"}})
	return err == nil && code == 0
}

// check returns a Failure if the pod is lost or the container has ended.
func (s *process) check(ctx context.Context) error {
	if err := s.pod.check(ctx); err != nil {
		return err
	}
	found, err := s.client.ContainerInspect(ctx, s.id, client.ContainerInspectOptions{})
	if err != nil {
		return err
	}
	if state := found.Container.State; state != nil && !state.Running {
		return outcome.Fail(outcome.AppStartFailed, "%s has ended with exit code %d", s.name, state.ExitCode)
	}
	return nil
}

// awaitEnd closes done when the container has ended or the pod is closed.
func (s *process) awaitEnd(life context.Context) {
	defer close(s.done)
	for {
		result := s.client.ContainerWait(life, s.id, client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
		select {
		case r := <-result.Result:
			s.code = int(r.StatusCode)
		case err := <-result.Error:
			// Try again unless the container was removed or the pod closed.
			if !errdefs.IsNotFound(err) && pause(life, s.pod.intervals.check) == nil {
				continue
			}
			s.code = -1
		}
		s.outOfMemory = s.killedForMemory(life)
		return
	}
}

// killedForMemory reports whether the kernel killed the container because it ran
// out of memory. The engine may report that later than the container's end.
func (s *process) killedForMemory(life context.Context) bool {
	ctx, cancel := context.WithTimeout(life, noticeWithin)
	defer cancel()
	if s.code == killed && s.pod.watch.awaitKill(ctx, s.id) {
		return true
	}
	found, err := s.client.ContainerInspect(life, s.id, client.ContainerInspectOptions{})
	return err == nil && found.Container.State != nil && found.Container.State.OOMKilled
}

// Done is closed when the container has ended, or was removed.
func (s *process) Done() <-chan struct{} { return s.done }

// Ended returns the exit code, or -1 if it is unknown.
func (s *process) Ended() (exitCode int, outOfMemory bool) { return s.code, s.outOfMemory }

// Remove ends and removes the container.
func (s *process) Remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, removeWithin)
	defer cancel()
	_, err := s.client.ContainerRemove(ctx, s.id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return s.explain(ctx, fmt.Errorf("remove %s: %w", s.name, err))
	}
	return nil
}

// Digest returns the image's repository digest, or without one its id.
func (s *process) Digest() string { return s.digest }

// Logs returns the last lines of both streams.
func (s *process) Logs(ctx context.Context, lines int) ([]string, error) { return s.logs(ctx, lines) }

func (b *box) logs(ctx context.Context, lines int) ([]string, error) {
	stream, err := b.client.ContainerLogs(ctx, b.id, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(lines),
	})
	if err != nil {
		return nil, err
	}
	defer stream.Close() //nolint:errcheck // was only read
	var text strings.Builder
	if _, err := stdcopy.StdCopy(&text, &text, io.LimitReader(stream, maxLogBytes)); err != nil {
		return nil, err
	}
	return lastLines(text.String(), lines), nil
}

// lastLines returns at most n lines, each cut to maxLogLine bytes.
func lastLines(text string, n int) []string {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	lines := strings.Split(strings.TrimRight(text, "\r\n"), "\n")
	lines = slices.Clone(lines[max(0, len(lines)-n):])
	for i, line := range lines {
		line = strings.TrimRight(line, "\r")
		lines[i] = strings.ToValidUTF8(line[:min(len(line), maxLogLine)], "")
	}
	return lines
}
