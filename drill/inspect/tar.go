package inspect

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const tocName = "toc.dat"

// readTar reads a tar archive to its end: the tar format of pg_dump, which begins with
// the table of contents, or a packed directory dump. It does not read the rows.
func readTar(f *feed, k *catalog) error {
	tail := &zeroCounter{r: f}
	t := tar.NewReader(tail)
	var promised []string
	present := map[string]bool{}
	for {
		h, err := t.Next()
		if err == io.EOF { //nolint:errorlint // an error of the source may wrap it
			return checkTarEnd(tail, k, promised, present)
		}
		if err != nil {
			return tarError(err, f.offset())
		}
		if path.Base(h.Name) != tocName || k.c.Format != "" {
			if !k.reserve(h.Name) {
				return k.checkMemory()
			}
			present[memberName(h.Name)] = true
			continue
		}
		k.c.Format = Directory
		if len(present) == 0 {
			k.c.Format = Tar
		}
		if promised, err = readToc(newFeed(t, feedBuffer), k); err != nil {
			return err
		}
	}
}

// memberName returns the name of a file as in the table of contents.
func memberName(name string) string {
	name = path.Base(name)
	for _, suffix := range []string{".gz", ".lz4", ".zst"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// zeroCounter counts the zero bytes at the end of its stream. A tar archive ends with
// 1024 of them, which archive/tar does not check.
type zeroCounter struct {
	r     io.Reader
	zeros int
}

const tarTrailer = 1024

func (z *zeroCounter) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if trimmed := len(bytes.TrimRight(p[:n], "\x00")); trimmed > 0 {
		z.zeros = n - trimmed
	} else {
		z.zeros += n
	}
	return n, err
}

func checkTarEnd(tail *zeroCounter, k *catalog, promised []string, present map[string]bool) error {
	if k.c.Format == "" {
		return outcome.Fail(outcome.NotADump, "not a dump: it is a tar archive without %s", tocName)
	}
	if _, err := io.Copy(io.Discard, tail); err != nil {
		return tarError(err, 0)
	}
	var missing []string
	for _, name := range promised {
		if !present[memberName(name)] {
			missing = append(missing, clean(name))
		}
	}
	if len(missing) > 0 {
		return outcome.Fail(outcome.DumpTruncated, "the tar archive lacks %s with data: %s",
			words.Count(len(missing), "file"), words.List(missing, maxListed))
	}
	if tail.zeros < tarTrailer {
		return outcome.Fail(outcome.DumpTruncated, "the tar archive ends early: its trailer is missing")
	}
	return nil
}

// readToc reads a table of contents that is a separate file. It returns the names of
// the files with the data.
func readToc(f *feed, k *catalog) ([]string, error) {
	if !hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return nil, outcome.Fail(outcome.DumpCorrupt, "%s in the tar archive is not a table of contents of pg_dump", tocName)
	}
	a := newArchive(f, k, &budget{})
	if a.readHeader() {
		a.readEntries()
	}
	if f.brokenErr() != nil && a.err != nil {
		return nil, tarError(f.brokenErr(), 0)
	}
	return a.files, withOffsetIn(a.err, "its "+tocName)
}

// tarError returns the Failure for an error of the tar reader at an offset; 0: the
// offset is unknown.
func tarError(err error, at int64) error {
	switch {
	case isFailure(err):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		f := outcome.Fail(outcome.DumpTruncated, "the tar archive ends early")
		f.Offset = at
		return f
	}
	return outcome.Fail(outcome.DumpCorrupt, "the tar archive is damaged: %w", err)
}
