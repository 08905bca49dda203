package codec

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// script installs a program of the given name on the PATH.
func script(t *testing.T, name, text string) program {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return program{name: name, damage: []string{"is damaged"}}
}

func TestProgramsThatFail(t *testing.T) {
	stored := load(t, "small.xz")
	before := patience
	patience = 100 * time.Millisecond
	t.Cleanup(func() { patience = before })
	for text, want := range map[string]outcome.Code{
		"cat; exit 0": "",
		"cat >/dev/null; echo 'it is damaged' >&2; exit 1": outcome.StreamCorrupt,
		"echo 'it is damaged' >&2; exit 1":                 outcome.StreamCorrupt,
		"cat >/dev/null; echo 'out of memory' >&2; exit 1": outcome.FormatUnsupported,
		"kill -9 $$":                   outcome.FormatUnsupported,
		"exec >&-; exec sleep 100":     outcome.FormatUnsupported,
		"exec >&- <&-; exec sleep 100": outcome.FormatUnsupported,
		"cat >/dev/null; yes damaged | head -c 1000000 >&2; exit 1": outcome.FormatUnsupported,
	} {
		p := script(t, "fake-xz", text)
		got := decode(t, "xz", engine{p.name, []program{p}}, bytes.NewReader(stored))
		if got.code != want {
			t.Errorf("%s: %q (%v), want %q", text, got.code, got.err, want)
		}
		if got.err != nil && strings.Contains(got.err.Error(), "memory") {
			t.Errorf("%s: the error has what the program wrote: %v", text, got.err)
		}
	}
}

// A program that exits with 0 before it has read its input has not verified it.
func TestProgramThatReadsTooLittle(t *testing.T) {
	p := script(t, "fake-xz", "head -c 1000 >/dev/null")
	stored := load(t, "small.xz")
	got := decode(t, "xz", engine{p.name, []program{p}}, bytes.NewReader(bytes.Repeat(stored, 10_000)))
	if got.code != outcome.FormatUnsupported {
		t.Errorf("%q (%v)", got.code, got.err)
	}
}

func TestCloseEndsAProgramThatIgnoresItsInput(t *testing.T) {
	p := script(t, "fake-xz", "exec sleep 100")
	endless := io.MultiReader(bytes.NewReader(bytes.Repeat(load(t, "small.xz"), 10_000)))
	z, err := open(t.Context(), "xz", endless, []program{p})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := z.Read(make([]byte, 1)); err == nil || err == io.EOF { //nolint:errorlint // the reader's own end
		t.Errorf("read after close: %v", err)
	}
}

func TestCancelEndsAProgramThatIgnoresItsInput(t *testing.T) {
	p := script(t, "fake-xz", "exec sleep 100")
	ctx, cancel := context.WithCancel(t.Context())
	z, err := open(ctx, "xz", bytes.NewReader(load(t, "small.xz")), []program{p})
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := io.ReadAll(z); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// A program that cannot be started is replaced by the library, and so is busybox.
func TestFallback(t *testing.T) {
	broken := script(t, "broken-xz", "")
	if err := os.WriteFile(filepath.Join(strings.Split(os.Getenv("PATH"), ":")[0], broken.name), []byte("no program"), 0o755); err != nil {
		t.Fatal(err)
	}
	busy := script(t, "busybox", "exit 1")
	dir := strings.Split(os.Getenv("PATH"), ":")[0]
	if err := os.Symlink(filepath.Join(dir, "busybox"), filepath.Join(dir, "small-xz")); err != nil {
		t.Fatal(err)
	}
	for _, p := range []program{broken, busy, {name: "small-xz"}, {name: "none-of-this-name"}} {
		got := decode(t, "xz", engine{p.name, []program{p}}, bytes.NewReader(load(t, "small.xz")))
		if got.err != nil || got.content != string(load(t, "content")[:300]) {
			t.Errorf("%s: %v", p.name, got.err)
		}
	}
}

func TestOpenOfAnUnknownCompression(t *testing.T) {
	if _, err := Open(t.Context(), "lzma", strings.NewReader("")); err == nil {
		t.Error("opened")
	}
}
