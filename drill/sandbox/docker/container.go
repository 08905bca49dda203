package docker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/sandbox"
)

const (
	insideWork = "/drillgres/work" // the mounted work directory
	insideCopy = "/drillgres/in"   // a volume for files that must be copied

	pidsLimit = 4096 // processes and threads in one container
)

// optional holds the features that a sandbox uses if the engine supports them.
type optional struct {
	init      bool // a process 1 that adopts orphans: Postgres as process 1 mistakes a killed orphan for its own backend
	loopback6 bool // ::1 works: the hosts file maps localhost to it too
	workDir   bool // the work directory is mounted
}

// without returns o without the feature that an engine's error refers to, and
// reports whether there is one.
func (o optional) without(err error) (optional, bool) {
	mentions := func(words ...string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(err.Error(), word) })
	}
	less := o
	switch {
	case o.loopback6 && mentions("sysctl", "ipv6"):
		less.loopback6 = false
	case o.workDir && mentions("bind source path", "invalid mount", "mounts denied", "not shared", "statfs", insideWork):
		less.workDir = false
	case o.init && mentions("docker-init", "catatonit", "init binary", "init path"):
		less.init = false
	}
	return less, less != o
}

// recipe describes a container to start.
type recipe struct {
	name   string
	image  image
	entry  []string // instead of the image's entrypoint; nil: that
	cmd    []string
	env    map[string]string
	labels map[string]string
	host   func(*container.HostConfig)
}

// run creates and starts a container. If it returns an error and an id, the
// container was created and must be removed.
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
		Config:     &container.Config{Image: r.image.id, Entrypoint: r.entry, Cmd: r.cmd, Env: env, Labels: r.labels}, // not its name, which may have been moved to another image since
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

// createWithin is how long an engine may take to create and start a container.
const createWithin = 45 * time.Second

// runToEnd is run, but does not end with ctx: the engine may complete a cancelled
// request after the caller has cleaned up.
func (e *Engine) runToEnd(ctx context.Context, r recipe) (id string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), createWithin)
	defer cancel()
	return e.run(ctx, r)
}

// harden sets the limits of every container of a pod. Its log is limited,
// because a hostile dump or a verbose application could fill the engine's disk.
func harden(h *container.HostConfig) {
	pids := int64(pidsLimit)
	h.Privileged = false
	h.PublishAllPorts = false
	h.SecurityOpt = []string{"no-new-privileges"}
	h.PidsLimit = &pids
	h.Ulimits = []*container.Ulimit{{Name: "core"}} // no core dumps: they contain the data in memory
	h.LogConfig = container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "2"}}
	h.RestartPolicy = container.RestartPolicy{Name: container.RestartPolicyDisabled}
}

func (e *Engine) startPostgres(ctx context.Context, s sandbox.Spec, img image, features optional) (string, error) {
	labels := e.labels(s, rolePostgres)
	return e.runToEnd(ctx, recipe{
		name: PostgresName(s.RunID), image: img, labels: labels,
		cmd: serverArgs(s.Settings),
		env: map[string]string{
			"POSTGRES_USER": s.User, "POSTGRES_PASSWORD": s.Password, "POSTGRES_DB": "postgres",
			// The application shares the loopback interface, so TCP needs a
			// password. Only this container can reach the socket.
			"POSTGRES_INITDB_ARGS":      "--auth-host=scram-sha-256 --data-checksums --no-sync",
			"POSTGRES_HOST_AUTH_METHOD": "scram-sha-256",
		},
		host: func(h *container.HostConfig) {
			h.NetworkMode = "none"
			h.ExtraHosts = hosts(s.Hosts)
			h.CapDrop = []string{"ALL"}
			h.CapAdd = []string{"CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"}
			h.ShmSize = s.ShmSize
			h.Init = &features.init
			h.Mounts = postgresMounts(s, img, labels, features.workDir)
			limit(h, s.Memory, s.CPUs)
			if features.loopback6 {
				h.Sysctls = map[string]string{"net.ipv6.conf.lo.disable_ipv6": "0"}
			}
		},
	})
}

// limit sets the limits of memory and CPU. It allows no swap, which would only
// make a sandbox that is too small slow before it fails.
func limit(h *container.HostConfig, memory int64, cpus float64) {
	h.Memory, h.MemorySwap = memory, memory
	h.NanoCPUs = int64(cpus * 1e9)
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
		// Files on tmpfs count as the container's memory. At half of it the disk
		// is full before the kernel kills the server.
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
