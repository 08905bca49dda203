package inspect

import (
	"archive/tar"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

const tocName = "toc.dat"

// readTar walks a tar to its end: pg_dump's own format, whose first member is
// its table of contents, or a directory dump that somebody packed. Its rows are not read.
func readTar(f *feed, k *catalog) error {
	t := tar.NewReader(f)
	var promised []string
	present := map[string]bool{}
	for {
		h, err := t.Next()
		if err == io.EOF {
			return tarEnd(k, promised, present)
		}
		if err != nil {
			return tarError(err)
		}
		if path.Base(h.Name) != tocName || k.c.Format != "" {
			present[member(h.Name)] = len(present) < maxNames
			continue
		}
		k.c.Format = Directory
		if len(present) == 0 {
			k.c.Format = Tar
		}
		if promised, err = readToc(newFeed(t), k); err != nil {
			return err
		}
	}
}

// member is the name under which the table of contents knows a file.
func member(name string) string {
	name = path.Base(name)
	for _, suffix := range []string{".gz", ".lz4", ".zst"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

func tarEnd(k *catalog, promised []string, present map[string]bool) error {
	if k.c.Format == "" {
		return outcome.Fail(outcome.NotADump, "not a dump: it is a tar archive without a %s", tocName)
	}
	var missing []string
	for _, name := range promised {
		if !present[member(name)] {
			missing = append(missing, clean(name))
		}
	}
	if len(missing) > 0 {
		return outcome.Fail(outcome.DumpTruncated, "the tar archive lacks %s of data: %s",
			plural(len(missing), "file", "files"), some(missing))
	}
	return nil
}

// readToc reads a table of contents that is a file of its own, and tells which
// files hold the data.
func readToc(f *feed, k *catalog) ([]string, error) {
	if !hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return nil, outcome.Fail(outcome.DumpCorrupt, "%s in the tar archive is not pg_dump's", tocName)
	}
	a := newArchive(f, k, &budget{})
	if a.head() {
		a.entries()
	}
	if f.broken() != nil && a.err != nil {
		return nil, tarError(f.broken())
	}
	return a.files, a.err
}

func tarError(err error) error {
	switch {
	case isFailure(err):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return outcome.Fail(outcome.DumpTruncated, "the tar archive ends early")
	}
	return outcome.Fail(outcome.DumpCorrupt, "the tar archive is damaged: %w", err)
}
