package equip_test

import (
	"context"
	"crypto/rand"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/equip"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox/docker"
	"github.com/drillgres/drillgres/drill/work"
	"github.com/drillgres/drillgres/fixtures/images"
)

// newMaker returns a maker on the real engine. Its database has a random name, so that
// other tests do not know its images.
func newMaker(t *testing.T) (equip.Maker, *docker.Engine) {
	t.Helper()
	images.NeedEngine(t)
	root, run := t.TempDir(), "equip-"+strings.ToLower(rand.Text())
	dir, err := work.New(root, run)
	if err != nil {
		t.Fatal(err)
	}
	engine, err := docker.Connect(t.Context(), docker.Options{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(engine.Close(), dir.Close()); err != nil {
			t.Error(err)
		}
	})
	return equip.Maker{Store: engine, Workshop: engine, RunID: run, Database: run}, engine
}

// removeAfter removes an image at the end of a test.
func removeAfter(t *testing.T, engine *docker.Engine, id string) {
	t.Helper()
	t.Cleanup(func() {
		all, err := engine.Labelled(context.Background(), equip.Label)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			if s.ID == id {
				if err := engine.RemoveImage(context.Background(), s); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

// TestMake makes an image of the smallest packages, and finds it afterwards.
func TestMake(t *testing.T) {
	m, engine := newMaker(t)
	base := images.Postgres(t, "15")
	// A package that no other test installs makes an image of its own.
	m.Build.Packages = []string{"postgresql-15-snakeoil"}
	wantMade(t, m, base, "")
	made, err := m.Make(t.Context(), base, 15, []string{"ip4r"})
	if err != nil {
		t.Fatal(err)
	}
	wantMade(t, m, base, made.ID)
	removeAfter(t, engine, made.ID)
	if !strings.HasPrefix(made.Ref, "drillgres/postgres:15-") || made.Base != base || !slices.Equal(made.Extensions, []string{"ip4r"}) ||
		!slices.Contains(made.Provides, "ip4r") || slices.Contains(made.Provides, "pg_trgm") || made.PackageVersions()["postgresql-15-ip4r"] == "" ||
		made.PackageVersions()["postgresql-15"] == "" || time.Since(made.LastUsed) > time.Hour {
		t.Errorf("made %+v", made)
	}
	if got, want := settingsOf(t, made.Ref), settingsOf(t, base); got != want {
		t.Errorf("the image starts with %s, want %s", got, want)
	}
	known, ok := m.Known(t.Context(), base)
	if !ok || known.ID != made.ID || known.Ref != made.Ref {
		t.Errorf("known %+v, %t", known, ok)
	}
	began := time.Now()
	again, err := m.Make(t.Context(), base, 15, []string{"ip4r"})
	if err != nil || again.ID != made.ID {
		t.Errorf("the second time: %+v, %v", again, err)
	}
	t.Logf("the second time took %s", time.Since(began).Round(time.Millisecond))
	other := m
	other.Database = "other-" + m.Database
	if known, ok := other.Known(t.Context(), base); ok {
		t.Errorf("another database knows %+v", known)
	}
	if _, kept, err := equip.Sweep(t.Context(), engine, time.Now()); err != nil || !slices.ContainsFunc(kept, func(i equip.Image) bool { return i.ID == made.ID }) {
		t.Errorf("a sweep does not keep the image: %v", err)
	}
}

// wantMade checks which image with ip4r the maker has made already.
func wantMade(t *testing.T, m equip.Maker, base, id string) {
	t.Helper()
	if made, err := m.Made(t.Context(), base, 15, []string{"ip4r"}); err != nil || made.ID != id {
		t.Errorf("made: %+v, %v; want %q", made, err, id)
	}
}

// settingsOf returns what an image starts, and how.
func settingsOf(t *testing.T, image string) string {
	t.Helper()
	const format = "{{json .Config.Entrypoint}} {{json .Config.Cmd}} {{json .Config.Env}} {{json .Config.Volumes}} {{json .Config.User}} {{json .Config.StopSignal}} {{json .Config.WorkingDir}}"
	out, err := exec.CommandContext(t.Context(), "docker", "image", "inspect", "--format", format, image).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestRefusals makes images that cannot be made.
func TestRefusals(t *testing.T) {
	m, _ := newMaker(t)
	base := images.Postgres(t, "15")
	for _, tt := range []struct {
		name       string
		build      config.Build
		extensions []string
		want       outcome.Code
		says       []string
	}{
		{"an SQL injection", config.Build{}, []string{`"; rm -rf /`}, outcome.ExtensionUnavailable, []string{`"\"; rm -rf /"`}},
		{"a path", config.Build{}, []string{"../x"}, outcome.ExtensionUnavailable, []string{`"../x"`}},
		{"an option", config.Build{}, []string{"-o=APT::Update::Pre-Invoke::=id"}, outcome.ExtensionUnavailable, nil},
		{"10 KB", config.Build{}, []string{strings.Repeat("x", 10<<10)}, outcome.ExtensionUnavailable, []string{"xxx…"}},
		{"a package that does not exist", config.Build{Packages: []string{"postgresql-15-acme"}}, nil, outcome.ImageBuildFailed, []string{"install postgresql-15-acme", "Unable to locate package"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m.Build = tt.build
			_, err := m.Make(t.Context(), base, 15, tt.extensions)
			f := outcome.AsFailure(err)
			if f == nil || f.Code != tt.want {
				t.Fatalf("got %v, want %s", err, tt.want)
			}
			if len(f.Error()) > 3000 {
				t.Errorf("a message of %d bytes", len(f.Error()))
			}
			for _, want := range tt.says {
				if !strings.Contains(f.Error(), want) {
					t.Errorf("%q is not in %q", want, f.Error())
				}
			}
		})
	}
}

// TestAnIndexThatDoesNotAnswer makes images of one whose repository is not there.
func TestAnIndexThatDoesNotAnswer(t *testing.T) {
	m, _ := newMaker(t)
	silent := derived(t, "silent", "15", "rm -rf /etc/apt/sources.list* /var/lib/apt/lists/* && echo deb http://127.0.0.1:1/debian bookworm main >/etc/apt/sources.list")
	for _, name := range []string{"ip4r", "pg_nobody"} { // in the table, and not in it
		_, err := m.Make(t.Context(), silent, 15, []string{name})
		f := outcome.AsFailure(err)
		if f == nil || f.Code != outcome.ImageBuildFailed || !strings.Contains(f.Error(), "127.0.0.1:1") || !strings.Contains(f.Error(), name) {
			t.Errorf("got %v, want %s about %s", err, outcome.ImageBuildFailed, name)
		}
	}
	noApt := derived(t, "alpine", "15", "rm /usr/bin/apt-get")
	_, err := m.Make(t.Context(), noApt, 15, []string{"ip4r"})
	if f := outcome.AsFailure(err); f == nil || f.Code != outcome.ExtensionUnavailable || !strings.Contains(f.Error(), "has no apt-get") {
		t.Errorf("got %v, want %s", err, outcome.ExtensionUnavailable)
	}
}

// TestACancelledMakeLeavesNothing ends a make while packages are installed.
func TestACancelledMakeLeavesNothing(t *testing.T) {
	m, engine := newMaker(t)
	m.Within = 4 * time.Second
	_, err := m.Make(t.Context(), images.Postgres(t, "15"), 15, []string{"postgis"})
	if f := outcome.AsFailure(err); f == nil || f.Code != outcome.ImageBuildFailed || !strings.Contains(f.Error(), "did not end within 4s") {
		t.Errorf("got %v", err)
	}
	_, kept, err := engine.Sweep(t.Context(), docker.SweepOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kept {
		if strings.Contains(k, m.RunID) {
			t.Errorf("left: %s", k)
		}
	}
}
