package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

func content(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestWriteFileReplacesAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "result.json")
	for _, text := range []string{"a longer one", "short"} {
		if err := writeFile("--output", path, content(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != text {
			t.Errorf("the file holds %q, %v, want %q", got, err, text)
		}
	}
	broken := errors.New("broken")
	err := writeFile("--output", path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return broken
	})
	if !errors.Is(err, broken) || outcome.AsFailure(err).Code != outcome.ConfigInvalid {
		t.Errorf("got %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "short" {
		t.Errorf("a partial result replaced the previous one: %q", got)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := writeFile("--output", filepath.Join(path, "beneath"), content("x")); outcome.AsFailure(err).Code != outcome.ConfigInvalid {
		t.Errorf("a path that cannot be written: %v", err)
	}
}

// TestWriteFileWritesToLinksAndDevices checks that they are not replaced by a file.
func TestWriteFileWritesToLinksAndDevices(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target"), filepath.Join(dir, "link")
	if err := os.WriteFile(target, []byte("what was there before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("no links here: %v", err)
	}
	if err := writeFile("--output", link, content("new")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(target); string(got) != "new" {
		t.Errorf("the link's target holds %q", got)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is replaced: %v, %v", info, err)
	}
	if err := writeFile("--output", os.DevNull, content("x")); err != nil {
		t.Errorf("a device: %v", err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is replaced: %v, %v", os.DevNull, info, err)
	}
}

// TestWriteFileKeepsTheLogOfAStream: --output /dev/stdout in a job whose stdout is
// a log must not erase the log.
func TestWriteFileKeepsTheLogOfAStream(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	stdout := os.Stdout
	os.Stdout = log
	t.Cleanup(func() { os.Stdout = stdout })
	if _, err := log.WriteString("before\n"); err != nil {
		t.Fatal(err)
	}
	stream := fmt.Sprintf("/proc/self/fd/%d", log.Fd())
	if _, err := os.Stat(stream); err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	if err := writeFile("--output", stream, content("result\n")); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(log.Name()); string(got) != "before\nresult\n" {
		t.Errorf("the log holds %q", got)
	}
}
