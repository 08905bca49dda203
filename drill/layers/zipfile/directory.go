package zipfile

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Signatures of the format, see PKWARE's APPNOTE.
const (
	localHeader    = "PK\x03\x04"
	endOfDirectory = "PK\x05\x06"
	splitMarker    = "PK\x07\x08" // begins the first part of a split archive
	unsplitMarker  = "PK00"       // begins an archive that was to be split and needed one part
	zip64Locator   = "PK\x06\x07"
	zip64End       = "PK\x06\x06"

	endSize     = 22 // of the end of the central directory, without its comment
	locatorSize = 20
	zip64Size   = 56
	tailSize    = 65 << 10 // in which the end of the central directory is searched, as archive/zip does

	// maxDirectory bounds the memory: archive/zip holds about 300 bytes for each of its
	// entries, which have 46 bytes at least. It is enough for 250,000 ordinary files.
	maxDirectory = 32 << 20
	maxEntries   = maxDirectory / 46
)

// Archive is an archive whose central directory was read.
type Archive struct {
	zip      *zip.Reader
	byName   map[string][]*zip.File // the regular files
	in       *input
	trailing int64 // bytes after its end
}

// Trailing returns how many bytes follow the end of the archive.
func (a *Archive) Trailing() int64 { return a.trailing }

// Read reads the central directory of an archive of size bytes. It returns stream_truncated
// if the end of the archive is missing, stream_corrupt if its central directory is damaged,
// and format_unsupported for a part of a split archive or a central directory that is too
// large. Errors of r are returned as they are.
func Read(r io.ReaderAt, size int64) (*Archive, error) {
	a := &Archive{in: &input{r: r, size: size, left: maxDirectory + 4*tailSize}}
	if err := a.readEnd(size); err != nil {
		return nil, err
	}
	var err error
	a.zip, err = zip.NewReader(a.in, size)
	switch {
	case a.in.err != nil:
		return nil, a.in.err
	case err != nil && !errors.Is(err, zip.ErrInsecurePath): // names are never paths here
		return nil, a.fail(err, "read zip: the central directory")
	}
	a.in.left, a.byName = -1, map[string][]*zip.File{}
	for _, f := range a.zip.File {
		if isFile(f) {
			a.byName[f.Name] = append(a.byName[f.Name], f)
		}
	}
	return a, nil
}

// readEnd finds the end of the central directory, and refuses parts of split archives.
func (a *Archive) readEnd(size int64) error {
	tail := make([]byte, min(size, tailSize))
	n, err := a.in.ReadAt(tail, size-int64(len(tail)))
	if a.in.err != nil {
		return a.in.err
	}
	if n < len(tail) {
		return outcome.Fail(outcome.StreamTruncated, "read zip: the file is shorter than %d bytes: %w", size, err)
	}
	at := findEnd(tail)
	if at < 0 {
		return a.errNoEnd(size)
	}
	end := tail[at:]
	if isSplit(tail, at) {
		return errSplit()
	}
	a.trailing = int64(len(end)) - endSize - int64(binary.LittleEndian.Uint16(end[endSize-2:]))
	return a.checkEntries(locator(tail, at))
}

// checkEntries refuses a number of entries for which archive/zip would allocate too much
// memory, before it reads the first of them.
func (a *Archive) checkEntries(locator []byte) error {
	if locator == nil {
		return nil // at most 65,535
	}
	end := make([]byte, zip64Size)
	n, _ := a.in.ReadAt(end, int64(binary.LittleEndian.Uint64(locator[8:])))
	switch {
	case a.in.err != nil:
		return a.in.err
	case n < len(end), !bytes.HasPrefix(end, []byte(zip64End)): // which archive/zip does not use either
		return nil
	case binary.LittleEndian.Uint64(end[32:]) > maxEntries:
		return errTooLarge()
	}
	return nil
}

// locator returns the locator of zip64's end of the central directory; nil if there is none.
func locator(tail []byte, at int) []byte {
	if at < locatorSize || !bytes.HasPrefix(tail[at-locatorSize:], []byte(zip64Locator)) {
		return nil
	}
	return tail[at-locatorSize : at]
}

// findEnd returns the position of the end of the central directory; -1 if there is none.
func findEnd(tail []byte) int {
	for at := len(tail) - endSize; at >= 0; at-- {
		if bytes.HasPrefix(tail[at:], []byte(endOfDirectory)) {
			if comment := int(binary.LittleEndian.Uint16(tail[at+endSize-2:])); at+endSize+comment > len(tail) {
				return -1
			}
			return at
		}
	}
	return -1
}

// isSplit reports whether the archive has more than one part.
func isSplit(tail []byte, at int) bool {
	const inZip64 = 0xffff
	for _, field := range []int{4, 6} { // the part that this is, and the one where the directory begins
		if disk := binary.LittleEndian.Uint16(tail[at+field:]); disk != 0 && disk != inZip64 {
			return true
		}
	}
	l := locator(tail, at)
	return l != nil && binary.LittleEndian.Uint32(l[16:]) > 1
}

// errNoEnd returns the Failure for a file without an end of the central directory.
func (a *Archive) errNoEnd(size int64) error {
	head := make([]byte, min(size, int64(len(localHeader))))
	n, _ := a.in.ReadAt(head, 0)
	switch head = head[:n]; {
	case a.in.err != nil:
		return a.in.err
	case string(head) == splitMarker:
		return errSplit()
	case bytes.HasPrefix([]byte("PK"), head[:min(n, 2)]): //nolint:gocritic // a beginning of the magic is enough
		return outcome.Fail(outcome.StreamTruncated, "read zip: the end of the archive is missing")
	}
	return outcome.Fail(outcome.StreamCorrupt, "read zip: the file is not a zip archive")
}

func errSplit() error {
	return outcome.Fail(outcome.FormatUnsupported, "read zip: the file is one part of a split archive").
		WithHint("make the archive in one part, without zip -s")
}

func errTooLarge() error {
	return outcome.Fail(outcome.FormatUnsupported, "read zip: the central directory is larger than %d MiB", maxDirectory>>20).
		WithHint("back up the database in an archive of its own, without hundreds of thousands of other files")
}

// fail returns the Failure for an error of archive/zip.
func (a *Archive) fail(err error, format string, args ...any) error {
	switch {
	case a.in.err != nil:
		return a.in.err
	case a.in.left == 0:
		return errTooLarge()
	}
	return outcome.Fail(outcome.StreamCorrupt, format+": %w", append(args, plainly(err))...)
}

// plainly returns an error of archive/zip in words of its own.
func plainly(err error) error {
	switch {
	case errors.Is(err, zip.ErrFormat):
		return errors.New("it is damaged")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("it ends early")
	}
	return err
}

// input remembers the first error of r, and bounds where and how many bytes are read: the
// positions in an archive are untrusted, and one outside of it is not an error of r.
type input struct {
	r    io.ReaderAt
	size int64
	err  error
	left int64 // bytes that may still be read; negative: any number
}

var errTooMuch = errors.New("too many bytes")

func (in *input) ReadAt(p []byte, off int64) (int, error) {
	switch {
	case in.err != nil:
		return 0, in.err
	case off < 0 || off > in.size:
		return 0, io.EOF
	}
	if in.left >= 0 {
		if in.left -= int64(len(p)); in.left <= 0 {
			in.left = 0
			return 0, errTooMuch
		}
	}
	n, err := in.r.ReadAt(p, off)
	if err != nil && err != io.EOF { //nolint:errorlint // an error that wraps io.EOF is still an error
		in.err = err
	}
	return n, err
}
