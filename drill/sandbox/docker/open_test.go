package docker

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

func TestCheckIsolation(t *testing.T) {
	p := sharedPod(t)
	got, _, err := p.checkIsolation(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := outcome.Isolation{Network: "none", Interfaces: []string{"lo"}, Outbound: "network is unreachable"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.cpus < 1 {
		t.Errorf("%d CPUs", p.cpus)
	}
}

func TestThePostgresContainerIsHardened(t *testing.T) {
	p := sharedPod(t)
	found, err := p.client.ContainerInspect(t.Context(), p.id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	c := found.Container
	if c.Config.Labels[labelRun] != p.spec.RunID || c.Config.Labels[labelOwner] == "" || c.Config.Labels[labelRole] != rolePostgres {
		t.Errorf("labels %v", c.Config.Labels)
	}
	for label := range c.Config.Labels {
		if contains(label, "testcontainers") {
			t.Errorf("label %s would let a reaper of testcontainers find it", label)
		}
	}
	h := c.HostConfig
	if h.Memory != 1<<30 || h.MemorySwap != 1<<30 || *h.PidsLimit != pidsLimit || h.NanoCPUs != 2e9 || h.ShmSize != 128<<20 {
		t.Errorf("limits: memory %d, swap %d, pids %d, cpus %d, shm %d", h.Memory, h.MemorySwap, *h.PidsLimit, h.NanoCPUs, h.ShmSize)
	}
	if h.LogConfig.Config["max-size"] == "" {
		t.Error("the log is not bounded")
	}
	status := sh(t, p, `grep -E '^(CapBnd|NoNewPrivs)' /proc/self/status; ulimit -c; cat /proc/1/comm`)
	// CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID are bits 0, 1, 3, 6, 7.
	for _, want := range []string{"CapBnd:\t00000000000000cb", "NoNewPrivs:\t1", "\n0\n"} {
		if !contains(status, want) {
			t.Errorf("%q is not in\n%s", want, status)
		}
	}
	if contains(status, "postgres") {
		t.Error("Postgres is process 1: it would mistake a killed orphan for a crashed backend")
	}
}

func TestSettingsReachTheServer(t *testing.T) {
	p := sharedPod(t)
	got := sh(t, p, `psql -XAt -U drill_admin -d postgres -c 'show max_connections' -c 'show data_checksums'`)
	if got != "50\non" {
		t.Errorf("got %q", got)
	}
	if diff := cmp.Diff([]string{"postgres", "-c", "a=1", "-c", "b=2 x"}, serverArgs(map[string]string{"b": "2 x", "a": "1"})); diff != "" {
		t.Error(diff)
	}
}

// Data must be on a labelled volume, in whichever directory the image of the
// major version stores it.
func TestDataIsOnALabelledVolume(t *testing.T) {
	p := sharedPod(t)
	want := []string{"/drillgres/in", "/var/lib/postgresql/data"}
	if diff := cmp.Diff(want, volumesOf(t, p)); diff != "" {
		t.Error(diff)
	}
	things, err := p.engine.list(t.Context(), labelRun+"="+p.spec.RunID)
	if err != nil || len(things) < 3 {
		t.Errorf("labelled: %v, %v; want a container and two volumes", things, err)
	}
}

// volumesOf returns where the Postgres container's volumes are mounted.
func volumesOf(t *testing.T, p *pod) []string {
	t.Helper()
	found, err := p.client.ContainerInspect(t.Context(), p.id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var places []string
	for _, m := range found.Container.Mounts {
		if m.Type == mount.TypeVolume {
			places = append(places, m.Destination)
		}
	}
	slices.Sort(places)
	return places
}

// An engine that does not share this machine's files refuses the mount. The
// official image of Postgres 18 declares another volume than earlier images.
func TestAPodWithoutAMountedWorkDirectory(t *testing.T) {
	t.Parallel()
	p := ownPod(t, func(_ *Engine, s *sandbox.Spec) {
		s.Image, s.InMemory = imageOf(t, "18"), false
		s.WorkDir = "/no/such/directory/on/the/engine"
	})
	if p.mounted {
		t.Fatal("a directory that does not exist was mounted")
	}
	if diff := cmp.Diff([]string{"/drillgres/in", "/var/lib/postgresql"}, volumesOf(t, p)); diff != "" {
		t.Error(diff)
	}
	placeCopies(t, p)
	for range 2 {
		if left := p.Close(t.Context()); left != nil {
			t.Errorf("left behind: %v", left)
		}
	}
	if things, err := p.engine.list(t.Context(), labelRun+"="+p.spec.RunID); err != nil || len(things) > 0 {
		t.Errorf("after Close: %v, %v", things, err)
	}
}

func TestOpenFailures(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*sandbox.Spec)
		code   outcome.Code
		text   string
	}{
		{
			"bad setting", func(s *sandbox.Spec) { s.Settings = map[string]string{"no_such_setting": "1"} },
			outcome.ServerStartFailed, "no_such_setting",
		},
		{"unknown image", func(s *sandbox.Spec) {
			s.Image, s.PullWithin = "127.0.0.1:1/no/such:image", 20*time.Second
		}, outcome.ImageUnavailable, "127.0.0.1:1/no/such:image"},
		{"too little memory", func(s *sandbox.Spec) { s.Memory = 16 << 20 }, outcome.SandboxOutOfMemory, "16 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e := connect(t, t.TempDir())
			defer e.Close() //nolint:errcheck // closes idle connections
			spec, dir := newSpec(t, e)
			defer dir.Close() //nolint:errcheck // checked elsewhere
			c.change(&spec)
			_, err := e.Open(t.Context(), spec)
			if err == nil {
				t.Fatal("it opened")
			}
			t.Log(err)
			if f := wantCode(t, err, c.code); !contains(f.Error(), c.text) {
				t.Errorf("%q is not in: %s", c.text, f)
			}
			if things, err := e.list(t.Context(), labelRun+"="+spec.RunID); err != nil || len(things) > 0 {
				t.Errorf("left behind: %v, %v", things, err)
			}
		})
	}
}

func TestStartFailureContainsTheErrorOfReady(t *testing.T) {
	common := sharedPod(t)
	p := &pod{box: common.box, engine: common.engine, watch: newWatch(), tools: common.tools, spec: common.spec}
	limited, cancel := context.WithCancel(t.Context())
	defer cancel()
	p.spec.Ready = func(context.Context, sandbox.Dialer) error {
		cancel() // the time is over
		return errors.New("still waking up")
	}
	err := p.startFailure(t.Context(), limited, time.Second, p.awaitReady(limited))
	f := wantCode(t, err, outcome.ServerStartFailed)
	for _, text := range []string{"still waking up", "ready to accept connections"} {
		if !contains(f.Error(), text) {
			t.Errorf("%q is not in: %s", text, f)
		}
	}
}

func TestOpenIsCancelled(t *testing.T) {
	t.Parallel()
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	spec, dir := newSpec(t, e)
	defer dir.Close() //nolint:errcheck // checked elsewhere
	why := errors.New("the user pressed ctrl-c")
	ctx, cancel := context.WithCancelCause(t.Context())
	spec.Ready = func(context.Context, sandbox.Dialer) error {
		cancel(why)
		return errors.New("not yet")
	}
	if _, err := e.Open(ctx, spec); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if things, err := e.list(t.Context(), labelRun+"="+spec.RunID); err != nil || len(things) > 0 {
		t.Errorf("left behind: %v, %v", things, err)
	}
}

func TestOptionalFeaturesAreDroppedOneByOne(t *testing.T) {
	all := optional{init: true, loopback6: true, workDir: true}
	for message, want := range map[string]optional{
		`open /proc/sys/net/ipv6/conf/lo/disable_ipv6: no such file or directory`:           {init: true, workDir: true},
		`invalid mount config for type "bind": bind source path does not exist: /x/shared`:  {init: true, loopback6: true},
		`exec: "docker-init": executable file not found in $PATH`:                           {loopback6: true, workDir: true},
		`Mounts denied: the path /x is not shared from the host and is not known to Docker`: {init: true, loopback6: true},
	} {
		got, ok := all.without(errors.New(message))
		if !ok || got != want {
			t.Errorf("%s: got %+v %v, want %+v", message, got, ok, want)
		}
		if _, again := want.without(errors.New(message)); again {
			t.Errorf("%s: drops another feature on the same error", message)
		}
	}
	if _, ok := all.without(errors.New("no space left on device")); ok {
		t.Error("drops a feature because of a full disk")
	}
}
