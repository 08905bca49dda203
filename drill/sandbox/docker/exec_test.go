package docker

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"math/rand"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/moby/moby/api/pkg/stdcopy"

	"github.com/drillgres/drillgres/drill/sandbox"
)

func TestExecReturnsTheExitCodeAndBothStreams(t *testing.T) {
	p := sharedPod(t)
	for _, c := range []struct {
		name, script   string
		code           int
		stdout, stderr string
	}{
		{"fine", "echo out; echo err >&2", 0, "out\n", "err\n"},
		{"fails", "echo half; exit 3", 3, "half\n", ""},
		{"killed by a signal", "kill -9 $$", 137, "", ""},
		{"late", "exec >&- 2>&-; sleep 0.5; exit 7", 7, "", ""}, // ends after its output
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code, err := p.Exec(t.Context(), sandbox.Command{Args: []string{"sh", "-c", c.script}, Stdout: &out, Stderr: &errs})
			if err != nil || code != c.code || out.String() != c.stdout || errs.String() != c.stderr {
				t.Errorf("got %d %q %q %v, want %d %q %q", code, out.String(), errs.String(), err, c.code, c.stdout, c.stderr)
			}
		})
	}
}

func TestExecOfAMissingCommandIsAnExitCode(t *testing.T) {
	var errs bytes.Buffer
	code, err := sharedPod(t).Exec(t.Context(), sandbox.Command{Args: []string{"no-such-command"}, Stderr: &errs})
	if err != nil || code != 127 || !strings.Contains(errs.String(), "not found") {
		t.Errorf("got %d, %v, %q", code, err, errs.String())
	}
}

func TestExecRunsAsPostgresByDefault(t *testing.T) {
	p := sharedPod(t)
	if user := sh(t, p, "id -un; echo $GREETING"); user != "postgres" {
		t.Errorf("runs as %q", user)
	}
	var out bytes.Buffer
	_, err := p.Exec(t.Context(), sandbox.Command{
		Args: []string{"sh", "-c", "id -un; echo $GREETING"}, User: "root", Env: []string{"GREETING=hello"}, Stdout: &out,
	})
	if err != nil || out.String() != "root\nhello\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

// An engine buffers about 64 KiB; other tools hang from 4 MiB on.
func TestExecPassesOnMuchOutputOfBothStreams(t *testing.T) {
	var out, errs counter
	code, err := sharedPod(t).Exec(t.Context(), sandbox.Command{
		Args:   []string{"bash", "-c", "head -c 8388608 /dev/zero & head -c 8388608 /dev/zero >&2; wait"},
		Stdout: &out, Stderr: &errs,
	})
	if err != nil || code != 0 || out != 8<<20 || errs != 8<<20 {
		t.Errorf("got %d and %d bytes, exit code %d, %v", out, errs, code, err)
	}
}

func TestExecCarriesMuchInputWhole(t *testing.T) {
	const size = 100 << 20
	sum := sha256.New()
	input := io.TeeReader(io.LimitReader(rand.New(rand.NewSource(1)), size), sum)
	var out bytes.Buffer
	began := time.Now()
	code, err := sharedPod(t).Exec(t.Context(), sandbox.Command{Args: []string{"sha256sum"}, Stdin: input, Stdout: &out})
	if err != nil || code != 0 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	t.Logf("%.0f MB/s", float64(size)/1e6/time.Since(began).Seconds())
	if want := hex.EncodeToString(sum.Sum(nil)); !strings.HasPrefix(out.String(), want) {
		t.Errorf("arrived: %s, sent: %s", out.String(), want)
	}
}

// A broken input must never look like a complete one: psql would commit it.
func TestExecKillsTheCommandWhenItsInputBreaks(t *testing.T) {
	p := sharedPod(t)
	broken := errors.New("the stream is corrupt")
	marker := "/tmp/saw-the-end-of-input"
	for _, before := range []string{"", "first\nsecond\n"} {
		input := io.MultiReader(strings.NewReader(before), iotest.ErrReader(broken))
		_, err := p.Exec(t.Context(), sandbox.Command{
			Args: []string{"sh", "-c", `cat >/dev/null; echo "$2" >"$1"`, "sh", marker, "regular end"}, Stdin: input,
		})
		if !errors.Is(err, broken) {
			t.Errorf("got %v, want the input's error", err)
		}
		if got := sh(t, p, `cat "$1" 2>/dev/null; true`, marker); got != "" {
			t.Errorf("the command saw a %s of its input", got)
		}
		wantNoProcesses(t, p, marker)
	}
}

func TestExecKillsTheCommandAndItsChildrenWhenCancelled(t *testing.T) {
	p := sharedPod(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user pressed ctrl-c")
	started := writerFunc(func([]byte) { cancel(why) })
	_, err := p.Exec(ctx, sandbox.Command{
		Args: []string{"bash", "-c", "sleep 4711 & sleep 4711 & echo started; wait"}, Stdout: started,
	})
	if !errors.Is(err, why) {
		t.Errorf("got %v, want the cause of the cancellation", err)
	}
	wantNoProcesses(t, p, "4711")
}

func TestExecReturnsWhenTheCommandEndsBeforeItsInput(t *testing.T) {
	input := &endless{}
	code, err := sharedPod(t).Exec(t.Context(), sandbox.Command{Args: []string{"sh", "-c", "head -c 10 >/dev/null; exit 2"}, Stdin: input})
	if err != nil || code != 2 {
		t.Errorf("exit code %d, %v", code, err)
	}
	if input.reading {
		t.Error("the input is still being read")
	}
}

func TestExecReturnsTheErrorOfItsOutput(t *testing.T) {
	p := sharedPod(t)
	full := errors.New("disk full")
	_, err := p.Exec(t.Context(), sandbox.Command{Args: []string{"yes", "4712"}, Stdout: failingWriter{full}})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
	wantNoProcesses(t, p, "4712")
}

// The engine may send the process id after other output. Without it the whole
// container would have to be killed because the local disk is full.
func TestDrainReadsTheProcessIDAfterAWriteError(t *testing.T) {
	full := errors.New("disk full")
	x := &execution{box: &box{shell: true}, name: "yes", pid: pidLine{known: make(chan struct{})}, ends: newEndMarks()}
	x.conn.Reader = bufio.NewReader(strings.NewReader(
		frame(stdcopy.Stdout, "4712\n") + frame(stdcopy.Stderr, "12\n") + frame(stdcopy.Stdout, "4712\n")))
	var broken []error
	err := x.drain(failingWriter{full}, nil, func(err error) { broken = append(broken, err) })
	if err != nil || len(broken) != 1 || !errors.Is(broken[0], full) {
		t.Errorf("got %v, broken %v; want one error: %v", err, broken, full)
	}
	if pid, err := x.pid.wait(t.Context()); pid != "12" || err != nil {
		t.Errorf("the process id is %q, %v", pid, err)
	}
}

// frame returns text as the engine sends it: the stream in one byte, three zero
// bytes, the length in four bytes, the text.
func frame(kind stdcopy.StdType, text string) string {
	header := []byte{byte(kind), 0, 0, 0, 0, 0, 0, 0}
	binary.BigEndian.PutUint32(header[4:], uint32(len(text)))
	return string(header) + text
}

func TestPidLineKeepsTheFirstLine(t *testing.T) {
	for _, chunks := range [][]string{{"12\nrest\n"}, {"1", "2", "\n", "rest\n"}, {"12", "\nre", "st\n"}} {
		var rest bytes.Buffer
		p := pidLine{known: make(chan struct{}), next: &rest}
		for _, c := range chunks {
			if n, err := p.Write([]byte(c)); n != len(c) || err != nil {
				t.Errorf("wrote %d of %q, %v", n, c, err)
			}
		}
		pid, err := p.wait(t.Context())
		if pid != "12" || err != nil || rest.String() != "rest\n" {
			t.Errorf("%q: got %q, %v, rest %q", chunks, pid, err, rest.String())
		}
	}
}

type counter int

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

type writerFunc func([]byte)

func (f writerFunc) Write(b []byte) (int, error) {
	f(b)
	return len(b), nil
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// endless is an input without an end.
type endless struct{ reading bool }

func (e *endless) Read(b []byte) (int, error) {
	e.reading = true
	clear(b)
	e.reading = false
	return len(b), nil
}
