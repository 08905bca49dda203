package docker

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/moby/moby/client"
)

// placeDirectory makes a directory of files readable in the Postgres container. One that is
// in the mounted work directory is not copied if the postgres user can read the same bytes
// there.
func (p *pod) placeDirectory(ctx context.Context, dir string) (inside string, err error) {
	files, err := filesOf(dir)
	if err != nil {
		return "", fmt.Errorf("place %s in the sandbox: %w", dir, err)
	}
	if p.mounted {
		if inside, ok := p.shareDirectory(dir, files); ok && p.haveSameContent(ctx, files, inside) {
			return inside, nil
		}
	}
	if err := p.copyDirectory(ctx, dir, files); err != nil {
		return "", p.copyError(ctx, dir, err)
	}
	inside = path.Join(insideCopy, filepath.Base(dir))
	if !p.haveSameContent(ctx, files, inside) {
		return "", p.copyError(ctx, dir, errors.New("the copy differs from the files"))
	}
	return inside, nil
}

func filesOf(dir string) ([]localFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []localFile
	for _, e := range entries {
		l, err := inspectFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, l)
	}
	if len(files) == 0 {
		return nil, errors.New("it has no files")
	}
	return files, nil
}

// shareDirectory returns the path in the container of a directory of the run.
func (p *pod) shareDirectory(dir string, files []localFile) (inside string, ok bool) {
	for _, l := range files {
		if _, ok := p.share(l); !ok {
			return "", false
		}
	}
	root, err := filepath.EvalSymlinks(p.spec.WorkDir)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(root, filepath.Dir(files[0].path))
	if err != nil || !filepath.IsLocal(rel) || os.Chmod(dir, 0o755) != nil { // its parent is private
		return "", false
	}
	return path.Join(insideWork, filepath.ToSlash(rel)), true
}

// maxCompared is how many files of a directory are compared.
const maxCompared = 5

func (p *pod) haveSameContent(ctx context.Context, files []localFile, inside string) bool {
	for _, l := range files[:min(len(files), maxCompared)] {
		if !p.hasSameContent(ctx, l, path.Join(inside, l.name())) {
			return false
		}
	}
	return true
}

// copyDirectory streams the files through the engine's API to a volume.
func (p *pod) copyDirectory(ctx context.Context, dir string, files []localFile) error {
	r, w := io.Pipe()
	packed := make(chan error, 1)
	go func() {
		err := writeTarOf(w, filepath.Base(dir), files)
		w.CloseWithError(err)
		packed <- err
	}()
	_, err := p.client.CopyToContainer(ctx, p.id, client.CopyToContainerOptions{DestinationPath: insideCopy, Content: r})
	r.CloseWithError(io.ErrClosedPipe) // ends writeTarOf if the engine has stopped reading
	if perr := <-packed; perr != nil && !errors.Is(perr, io.ErrClosedPipe) {
		return localError{perr}
	}
	return err
}

// writeTarOf writes an archive with one directory of files.
func writeTarOf(w io.Writer, dir string, files []localFile) error {
	t := tar.NewWriter(w)
	if err := t.WriteHeader(&tar.Header{Name: dir + "/", Typeflag: tar.TypeDir, Mode: 0o755, Format: tar.FormatPAX}); err != nil {
		return err
	}
	for _, l := range files {
		if err := addFile(t, path.Join(dir, l.name()), l); err != nil {
			return err
		}
	}
	return t.Close()
}

func addFile(t *tar.Writer, name string, l localFile) error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // was only read
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o444, Size: l.size, Format: tar.FormatPAX}); err != nil {
		return err
	}
	if _, err := io.CopyN(t, f, l.size); err != nil {
		return fmt.Errorf("read %s: %w", l.path, err)
	}
	return nil
}
