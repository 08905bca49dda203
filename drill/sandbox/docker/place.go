package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/moby/client"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sandbox"
)

// sampleSize is how much of a file's beginning and end is compared.
const sampleSize = 64 << 10

// Place shows a file to the Postgres container: from the mounted work
// directory where the file lies there or can be linked to, and where the
// postgres user really finds the same bytes; else as a copy on a volume.
func (p *pod) Place(ctx context.Context, file string) (inside string, err error) {
	local, err := examine(file)
	if err != nil {
		return "", fmt.Errorf("place %s in the sandbox: %w", file, err)
	}
	if p.bound {
		if inside, ok := p.shared(local); ok && p.same(ctx, local, inside) {
			return inside, nil
		}
	}
	inside = path.Join(insideCopy, local.name())
	if err := p.copyIn(ctx, local); err != nil {
		return "", p.whyNotCopied(ctx, file, err)
	}
	if !p.same(ctx, local, inside) {
		return "", p.whyNotCopied(ctx, file, errors.New("the copy differs from the file"))
	}
	return inside, nil
}

func (p *pod) whyNotCopied(ctx context.Context, file string, err error) error {
	var own ownError
	if errors.As(err, &own) {
		return fmt.Errorf("copy %s into the sandbox: %w", file, own.error)
	}
	err = p.explain(ctx, fmt.Errorf("copy %s into the sandbox: %w", file, err))
	if strings.Contains(err.Error(), "no space left") {
		return outcome.Fail(outcome.SandboxDiskFull, "%w", err)
	}
	return err
}

// local is a file of this machine.
type local struct {
	path        string // absolute, without links
	size        int64
	first, last []byte
}

func (l local) name() string { return filepath.Base(l.path) }

func examine(file string) (local, error) {
	whole, err := filepath.Abs(file)
	if err != nil {
		return local{}, err
	}
	if whole, err = filepath.EvalSymlinks(whole); err != nil {
		return local{}, err
	}
	f, err := os.Open(whole)
	if err != nil {
		return local{}, err
	}
	defer f.Close() //nolint:errcheck // was only read
	info, err := f.Stat()
	if err != nil {
		return local{}, err
	}
	if !info.Mode().IsRegular() {
		return local{}, errors.New("it is not a regular file")
	}
	l := local{path: whole, size: info.Size()}
	n := min(l.size, sampleSize)
	l.first, l.last = make([]byte, n), make([]byte, n)
	if _, err := io.ReadFull(f, l.first); err != nil {
		return local{}, err
	}
	if _, err := f.ReadAt(l.last, l.size-n); err != nil {
		return local{}, err
	}
	return l, nil
}

// shared makes the file visible below the mounted directory. A link is taken
// back by the run's end; the file itself, which may be somebody's backup, is
// never touched.
func (p *pod) shared(l local) (inside string, ok bool) {
	dir, err := filepath.EvalSymlinks(p.spec.WorkDir)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(dir, l.path)
	if err == nil && filepath.IsLocal(rel) {
		// It is ours; the directory above keeps strangers out.
		if err := os.Chmod(l.path, 0o644); err != nil {
			return "", false
		}
		return path.Join(insideWork, filepath.ToSlash(rel)), true
	}
	link := filepath.Join(dir, l.name())
	if err := os.Link(l.path, link); err != nil && !sameFile(l.path, link) {
		return "", false
	}
	return path.Join(insideWork, l.name()), true
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}

// same asks the postgres user for the size and both ends of the file. No
// answer is no.
func (p *pod) same(ctx context.Context, l local, inside string) bool {
	var out bytes.Buffer
	n := strconv.Itoa(len(l.first))
	code, err := p.Exec(ctx, sandbox.Command{
		Args:   []string{"sh", "-c", `stat -L -c %s "$1" && head -c "$2" "$1" && tail -c "$2" "$1"`, "sh", inside, n},
		Stdout: &out,
	})
	if err != nil || code != 0 {
		return false
	}
	want := bytes.Join([][]byte{strconv.AppendInt(nil, l.size, 10), l.first, l.last}, nil)
	return bytes.Equal(bytes.Replace(out.Bytes(), []byte("\n"), nil, 1), want)
}

// copyIn streams the file through the engine's API onto the volume for such
// files: never onto the container's own layer, which may be slow.
func (p *pod) copyIn(ctx context.Context, l local) error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // was only read
	r, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := pack(w, l, f)
		w.CloseWithError(err)
		packed <- err
	}()
	_, err = p.client.CopyToContainer(ctx, p.id, client.CopyToContainerOptions{DestinationPath: insideCopy, Content: r})
	r.CloseWithError(io.ErrClosedPipe) // frees the packer of an engine that stopped reading
	if perr := <-packed; perr != nil && !errors.Is(perr, io.ErrClosedPipe) {
		return ownError{perr}
	}
	return err
}

// ownError is one of this machine, not of the engine.
type ownError struct{ error }

func (e ownError) Unwrap() error { return e.error }

func pack(w io.Writer, l local, f io.Reader) error {
	t := tar.NewWriter(w)
	if err := t.WriteHeader(&tar.Header{Name: l.name(), Mode: 0o444, Size: l.size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	if _, err := io.CopyN(t, f, l.size); err != nil {
		return fmt.Errorf("read %s: %w", l.path, err)
	}
	return t.Close()
}
