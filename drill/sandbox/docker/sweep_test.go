package docker

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/work"
)

// The test checks only resources of its own runs. Drills of other tests sweep the
// same engine, and may remove the resources of a dead run first.
func TestSweepRemovesDeadRunsOnly(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	e.sweepWithin = patience
	dead, dieDead := newRun(t, e, false)
	alive, dieAlive := newRun(t, e, false)
	kept, dieKept := newRun(t, e, true)
	dieDead()
	dieKept()
	defer dieAlive()

	for _, c := range []struct {
		run     string
		options SweepOptions
		removed bool
		reason  string
	}{
		{alive, SweepOptions{Kept: true}, false, "alive"},
		{kept, SweepOptions{Kept: true}, true, ""},
		{dead, SweepOptions{}, true, ""},
	} {
		removed, left, err := e.sweep(t.Context(), labelRun+"="+c.run, c.options)
		if err != nil {
			t.Fatal(err)
		}
		remaining, err := e.list(t.Context(), labelRun+"="+c.run)
		if err != nil {
			t.Fatal(err)
		}
		if c.removed && len(remaining) != 0 {
			t.Errorf("a dead run: removed %v, not removed %v", removed, remaining)
		}
		if !c.removed && (len(removed) != 0 || len(remaining) != 3 || !contains(strings.Join(left, "\n"), c.reason)) {
			t.Errorf("want nothing removed because the run is %s: removed %v, kept %v", c.reason, removed, left)
		}
	}
}

// A volume cannot be removed while a container uses it.
func TestSweepTriesAgain(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	e.sweepWithin = patience
	run, die := newRun(t, e, false)
	img, err := e.ensureImage(t.Context(), imageOf(t, "15"), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	user, err := e.run(t.Context(), recipe{
		name: "drillgres-volume-user-" + run, image: img, cmd: []string{"sleep", "infinity"},
		host: func(h *container.HostConfig) {
			h.NetworkMode = "none"
			h.Mounts = []mount.Mount{volumeAt(PostgresName(run)+"-in", "/in", nil)}
		},
	})
	if user != "" {
		t.Cleanup(func() { e.discard(context.Background(), user) })
	}
	if err != nil {
		t.Fatalf("use the volume: %v", err)
	}
	die()
	if _, _, err := e.sweepOnce(t.Context(), labelRun+"="+run, SweepOptions{}); err == nil {
		t.Fatal("a volume in use was removed")
	}
	var discarding sync.WaitGroup
	discarding.Go(func() { e.discard(t.Context(), user) })
	defer discarding.Wait()
	if _, _, err := e.sweep(t.Context(), labelRun+"="+run, SweepOptions{}); err != nil {
		t.Error(err)
	}
	if left, err := e.list(t.Context(), labelRun+"="+run); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v; want nothing", left, err)
	}
}

func TestReasonToKeep(t *testing.T) {
	root, now := t.TempDir(), time.Now()
	dead, err := work.New(root, "dead-run")
	if err != nil {
		t.Fatal(err)
	}
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	label := func(changes map[string]string) map[string]string {
		l := map[string]string{
			labelRun: "dead-run", labelOwner: work.Identity(root), labelRoot: root, labelKeep: "false",
			labelExpires: now.Add(time.Hour).Format(time.RFC3339),
		}
		for k, v := range changes {
			l[k] = v
		}
		return l
	}
	past := now.Add(-time.Minute).Format(time.RFC3339)
	for name, c := range map[string]struct {
		changes map[string]string
		kept    bool
	}{
		"a dead run of this machine":             {nil, false},
		"a run of another machine":               {map[string]string{labelOwner: "elsewhere/1"}, true},
		"an expired run of another machine":      {map[string]string{labelOwner: "elsewhere/1", labelExpires: past}, false},
		"a run whose lock is unknown":            {map[string]string{labelRoot: ""}, true},
		"a kept run":                             {map[string]string{labelKeep: "true"}, true},
		"an expired kept run":                    {map[string]string{labelKeep: "true", labelExpires: past}, false},
		"a run of another machine, odd deadline": {map[string]string{labelOwner: "elsewhere/1", labelExpires: "soon"}, true},
	} {
		if reason := (resource{kind: "container", labels: label(c.changes)}).reasonToKeep(SweepOptions{}, now); (reason != "") != c.kept {
			t.Errorf("%s: kept because %q, want kept: %v", name, reason, c.kept)
		}
	}
}

// TestLabelsOutliveTheRun checks that what a run creates at its start does not expire
// before the run can end.
func TestLabelsOutliveTheRun(t *testing.T) {
	for _, lifetime := range []time.Duration{63 * time.Hour, 500 * time.Hour} {
		e := &Engine{root: t.TempDir(), lifetime: lifetime}
		expires, err := time.Parse(time.RFC3339, e.labels(sandbox.Spec{RunID: "run-1"}, rolePostgres)[labelExpires])
		if err != nil || time.Until(expires) <= lifetime {
			t.Errorf("a run of %s expires in %s, %v", lifetime, time.Until(expires), err)
		}
	}
}

func TestRemoveRefusesAResourceWithoutOurLabel(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	name := "drillgres-not-labelled-" + newRunID()
	if _, err := e.client.VolumeCreate(t.Context(), client.VolumeCreateOptions{Name: name}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := e.client.VolumeRemove(t.Context(), name, client.VolumeRemoveOptions{}); err != nil {
			t.Errorf("it does not exist any more: %v", err)
		}
	}()
	for _, labels := range []map[string]string{nil, {labelRun: ""}, {"com.example.run": "x"}} {
		if err := e.remove(t.Context(), resource{kind: "volume", id: name, name: name, labels: labels}); err == nil {
			t.Error("it was removed")
		}
	}
}

// newRun creates the resources of a run, without waiting for the server. The run
// is alive until die is called, so that no other sweep removes them meanwhile.
func newRun(t *testing.T, e *Engine, keep bool) (run string, die func()) {
	t.Helper()
	run = newRunID()
	lock, err := work.New(e.root, run)
	if err != nil {
		t.Fatal(err)
	}
	die = func() {
		if err := lock.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(die)
	s := sandbox.Spec{RunID: run, Image: imageOf(t, "15"), Keep: keep, User: "drill_admin", Password: "canary1234"}
	img, err := e.ensureImage(t.Context(), s.Image, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.removeRun(context.Background(), run) })
	if _, err := e.startPostgres(t.Context(), s, img, optional{}); err != nil {
		t.Fatal(err)
	}
	return run, die
}
