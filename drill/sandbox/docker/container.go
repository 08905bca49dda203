package docker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/sandbox"
)

const (
	insideWork = "/drillgres/work" // the mounted work directory
	insideCopy = "/drillgres/in"   // a volume for what has to be copied

	pidsLimit = 4096 // processes and threads in one container
)

// wish is what a drill would like from an engine and can do without.
type wish struct {
	init      bool // a process 1 that takes in orphans: Postgres as process 1 takes a killed one for its own
	loopback6 bool // ::1 answers, to which the hosts file maps localhost too
	workDir   bool // the work directory, mounted
}

// without gives up what an engine's error is about.
func (w wish) without(err error) (wish, bool) {
	text := err.Error()
	has := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(text, word) {
				return true
			}
		}
		return false
	}
	less := w
	switch {
	case w.loopback6 && has("sysctl", "ipv6"):
		less.loopback6 = false
	case w.workDir && has("bind source path", "invalid mount", "mounts denied", "not shared", "statfs", insideWork):
		less.workDir = false
	case w.init && has("docker-init", "catatonit", "init binary", "init path"):
		less.init = false
	}
	return less, less != w
}

// recipe is a container to start.
type recipe struct {
	name   string
	image  image
	cmd    []string
	env    map[string]string
	labels map[string]string
	host   func(*container.HostConfig)
}

// run creates a container and starts it. One may have been created although an
// error is returned; id is empty if none was.
func (e *Engine) run(ctx context.Context, r recipe) (id string, err error) {
	host := &container.HostConfig{}
	harden(host)
	r.host(host)
	env := make([]string, 0, len(r.env))
	for _, name := range slices.Sorted(maps.Keys(r.env)) {
		env = append(env, name+"="+r.env[name])
	}
	created, err := e.client.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name:       r.name,
		Config:     &container.Config{Image: r.image.id, Cmd: r.cmd, Env: env, Labels: r.labels}, // the very image that was looked at
		HostConfig: host,
	})
	if err != nil {
		return "", fmt.Errorf("create container: %w", err)
	}
	if _, err := e.client.ContainerStart(ctx, created.ID, client.ContainerStartOptions{}); err != nil {
		return created.ID, fmt.Errorf("start container: %w", err)
	}
	return created.ID, nil
}

// harden is what every container of a pod gets. Its log is bounded: a hostile
// dump or a chatty application could fill the engine's disk with it.
func harden(h *container.HostConfig) {
	pids := int64(pidsLimit)
	h.Privileged = false
	h.PublishAllPorts = false
	h.SecurityOpt = []string{"no-new-privileges"}
	h.PidsLimit = &pids
	h.Ulimits = []*container.Ulimit{{Name: "core"}} // none: a core is the data in its memory
	h.LogConfig = container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "2"}}
	h.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyDisabled}
}

func (e *Engine) startPostgres(ctx context.Context, s sandbox.Spec, img image, want wish) (string, error) {
	labels := e.labels(s, rolePostgres)
	return e.run(ctx, recipe{
		name: PostgresName(s.RunID), image: img, labels: labels,
		cmd: serverArgs(s.Settings),
		env: map[string]string{
			"POSTGRES_USER": s.User, "POSTGRES_PASSWORD": s.Password, "POSTGRES_DB": "postgres",
			// Loopback is shared with the application, so that nobody is let
			// in there without a password. Nobody else sees the socket.
			"POSTGRES_INITDB_ARGS":      "--auth-host=scram-sha-256 --data-checksums --no-sync",
			"POSTGRES_HOST_AUTH_METHOD": "scram-sha-256",
		},
		host: func(h *container.HostConfig) {
			h.NetworkMode = "none"
			h.ExtraHosts = hosts(s.Hosts)
			h.CapDrop = []string{"ALL"}
			h.CapAdd = []string{"CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"}
			h.ShmSize = s.ShmSize
			h.Init = &want.init
			h.Mounts = postgresMounts(s, img, labels, want.workDir)
			limit(h, s)
			if want.loopback6 {
				h.Sysctls = map[string]string{"net.ipv6.conf.lo.disable_ipv6": "0"}
			}
		},
	})
}

// limit leaves no swap beyond the memory: it would only make a sandbox that
// is too small slow before it fails.
func limit(h *container.HostConfig, s sandbox.Spec) {
	h.Memory, h.MemorySwap = s.Memory, s.Memory
	h.NanoCPUs = int64(s.CPUs * 1e9)
}

func hosts(names []string) []string {
	var all []string
	for _, name := range append([]string{"postgres"}, names...) {
		all = append(all, name+":127.0.0.1")
	}
	return all
}

func postgresMounts(s sandbox.Spec, img image, labels map[string]string, workDir bool) []mount.Mount {
	prefix, data := PostgresName(s.RunID), img.dataDir()
	mounts := img.mounts(prefix, labels, data)
	if s.InMemory {
		// What lies there counts as the container's memory: it must end in a
		// full disk before it ends in a killed server.
		half := &mount.TmpfsOptions{SizeBytes: s.Memory / 2}
		mounts = append(mounts, mount.Mount{Type: mount.TypeTmpfs, Target: data, TmpfsOptions: half})
	} else {
		mounts = append(mounts, volumeAt(prefix+"-data", data, labels))
	}
	mounts = append(mounts, volumeAt(prefix+"-in", insideCopy, labels))
	if workDir {
		mounts = append(mounts, mount.Mount{Type: mount.TypeBind, Source: s.WorkDir, Target: insideWork, ReadOnly: true})
	}
	return mounts
}
