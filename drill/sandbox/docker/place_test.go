package docker

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

func TestPlaceSharesAFileWithoutACopy(t *testing.T) {
	p := sharedPod(t)
	inDir := filepath.Join(p.spec.WorkDir, "backup.dump")
	sum := writeRandom(t, inDir, 300<<10, 0o600)
	sibling := filepath.Join(filepath.Dir(p.spec.WorkDir), "linked.dump") // same disk, another directory
	siblingSum := writeRandom(t, sibling, 10, 0o644)
	link := filepath.Join(t.TempDir(), "latest")
	if err := os.Symlink(inDir, link); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(filepath.Dir(p.spec.WorkDir), "shop-\xff.dump") // the engine's API carries only UTF-8
	oddSum := writeRandom(t, odd, 10, 0o644)
	for _, c := range []struct{ file, inside, sum string }{
		{odd, insideWork + "/shop-_.dump", oddSum},
		{inDir, insideWork + "/backup.dump", sum},
		{link, insideWork + "/backup.dump", sum},
		{sibling, insideWork + "/linked.dump", siblingSum},
		{sibling, insideWork + "/linked.dump", siblingSum}, // again
	} {
		inside, err := p.Place(t.Context(), c.file)
		if err != nil || inside != c.inside {
			t.Errorf("%s: got %s, %v; want %s", c.file, inside, err, c.inside)
			continue
		}
		wantSum(t, p, inside, c.sum)
	}
}

// The mode of a user's backup must not change, even if postgres cannot read it.
func TestPlaceCopiesWhatPostgresMayNotRead(t *testing.T) {
	p := sharedPod(t)
	private := filepath.Join(filepath.Dir(p.spec.WorkDir), "private.dump")
	sum := writeRandom(t, private, 70<<10, 0o600)
	inside, err := p.Place(t.Context(), private)
	if err != nil {
		t.Fatal(err)
	}
	if path.Dir(inside) != insideCopy {
		t.Errorf("placed at %s", inside)
	}
	wantSum(t, p, inside, sum)
	info, err := os.Stat(private)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup's mode became %v, %v", info.Mode(), err)
	}
}

// placeCopies tests Place in a pod without a mounted directory.
func placeCopies(t *testing.T, p *pod) {
	t.Helper()
	for name, size := range map[string]int{"empty": 0, "one": 1, "big": 40 << 20} {
		file := filepath.Join(t.TempDir(), name)
		sum := writeRandom(t, file, size, 0o600)
		inside, err := p.Place(t.Context(), file)
		if err != nil || inside != path.Join(insideCopy, name) {
			t.Errorf("got %s, %v", inside, err)
			continue
		}
		wantSum(t, p, inside, sum)
		if fs := sh(t, p, `stat -f -c %T "$1"; df --output=target "$1" | tail -1`, inside); !contains(fs, insideCopy) {
			t.Errorf("the copy is on the container's own layer: %s", fs)
		}
	}
}

func TestPlaceRefusesAnythingButARegularFile(t *testing.T) {
	p := sharedPod(t)
	for _, file := range []string{t.TempDir(), "/no/such/file", "/dev/null"} {
		if inside, err := p.Place(t.Context(), file); err == nil {
			t.Errorf("%s was placed at %s", file, inside)
		}
	}
}

func TestTheWorkDirectoryCannotBeWrittenFromInside(t *testing.T) {
	got := sh(t, sharedPod(t), `touch "$1/x" 2>&1; true`, insideWork)
	if !contains(got, "Read-only file system") {
		t.Errorf("got %q", got)
	}
}

func writeRandom(t *testing.T, file string, size int, mode os.FileMode) (sum string) {
	t.Helper()
	b := make([]byte, size)
	_, _ = rand.New(rand.NewSource(int64(size))).Read(b)
	if err := os.WriteFile(file, b, mode); err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func wantSum(t *testing.T, p *pod, inside, sum string) {
	t.Helper()
	if got := sh(t, p, `sha256sum <"$1"`, inside); !strings.HasPrefix(got, sum) {
		t.Errorf("%s has %s, want %s", inside, got, sum)
	}
}
