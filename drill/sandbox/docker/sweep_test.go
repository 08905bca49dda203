package docker

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/work"
)

// Only things of runs of this test are looked at: others drill here too, and
// their sweeps may be quicker with what is dead.
func TestSweepRemovesDeadRunsOnly(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close()                             //nolint:errcheck // closes idle connections
	first, err := work.New(e.root, "first-run") // gives the root its identity
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	dead, living, kept := newRunID(), newRunID(), newRunID()
	hold, err := work.New(e.root, living) // before it has anything to be swept
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Close() //nolint:errcheck // checked elsewhere
	dummy(t, e, dead, false)
	dummy(t, e, living, false)
	dummy(t, e, kept, true)

	for _, c := range []struct {
		run     string
		options SweepOptions
		goes    bool
		because string
	}{
		{living, SweepOptions{Kept: true}, false, "alive"},
		{kept, SweepOptions{Kept: true}, true, ""},
		{dead, SweepOptions{}, true, ""},
	} {
		removed, left, err := e.sweep(t.Context(), labelRun+"="+c.run, c.options)
		if err != nil {
			t.Fatal(err)
		}
		things, err := e.things(t.Context(), labelRun+"="+c.run)
		if err != nil {
			t.Fatal(err)
		}
		if c.goes && len(things) != 0 {
			t.Errorf("a dead run: removed %v, left %v", removed, things)
		}
		if !c.goes && (len(removed) != 0 || len(things) != 3 || !contains(strings.Join(left, "\n"), c.because)) {
			t.Errorf("want it spared because it is %s: removed %v, left %v", c.because, removed, left)
		}
	}
}

// A run that died in its clean-up leaves an engine that is still busy.
func TestSweepWaitsForABusyEngine(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	first, err := work.New(e.root, "first-run")
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	run := newRunID()
	dummy(t, e, run, false)
	user := exec.CommandContext(t.Context(), "docker", "run", "--rm", "-d", "--network", "none", "-v", PostgresName(run)+"-in:/in", "--entrypoint", "sleep", imageOf(t, "15"), "3")
	if out, err := user.CombinedOutput(); err != nil {
		t.Fatalf("use the volume: %v\n%s", err, out)
	}
	if _, _, err := e.sweep(t.Context(), labelRun+"="+run, SweepOptions{}); err != nil {
		t.Error(err)
	}
	if left, err := e.things(t.Context(), labelRun+"="+run); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v; want nothing", left, err)
	}
}

func TestWhatSweepSpares(t *testing.T) {
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
		spared  bool
	}{
		"a dead run of this machine":             {nil, false},
		"a run of another machine":               {map[string]string{labelOwner: "elsewhere/1"}, true},
		"an expired run of another machine":      {map[string]string{labelOwner: "elsewhere/1", labelExpires: past}, false},
		"a run whose lock is unknown":            {map[string]string{labelRoot: ""}, true},
		"a kept run":                             {map[string]string{labelKeep: "true"}, true},
		"an expired kept run":                    {map[string]string{labelKeep: "true", labelExpires: past}, false},
		"a run of another machine, odd deadline": {map[string]string{labelOwner: "elsewhere/1", labelExpires: "soon"}, true},
	} {
		if why := (thing{kind: "container", labels: label(c.changes)}).spared(SweepOptions{}, now); (why != "") != c.spared {
			t.Errorf("%s: spared because %q, want spared: %v", name, why, c.spared)
		}
	}
}

func TestRemoveRefusesWhatIsNotOurs(t *testing.T) {
	e := connect(t, t.TempDir())
	defer e.Close() //nolint:errcheck // closes idle connections
	name := "drillgres-not-labelled-" + newRunID()
	if _, err := e.client.VolumeCreate(t.Context(), client.VolumeCreateOptions{Name: name}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := e.client.VolumeRemove(t.Context(), name, client.VolumeRemoveOptions{}); err != nil {
			t.Errorf("it is gone: %v", err)
		}
	}()
	for _, labels := range []map[string]string{nil, {labelRun: ""}, {"com.example.run": "x"}} {
		if err := e.remove(t.Context(), thing{kind: "volume", id: name, name: name, labels: labels}); err == nil {
			t.Error("it was removed")
		}
	}
}

// dummy is what a killed run leaves, without the wait for a server.
func dummy(t *testing.T, e *Engine, run string, keep bool) {
	t.Helper()
	s := sandbox.Spec{RunID: run, Image: imageOf(t, "15"), Keep: keep, User: "drill_admin", Password: "canary1234"}
	img, err := e.image(t.Context(), s.Image, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.startPostgres(t.Context(), s, img, wish{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.removeRun(context.Background(), run) })
}
