package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/work"
)

// fetchDirectory fetches the files of a dump in directory format, one after the other, into
// dir or in place, and then reads the dump.
func (f Fetcher) fetchDirectory(ctx context.Context, b locate.Backup, dir string, p outcome.Progress) (File, error) {
	local, inPlace := b.Source.(locate.LocalPath)
	if inPlace {
		dir = local.LocalPath(b.Object)
	} else if err := os.Mkdir(dir, 0o755); err != nil {
		return File{}, work.WriteFailure("write "+dir, err)
	}
	members := slices.Clone(b.Members)
	slices.SortFunc(members, func(a, b locate.Object) int { return cmp.Compare(a.Key, b.Key) })
	file, sums := File{Path: dir}, sha256.New()
	keep := f
	keep.Scan = func(_ context.Context, r io.Reader) (inspect.Contents, error) {
		_, err := io.Copy(io.Discard, r)
		return inspect.Contents{}, err
	}
	for _, o := range members {
		name := path.Base(o.Key)
		if !dumpfile.Is(name) {
			continue
		}
		one := locate.Backup{Object: o, Source: b.Source, URI: b.Source.URI(o)}
		done := file.Size
		got, err := keep.fetchFile(ctx, one, filepath.Join(dir, name), func(read, _ int64) { p.Report(done+read, b.Size) })
		if err != nil {
			return file, err
		}
		file.Size += got.Size
		fmt.Fprintf(sums, "%s  %s\n", got.SHA256, name)
	}
	file.SHA256 = hex.EncodeToString(sums.Sum(nil))
	contents, scanned := f.ScanDirectory(ctx, dir)
	file.Contents = contents
	if ctx.Err() != nil {
		return file, context.Cause(ctx)
	}
	return file, checkContent(b, &file, scanned)
}

// fetchFile fetches one file: to path, or in place.
func (f Fetcher) fetchFile(ctx context.Context, b locate.Backup, path string, p outcome.Progress) (File, error) {
	if local, ok := b.Source.(locate.LocalPath); ok {
		return f.readInPlace(ctx, b, local.LocalPath(b.Object), p)
	}
	if b.Size == 0 { // nothing to ask for
		return emptyFile(path)
	}
	return f.forSource(b).fetchCopy(ctx, b, path, p)
}

func emptyFile(path string) (File, error) {
	disk, err := createCopy(path)
	if err != nil {
		return File{}, work.WriteFailure("write "+path, err)
	}
	sum := sha256.Sum256(nil)
	return File{Path: path, SHA256: hex.EncodeToString(sum[:])}, work.WriteFailure("write "+path, disk.Close())
}
