package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

func TestAContainerJoinsThePod(t *testing.T) {
	p := sharedPod(t)
	c := start(t, p, sandbox.Container{
		Name: "web", Command: []string{"perl", "-e", perlServer + echo, "7100"}, Env: map[string]string{"GREETING": "hello"},
	})
	sh(t, p, p.tools.listen, "127.0.0.1", "7100") // its port is on the pod's loopback
	got := sh(t, c, `echo "$GREETING"; ls /sys/class/net; getent hosts cache postgres | tr -s ' '
		grep NoNewPrivs /proc/self/status
		psql -X -w -h postgres -U drill_admin -d postgres -c 'select 1' 2>&1 | grep -o 'no password supplied'`)
	want := "hello\nlo\n127.0.0.1 cache\n127.0.0.1 postgres\nNoNewPrivs:\t1\nno password supplied"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	select {
	case <-c.Done():
		t.Error("it has ended")
	default:
	}
	found, err := p.client.ImageInspect(t.Context(), p.spec.Image)
	if err != nil || c.Digest() != describeImage(found).identity() {
		t.Errorf("its image is %q, not %s's %+v, %v", c.Digest(), p.spec.Image, found.ID, err)
	}
	if id, err := p.engine.Identity(t.Context(), p.spec.Image); err != nil || id != c.Digest() {
		t.Errorf("the engine reports the identity %q, %v", id, err)
	}
}

func TestAContainerThatEnds(t *testing.T) {
	c := start(t, sharedPod(t), sandbox.Container{
		Name: "dies", Command: []string{"sh", "-c", "exec >&2; for i in 1 2 3 4 5; do echo line $i; done; echo 'no such table'; exit 3"},
	})
	waitDone(t, c)
	if code, oom := c.Ended(); code != 3 || oom {
		t.Errorf("exit code %d, out of memory %v", code, oom)
	}
	lines, err := c.Logs(t.Context(), 3)
	if diff := cmp.Diff([]string{"line 4", "line 5", "no such table"}, lines); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	_, err = c.Exec(t.Context(), sandbox.Command{Args: []string{"true"}})
	wantCode(t, err, outcome.AppStartFailed)
}

func TestContainersThatCannotStart(t *testing.T) {
	p := sharedPod(t)
	for _, c := range []struct {
		name string
		c    sandbox.Container
		code outcome.Code
		text string // in the message
	}{
		{"no such command", sandbox.Container{Name: "wrong", Image: p.spec.Image, Command: []string{"./no-such-file"}}, "", ""},
		{"no such image", sandbox.Container{Name: "none", Image: "127.0.0.1:1/app:1"}, outcome.ImageUnavailable, "127.0.0.1:1/app:1"},
		{"no such entry point", sandbox.Container{Name: "empty", Image: emptyImage(t, p)}, outcome.AppStartFailed, "/app"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := p.Start(t.Context(), c.c)
			if c.code == "" { // the image's own entry point starts, and fails
				if err != nil {
					t.Fatal(err)
				}
				waitDone(t, s)
				if code, _ := s.Ended(); code != 127 {
					t.Errorf("exit code %d", code)
				}
				return
			}
			_, again := p.Start(t.Context(), c.c) // its name is free
			for _, err := range []error{err, again} {
				if f := wantCode(t, err, c.code); !contains(f.Error(), c.text) || contains(f.Error(), "Conflict") {
					t.Errorf("%q is not in: %s", c.text, f)
				}
			}
		})
	}
}

func TestRemoveFreesTheNameAndThePort(t *testing.T) {
	p := sharedPod(t)
	for range 2 {
		c := start(t, p, sandbox.Container{Name: "again", Command: []string{"perl", "-e", perlServer + echo, "7200"}})
		eventually(t, "it listens", func() bool {
			conn, err := p.Dial(t.Context(), "tcp", "127.0.0.1:7200")
			if err == nil {
				_ = conn.Close()
			}
			return err == nil
		})
		for range 2 {
			if err := c.Remove(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		waitDone(t, c)
	}
}

func TestAContainerWithAnotherNetworkIsRefused(t *testing.T) {
	p := sharedPod(t)
	wantCode(t, p.checkNetwork(t.Context(), p.id, "odd"), outcome.IsolationBroken)
}

// Many applications are shipped as a static program in an otherwise empty image.
func TestAnImageWithoutAShell(t *testing.T) {
	p := sharedPod(t)
	c := start(t, p, sandbox.Container{Name: "bare", Image: bareImage(t, p)})
	for _, want := range []struct {
		args   []string
		code   int
		stdout string
	}{
		{[]string{"/app", "say", "hello"}, 0, "hello\n"},
		{[]string{"/app", "exit"}, 4, ""},
	} {
		var out bytes.Buffer
		code, err := c.Exec(t.Context(), sandbox.Command{Args: want.args, Stdout: &out})
		if err != nil || code != want.code || out.String() != want.stdout {
			t.Errorf("%v: got %d %q %v, want %d %q", want.args, code, out.String(), err, want.code, want.stdout)
		}
	}
	if code, err := c.Exec(t.Context(), sandbox.Command{Args: []string{"/none"}}); err != nil || (code != 126 && code != 127) {
		t.Errorf("a missing command: exit code %d, %v", code, err)
	}
}

func TestLastLines(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"one\r\ntwo\n", []string{"one", "two"}},
		{"one\ntwo\nthree", []string{"two", "three"}},
		{"caf\xc3\nx\n", []string{"caf", "x"}},
	} {
		if diff := cmp.Diff(c.want, lastLines(c.text, 2)); diff != "" {
			t.Errorf("%q: %s", c.text, diff)
		}
	}
	if long := lastLines(string(bytes.Repeat([]byte("x"), 1<<20)), 1)[0]; len(long) != maxLogLine {
		t.Errorf("a line of %d bytes was kept", len(long))
	}
}

func start(t *testing.T, p *pod, c sandbox.Container) sandbox.Process {
	t.Helper()
	if c.Image == "" {
		c.Image = p.spec.Image
	}
	s, err := p.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.engine.discard(context.Background(), s.(*process).id) })
	return s
}

func waitDone(t *testing.T, c sandbox.Process) {
	t.Helper()
	select {
	case <-c.Done():
	case <-time.After(patience):
		t.Fatal("the container does not end")
	}
}

func bareImage(t *testing.T, p *pod) string {
	t.Helper()
	dir := t.TempDir()
	source := `package main
import ("fmt"; "os"; "time")
func main() {
	if len(os.Args) > 2 { fmt.Println(os.Args[2]); return }
	if len(os.Args) > 1 { os.Exit(4) }
	time.Sleep(time.Hour)
}`
	if err := os.WriteFile(filepath.Join(dir, "app.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "app"), filepath.Join(dir, "app.go"))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+runtime.GOARCH)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(filepath.Join(dir, "app"))
	if err != nil {
		t.Fatal(err)
	}
	return importImage(t, p, "app", program)
}

func emptyImage(t *testing.T, p *pod) string {
	return importImage(t, p, "readme", []byte("nothing here"))
}

// importImage makes an image of one file whose entry point is /app.
func importImage(t *testing.T, p *pod, name string, content []byte) string {
	t.Helper()
	var layer bytes.Buffer
	w := tar.NewWriter(&layer)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(content))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ref := "drillgres-docker-test:" + newRunID()
	answer, err := p.client.ImageImport(t.Context(), client.ImageImportSource{Source: &layer, SourceName: "-"}, ref,
		client.ImageImportOptions{Changes: []string{`ENTRYPOINT ["/app"]`}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Close() //nolint:errcheck // was only read
	if _, err := new(bytes.Buffer).ReadFrom(answer); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = p.client.ImageRemove(context.Background(), ref, client.ImageRemoveOptions{Force: true}) })
	return ref
}
