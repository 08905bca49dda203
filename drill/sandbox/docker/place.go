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

// sampleSize is how many bytes of a file's beginning and end are compared.
const sampleSize = 64 << 10

// Place makes a file, or a directory of files, readable in the Postgres container. A file that is in the
// mounted work directory, or can be linked into it, is not copied if the postgres
// user can read the same bytes there. Any other file is copied to a volume.
func (p *pod) Place(ctx context.Context, file string) (inside string, err error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return p.placeDirectory(ctx, file)
	}
	local, err := inspectFile(file)
	if err != nil {
		return "", fmt.Errorf("place %s in the sandbox: %w", file, err)
	}
	if p.mounted {
		if inside, ok := p.share(local); ok && p.hasSameContent(ctx, local, inside) {
			return inside, nil
		}
	}
	inside = path.Join(insideCopy, local.name())
	if err := p.copyIn(ctx, local); err != nil {
		return "", p.copyError(ctx, file, err)
	}
	if !p.hasSameContent(ctx, local, inside) {
		return "", p.copyError(ctx, file, errors.New("the copy differs from the file"))
	}
	return inside, nil
}

// copyError returns the error of a failed copy: that of this machine, the reason
// why the pod is lost, or sandbox_disk_full.
func (p *pod) copyError(ctx context.Context, file string, err error) error {
	var local localError
	if errors.As(err, &local) {
		return fmt.Errorf("copy %s into the sandbox: %w", file, local.error)
	}
	err = p.explain(ctx, fmt.Errorf("copy %s into the sandbox: %w", file, err))
	if strings.Contains(err.Error(), "no space left") {
		return outcome.Fail(outcome.SandboxDiskFull, "%w", err)
	}
	return err
}

// localFile is a regular file on this machine.
type localFile struct {
	path        string // absolute, without symbolic links
	size        int64
	first, last []byte // at most sampleSize each
}

// name returns the name of the file in the container. The engine's API carries only
// valid UTF-8.
func (l localFile) name() string { return strings.ToValidUTF8(filepath.Base(l.path), "_") }

func inspectFile(file string) (localFile, error) {
	whole, err := filepath.Abs(file)
	if err != nil {
		return localFile{}, err
	}
	if whole, err = filepath.EvalSymlinks(whole); err != nil {
		return localFile{}, err
	}
	f, err := os.Open(whole)
	if err != nil {
		return localFile{}, err
	}
	defer f.Close() //nolint:errcheck // was only read
	info, err := f.Stat()
	if err != nil {
		return localFile{}, err
	}
	if !info.Mode().IsRegular() {
		return localFile{}, errors.New("it is not a regular file")
	}
	l := localFile{path: whole, size: info.Size()}
	n := min(l.size, sampleSize)
	l.first, l.last = make([]byte, n), make([]byte, n)
	if _, err := io.ReadFull(f, l.first); err != nil {
		return localFile{}, err
	}
	if _, err := f.ReadAt(l.last, l.size-n); err != nil {
		return localFile{}, err
	}
	return l, nil
}

// share makes the file visible in the mounted directory and returns its path in
// the container. A file elsewhere is linked into the directory and never changed,
// because it may be a user's backup. The link is removed with the directory.
func (p *pod) share(l localFile) (inside string, ok bool) {
	dir, err := filepath.EvalSymlinks(p.spec.WorkDir)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(dir, l.path)
	if err == nil && filepath.IsLocal(rel) {
		// The file belongs to the run. Other users cannot read it, because the
		// parent directory is private.
		if err := os.Chmod(l.path, 0o644); err != nil {
			return "", false
		}
		return path.Join(insideWork, filepath.ToSlash(rel)), true
	}
	link := filepath.Join(dir, l.name())
	if err := os.Link(l.path, link); err != nil && !isSameFile(l.path, link) {
		return "", false
	}
	return path.Join(insideWork, l.name()), true
}

// isSameFile reports whether b, which may be a symbolic link, is the file a.
func isSameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Lstat(b)
	return err == nil && os.SameFile(first, second)
}

// hasSameContent reports whether the postgres user reads the same size and the
// same bytes at both ends of the file. It returns false if that fails.
func (p *pod) hasSameContent(ctx context.Context, l localFile, inside string) bool {
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

// copyIn streams the file through the engine's API to a volume, because the
// container's own layer may be slow.
func (p *pod) copyIn(ctx context.Context, l localFile) error {
	r, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := writeTar(w, l)
		w.CloseWithError(err)
		packed <- err
	}()
	_, err := p.client.CopyToContainer(ctx, p.id, client.CopyToContainerOptions{DestinationPath: insideCopy, Content: r})
	r.CloseWithError(io.ErrClosedPipe) // ends writeTar if the engine has stopped reading
	if perr := <-packed; perr != nil && !errors.Is(perr, io.ErrClosedPipe) {
		return localError{perr}
	}
	return err
}

// localError is an error of this machine, not of the engine.
type localError struct{ error }

func (e localError) Unwrap() error { return e.error }

// writeTar writes an archive with one file.
func writeTar(w io.Writer, l localFile) error {
	t := tar.NewWriter(w)
	if err := addFile(t, l.name(), l); err != nil {
		return err
	}
	return t.Close()
}
