package work_test

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/work"
)

const id = "20260102-abcdef"

func TestNewCreatesAPrivateDirectoryWithASharedOneInside(t *testing.T) {
	d := open(t, filepath.Join(t.TempDir(), "deep", "root"), id)
	if runtime.GOOS == "windows" {
		t.Skip("no modes on windows")
	}
	for path, want := range map[string]fs.FileMode{d.Path: 0o700, d.Shared: 0o755, filepath.Dir(d.Path): 0o700} {
		if got := stat(t, path).Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, want %v", path, got, want)
		}
	}
}

func TestCloseRemovesEverythingAndMayBeCalledTwice(t *testing.T) {
	root := t.TempDir()
	d := open(t, root, id)
	write(t, filepath.Join(d.Shared, "backup"))
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if entries, err := os.ReadDir(root); err != nil || len(entries) != 1 || entries[0].Name() != "id" {
		t.Errorf("left in the root: %v, %v", entries, err)
	}
}

func TestNewRefusesAnInvalidRunID(t *testing.T) {
	for _, bad := range []string{"", "..", "a/b", "../../etc", "short", ".hidden-run", "x\x00yzzzzz"} {
		if _, err := work.New(t.TempDir(), bad); err == nil {
			t.Errorf("run id %q was accepted", bad)
		}
	}
}

func TestNewRefusesTheDirectoryOfAnAliveRun(t *testing.T) {
	root := t.TempDir()
	open(t, root, id)
	if _, err := work.New(root, id); err == nil {
		t.Error("two runs share a directory")
	}
}

func TestAliveWhileTheLockIsHeld(t *testing.T) {
	root := t.TempDir()
	if work.Alive(root, id) {
		t.Error("a run that never existed is alive")
	}
	d := open(t, root, id)
	if !work.Alive(root, id) {
		t.Error("the run is not alive")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if work.Alive(root, id) {
		t.Error("the closed run is alive")
	}
}

func TestSweepRemovesOnlyDeadRuns(t *testing.T) {
	root := t.TempDir()
	alive := open(t, root, "living-run")
	dead := filepath.Join(root, "dead-run")
	makeDir(t, dead)
	write(t, filepath.Join(dead, "backup"))
	write(t, dead+".lock")
	stranger := filepath.Join(root, "stranger") // has no lock, so it belongs to no run
	makeDir(t, stranger)

	removed, err := work.Sweep(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(removed) != 1 || removed[0] != dead {
		t.Errorf("removed %v, want only %s", removed, dead)
	}
	for _, gone := range []string{dead, dead + ".lock"} {
		if _, err := os.Lstat(gone); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was not removed", gone)
		}
	}
	stat(t, alive.Path)
	stat(t, stranger)
}

func TestSweepFollowsNoLinks(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	precious := filepath.Join(outside, "precious")
	write(t, precious)
	if err := os.Symlink(outside, filepath.Join(root, "linked-run")); err != nil {
		t.Skip(err)
	}
	write(t, filepath.Join(root, "linked-run.lock"))
	dead := filepath.Join(root, "dead-run")
	makeDir(t, dead)
	write(t, dead+".lock")
	if err := os.Symlink(outside, filepath.Join(dead, "link")); err != nil {
		t.Fatal(err)
	}

	removed, err := work.Sweep(root)
	if err == nil {
		t.Error("a link under a run's name was taken for its directory")
	}
	if len(removed) != 1 || removed[0] != dead {
		t.Errorf("removed %v, want %s", removed, dead)
	}
	stat(t, precious)
}

func TestSweepOfAMissingRoot(t *testing.T) {
	removed, err := work.Sweep(filepath.Join(t.TempDir(), "none"))
	if err != nil || removed != nil {
		t.Errorf("got %v, %v", removed, err)
	}
}

// A sweep that began before a run had its lock must not remove the run's
// directory.
func TestSweepAndNewDoNotRace(t *testing.T) {
	root := t.TempDir()
	done := make(chan struct{})
	var sweepers sync.WaitGroup
	for range 2 {
		sweepers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					if _, err := work.Sweep(root); err != nil {
						t.Error(err)
						return
					}
					work.Alive(root, id)
				}
			}
		})
	}
	for range 100 {
		d, err := work.New(root, id)
		if err != nil {
			t.Error(err)
			break
		}
		if _, err := os.Stat(d.Shared); err != nil || !work.Alive(root, id) {
			t.Errorf("the directory of an alive run was removed: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}
	close(done)
	sweepers.Wait()
}

// A killed process cannot clean up, but the kernel releases its lock.
func TestAKilledRunIsDead(t *testing.T) {
	if root := os.Getenv("WORK_TEST_ROOT"); root != "" {
		liveUntilKilled(t, root)
	}
	root, temporary := t.TempDir(), t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKilledRunIsDead$", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), "WORK_TEST_ROOT="+root, "TMPDIR="+temporary)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the run printed %q, %v", line, err)
	}
	if !work.Alive(root, id) {
		t.Error("the run of another process is not alive")
	}
	if removed, err := work.Sweep(root); err != nil || removed != nil {
		t.Errorf("swept an alive run: %v, %v", removed, err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if work.Alive(root, id) {
		t.Error("the killed run is alive")
	}
	if removed, err := work.Sweep(root); err != nil || len(removed) != 1 {
		t.Errorf("swept %v, %v; want the killed run", removed, err)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("the killed run left %v in the temporary directory (%v)", left, err)
	}
}

// liveUntilKilled is the run that the test kills. It must not create a temporary
// directory, because the killed process cannot remove it.
func liveUntilKilled(t *testing.T, root string) {
	if _, err := work.New(root, id); err != nil {
		t.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("ready\n")
	select {}
}

func open(t *testing.T, root, id string) *work.Dir {
	t.Helper()
	d, err := work.New(root, id)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func stat(t *testing.T, path string) fs.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func makeDir(t *testing.T, path string) {
	t.Helper()
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestDefaultRootWithoutHome starts as a service or a container does.
func TestDefaultRootWithoutHome(t *testing.T) {
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	account, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	if got, err := work.DefaultRoot(); err != nil || got != filepath.Join(account.HomeDir, ".cache", "drillgres", "work") {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("CACHE_DIRECTORY", "/var/cache/drill:/var/cache/other")
	if got, err := work.DefaultRoot(); err != nil || got != "/var/cache/drill/work" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestEachRootHasItsOwnIdentity(t *testing.T) {
	roots := []string{t.TempDir(), t.TempDir()}
	if got := work.Identity(roots[0]); got != "" {
		t.Errorf("a root without a run has the identity %q", got)
	}
	var ids []string
	for _, root := range append(roots, roots[0]) {
		d, err := work.New(root, "run-"+rand.Text())
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		ids = append(ids, work.Identity(root))
	}
	if ids[0] == "" || ids[0] == ids[1] || ids[0] != ids[2] {
		t.Errorf("identities %q: want a different one for each root, and the same for all runs of a root", ids)
	}
}
