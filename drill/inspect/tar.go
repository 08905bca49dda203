package inspect

import (
	"archive/tar"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

const tocName = "toc.dat"

// readTar reads a tar archive to its end: the tar format of pg_dump, which begins with
// the table of contents, or a packed directory dump. It does not read the rows.
func readTar(f *feed, k *catalog) error { return readMembers(f, k, newMembers()) }

func readMembers(f *feed, k *catalog, seen *members) error {
	tail := &zeroCounter{r: f}
	t := tar.NewReader(tail)
	for {
		h, err := t.Next()
		switch {
		case err == io.EOF: //nolint:errorlint // an error of the source may wrap it
			return checkTarEnd(tail, k, seen)
		case errors.Is(err, tar.ErrHeader) && k.c.Format == "" && seen.files > 0:
			return seen.unopened() // of a kind that this reader does not know, or damaged
		case err != nil:
			return tarError(err, f.offset())
		case path.Base(h.Name) != tocName || k.c.Format != "":
			if seen.add(h, k); k.full {
				return k.checkMemory()
			}
			continue
		}
		k.c.Format = Directory
		if seen.files == 0 {
			k.c.Format = Tar
		}
		if seen.promised, err = readToc(newFeed(t, feedBuffer), k); err != nil {
			return err
		}
	}
}

// members holds what the names of the files in a tar archive show.
type members struct {
	present  map[string]bool // files of rows
	promised []string        // by the table of contents
	files    int
	dumps    int    // files with a name like a dump's
	physical string // the first part of a physical backup
}

func newMembers() *members { return &members{present: map[string]bool{}} }

func (m *members) add(h *tar.Header, k *catalog) {
	if h.Typeflag != tar.TypeReg {
		return
	}
	m.files++
	if name := memberName(h.Name); isRowFile(name) && k.reserve(name) {
		m.present[name] = true
	}
	m.physical = cmp.Or(m.physical, physicalMember(h.Name))
	if isDumpName(path.Base(h.Name)) {
		m.dumps++
	}
}

// unopened returns the Failure for an archive that is not one of pg_dump. This version
// does not open its files, so they prove nothing.
func (m *members) unopened() error {
	if m.physical != "" {
		return physicalBackup(m.physical + " in a tar archive")
	}
	what := "a tar archive of " + words.Count(m.files, "file")
	if m.dumps > 0 {
		what += fmt.Sprintf(", %d of them with the name of a dump", m.dumps)
	}
	return unopened(what)
}

// rowFile matches the files of rows that pg_dump writes, without their compression.
var rowFile = regexp.MustCompile(`^[0-9]+[.]dat$`)

func isRowFile(name string) bool { return rowFile.MatchString(name) }

// isDumpName reports whether a file has a suffix that people give to dumps.
func isDumpName(base string) bool {
	for _, part := range strings.Split(base, ".")[1:] {
		switch strings.ToLower(part) {
		case "sql", "dump", "pgdump", "psql", "dmp":
			return true
		}
	}
	return false
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

func checkTarEnd(tail *zeroCounter, k *catalog, seen *members) error {
	if k.c.Format == "" {
		return seen.unopened()
	}
	if _, err := io.Copy(io.Discard, tail); err != nil {
		return tarError(err, 0)
	}
	var missing []string
	for _, name := range seen.promised {
		if name = memberName(name); !seen.present[name] {
			missing = append(missing, shownRowFile(name))
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

// shownRowFile returns the name of a file of rows for a message. In a damaged archive
// any text may be in its place.
func shownRowFile(name string) string {
	if !isRowFile(name) {
		return "a file"
	}
	return name
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
	return outcome.Fail(outcome.DumpCorrupt, "the tar archive is damaged: a header cannot be read")
}
