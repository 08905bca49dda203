package codec

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// program is a program that decodes its standard input.
type program struct {
	name string
	args []string
	// damage holds texts on standard error by which the program blames its input.
	// Without any of them, the machine is to blame.
	damage []string
}

// threads limits the memory of the programs that decode in parallel.
var threads = min(runtime.NumCPU(), 4)

// programs holds the programs for a compression, the best first. Each decodes several
// times as fast as the library. pbzip2 is none of them: of a damaged stream it writes
// bytes that were never in it.
var programs = map[string][]program{
	// One thread, because each needs its own dictionary.
	"xz": {{"xz", []string{"-dc", "-F", "xz", "-T1"}, []string{"Compressed data is corrupt", "Unexpected end of input", "File format not recognized"}}},
	"bzip2": {
		{"lbzip2", []string{"-dc", fmt.Sprint("-n", threads)}, []string{"compressed data error", "not a valid bzip2 file"}},
		{"bzip2", []string{"-dc"}, []string{"file ends unexpectedly", "Data integrity error", "bad magic number"}},
	},
}

// patience is how long a program may take to end after its output has ended.
var patience = 10 * time.Second

// Missing returns the fastest program for each compression that has one, if it is not
// installed, by the compression's name.
func Missing() map[string]string {
	missing := map[string]string{}
	for name, known := range programs {
		if find(known[0].name) == "" {
			missing[name] = known[0].name
		}
	}
	return missing
}

// process decodes a stream by a program.
type process struct {
	*framed
	program program
	ctx     context.Context
	cmd     *exec.Cmd
	out     io.ReadCloser
	stderr  head
	fed     chan error // receives how feeding the program ended
	once    sync.Once
	err     error // how the program ended
}

// start starts the first of the programs that is installed. It returns nil if there is
// none.
func start(ctx context.Context, f *framed, programs []program) decoder {
	for _, p := range programs {
		if path := find(p.name); path != "" {
			if d, err := startAt(ctx, path, p, f); err == nil {
				return d
			}
		}
	}
	return nil
}

// find returns the path of a program, or an empty string. busybox is none: its programs
// know fewer options, and do not verify every check.
func find(name string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return ""
	}
	if target, err := filepath.EvalSymlinks(path); err != nil || strings.Contains(filepath.Base(target), "busybox") {
		return ""
	}
	return path
}

func startAt(ctx context.Context, path string, p program, f *framed) (*process, error) {
	d := &process{framed: f, program: p, ctx: ctx, fed: make(chan error, 1)}
	d.cmd = exec.CommandContext(ctx, path, p.args...)
	d.cmd.Env = []string{"LC_ALL=C", "PATH=" + os.Getenv("PATH")}
	d.cmd.Stderr = &d.stderr
	d.cmd.WaitDelay = patience
	in, err := d.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if d.out, err = d.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { d.fed <- d.feed(in) }()
	return d, nil
}

// feed writes the streams to the program. If it cannot, the program must not take that
// for the end.
func (d *process) feed(in io.WriteCloser) error {
	_, err := io.CopyBuffer(struct{ io.Writer }{in}, struct{ io.Reader }{d.framed}, make([]byte, sourceBuffer))
	if err != nil {
		_ = d.cmd.Process.Kill()
		return err
	}
	return in.Close()
}

func (d *process) Read(p []byte) (int, error) {
	n, err := d.out.Read(p)
	if err == nil {
		return n, nil
	}
	kill := time.AfterFunc(patience, func() { _ = d.cmd.Process.Kill() })
	defer kill.Stop()
	d.wait()
	if d.err != nil {
		return n, d.err
	}
	return n, d.finish()
}

// stop kills the program and waits for it.
func (d *process) stop() {
	_ = d.cmd.Process.Kill()
	_ = d.out.Close()
	d.wait()
}

// wait waits for the program, and for its input to be read no more.
func (d *process) wait() {
	d.once.Do(func() {
		err := d.cmd.Wait()
		unfed := <-d.fed
		switch {
		case d.ctx.Err() != nil:
			d.err = d.ctx.Err()
			if d.src.err == nil {
				d.src.err = d.err // so that it is returned as it is
			}
		case err != nil && d.stderr.hasAny(d.program.damage):
			d.err = errCorrupt
		case err != nil || unfed != nil:
			d.err = d.unusable()
		}
	})
}

// unusable returns the Failure for a program that failed and did not blame its input,
// for example because memory ran out. It proves nothing about the backup.
func (d *process) unusable() error {
	return outcome.Fail(outcome.FormatUnsupported, "decode %s: the program %s failed (%s)", d.name, d.program.name, d.cmd.ProcessState).
		WithHint("run %s -t on the backup on the machine that drills, and correct what it reports", d.program.name)
}

// head keeps the first bytes that are written to it.
type head struct{ b []byte }

func (h *head) Write(p []byte) (int, error) {
	h.b = append(h.b, p[:min(len(p), sniffed-len(h.b))]...)
	return len(p), nil
}

const sniffed = 4096

func (h *head) hasAny(texts []string) bool {
	for _, text := range texts {
		if bytes.Contains(h.b, []byte(text)) {
			return true
		}
	}
	return false
}
