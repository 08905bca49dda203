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

// readTar walks a tar to its end: pg_dump's own format, whose first member is
// its table of contents, or a directory dump that somebody packed. Its rows are not read.
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

// member is the name under which the table of contents knows a file.
func memberName(name string) string {
	name = path.Base(name)
	for _, suffix := range []string{".gz", ".lz4", ".zst"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// zeroTail counts the zero bytes at the end of what it reads. A tar archive ends
// in 1024 of them, which Go's reader does not insist on.
type zeroCounter struct {
	r     io.Reader
	zeros int
}

const tarTrailer = 1024

func (z *zeroCounter) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if rest := len(bytes.TrimRight(p[:n], "\x00")); rest > 0 {
		z.zeros = n - rest
	} else {
		z.zeros += n
	}
	return n, err
}

func checkTarEnd(tail *zeroCounter, k *catalog, promised []string, present map[string]bool) error {
	if k.c.Format == "" {
		return outcome.Fail(outcome.NotADump, "not a dump: it is a tar archive without a %s", tocName)
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
		return outcome.Fail(outcome.DumpTruncated, "the tar archive lacks %s of data: %s",
			words.Count(len(missing), "file"), words.List(missing, maxListed))
	}
	if tail.zeros < tarTrailer {
		return outcome.Fail(outcome.DumpTruncated, "the tar archive ends early: its trailer is missing")
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
	if a.readHeader() {
		a.readEntries()
	}
	if f.brokenErr() != nil && a.err != nil {
		return nil, tarError(f.brokenErr(), 0)
	}
	return a.files, withOffsetIn(a.err, "its "+tocName)
}

// tarError names an error of the tar reader; at is where that had come to, 0 if
// it is not known.
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
