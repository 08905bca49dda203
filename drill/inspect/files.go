package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/pierrec/lz4/v4"

	"github.com/drillgres/drillgres/drill/dumpfile"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// files reads a dump in pg_dump's tar or directory format. Its files come in any order:
// rows may come before the table of contents that says of which table they are.
type files struct {
	stream *layers.Stream
	k      *catalog
	spent  *layers.Budget
	f      *feed

	toc       *archive
	promised  map[string]*block // by the name of the file, without its compression
	seen      map[string]fileRows
	taken     map[string]bool // the names of all files so far, without their compression
	objects   map[string]largeObject
	listed    bool  // a list of large objects is there
	size      int64 // of all files as they are stored, in bytes
	script    bool  // the last file of the tar format is there
	last      lastBytes
	statement statementEnd
}

// fileRows is what was read of a file of rows.
type fileRows struct {
	copyText
	blank bool // nothing but line feeds follows the end of the rows
	lined bool // an empty line is at the end of the file, behind a statement
}

// largeObject is what was seen of the file of a large object.
type largeObject struct {
	listed, read bool
}

// readFiles reads all files of a dump.
func readFiles(stream *layers.Stream, k *catalog, spent *layers.Budget) (err error) {
	from := stream.Files
	r := &files{
		stream: stream, k: k, spent: spent, f: newFeed(nil, feedBuffer),
		promised: map[string]*block{}, seen: map[string]fileRows{}, taken: map[string]bool{}, objects: map[string]largeObject{},
	}
	k.c.Format = Format(from.Format)
	defer func() { k.c.DecodedBytes = r.size }()
	for {
		file, err := from.Next()
		if err == io.EOF { //nolint:errorlint // an error of the source may wrap it
			return r.end()
		}
		if err == nil {
			r.size += file.Size
			err = r.take(file)
		}
		switch {
		case err != nil:
			return err
		case k.full:
			return k.checkMemory()
		}
	}
}

// take reads one file.
func (r *files) take(file layers.File) error {
	name := dumpfile.Bare(path.Base(file.Name))
	if r.taken[name] && dumpfile.Is(name) {
		return outcome.Fail(outcome.MemberAmbiguous, "the dump has its file %s twice", shownFile(name)).
			WithHint("dump into an empty directory, and pack it into a new archive: appending keeps the old files beside the new ones")
	}
	if r.k.reserve(name) {
		r.taken[name] = true
	}
	switch {
	case file.Name == dumpfile.Script:
		r.script = true
	case name == dumpfile.Contents:
		return outerError(file, r.readToc(file))
	case dumpfile.IsObjectList(name):
		return r.readFile(file, func() error { return r.readObjects(name) })
	case dumpfile.IsRows(name):
		return r.readFile(file, func() error { return r.readRows(name) })
	case dumpfile.IsObject(name):
		return r.readFile(file, func() error { return r.readObject(name) })
	}
	return nil
}

// readToc reads the table of contents.
func (r *files) readToc(file layers.File) error {
	content, done, err := unpackFile(file)
	if err != nil {
		return r.fileFailure(err, file.Name)
	}
	defer done()
	f := newFeed(&meteredReader{r: content, spent: r.spent}, feedBuffer)
	if !hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		if f.brokenErr() != nil {
			return r.fileFailure(f.brokenErr(), file.Name)
		}
		return outcome.Fail(outcome.DumpCorrupt, "its %s is not a table of contents of pg_dump", dumpfile.Contents)
	}
	a := newArchive(f, r.k, r.spent)
	if a.readHeader() {
		a.readEntries()
	}
	if broken := f.brokenErr(); broken != nil && a.err != nil {
		return r.fileFailure(broken, file.Name)
	}
	r.toc, r.promised = a, a.byFile
	for name, rows := range r.seen { // those that came before
		if b := r.promised[name]; b != nil && a.err == nil {
			a.err = r.addRows(name, b, rows)
		}
	}
	return withOffsetIn(a.err, "its "+dumpfile.Contents)
}

// readFile opens a file and calls read with its content in r.f. The file must end where
// its compressed stream ends.
func (r *files) readFile(file layers.File, read func() error) error {
	content, done, err := unpackFile(file)
	if err == nil {
		defer done()
		r.last, r.statement = lastBytes{}, statementEnd{}
		seen := io.Writer(&r.last)
		if r.toc == nil {
			seen = io.MultiWriter(&r.last, &r.statement)
		}
		r.f.reset(&meteredReader{r: io.TeeReader(content, seen), spent: r.spent})
		err = read()
		for w := r.f.window(); len(w) > 0 && err == nil; w = r.f.window() {
			r.f.skip(len(w))
		}
		if broken := r.f.brokenErr(); broken != nil {
			err = broken
		}
	}
	return r.fileFailure(outerError(file, err), file.Name)
}

// outerError returns the error of the encryption of a file, which comes last, or else err,
// which it may have caused.
func outerError(file layers.File, err error) error {
	if err == nil {
		return nil
	}
	if _, outer := io.Copy(io.Discard, file); isFailure(outer) && StreamLevel(outer) {
		return outer
	}
	return err
}

// unpackFile returns the content of a file, by its name as pg_restore does.
func unpackFile(file layers.File) (content io.Reader, done func(), err error) {
	br := bufio.NewReaderSize(file, sourceBuffer)
	done = func() {}
	switch dumpfile.Compression(file.Name) {
	case ".gz":
		if _, err := br.Peek(1); err == io.EOF { //nolint:errorlint // the file's own end
			return nil, nil, io.ErrUnexpectedEOF
		}
		content, err = gzip.NewReader(br)
	case ".lz4":
		content = lz4.NewReader(br)
	case ".zst":
		z, e := newZstd(br)
		if content, err = z, e; e == nil {
			done = z.Close
		}
	default:
		content = br
	}
	return content, done, err
}

// fileFailure names the file of a failure. A decoder's error is the dump's, unless something
// further outside caused it.
func (r *files) fileFailure(err error, name string) error {
	outer := r.stream.Failed()
	var f *outcome.Failure
	switch {
	case outer != nil:
		return outer
	case err == nil:
		return nil
	case errors.As(err, &f):
		if isDumpLevel(err) && f.Code != outcome.DumpHostile && f.Code != outcome.NotADump {
			f.Err = fmt.Errorf("%w, in its file %s", f.Err, shownFile(name))
		}
		return err
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return outcome.Fail(outcome.DumpTruncated, "the compressed stream of its file %s ends early", shownFile(name))
	}
	return outcome.Fail(outcome.DumpCorrupt, "its file %s does not decode: %w", shownFile(name), err)
}

// readRows reads the rows of a table.
func (r *files) readRows(name string) error {
	if !r.k.reserve(name) {
		return nil
	}
	r.f.asText()
	b := r.promised[name]
	if b != nil && !b.copied {
		r.toc.data, b.read = nil, true
		r.seen[name] = fileRows{}
		if err := r.readInserts(b); err != nil {
			return err
		}
		if broken := r.f.brokenErr(); broken != nil {
			return broken
		}
		return checkEnd(name, b, r.last.isEmptyLine())
	}
	var watched *watchedRows
	if b != nil {
		watched = r.k.watchRows(b.table)
	}
	rows := fileRows{copyText: readRows(r.f, watched, func(int64) {})}
	if b != nil {
		r.k.table(b.table).addNewest(watched.times())
	}
	rows.blank = skipBlank(r.f)
	rows.lined = r.last.isEmptyLine() && (r.toc != nil || r.statement.isEnd())
	if broken := r.f.brokenErr(); broken != nil {
		return broken
	}
	r.seen[name] = rows
	if b == nil {
		return nil
	}
	return r.addRows(name, b, rows)
}

// readInserts reads rows that were dumped as INSERTs.
func (r *files) readInserts(b *block) error {
	r.k.table(b.table).addData(0, 0)
	s := newScript(r.f, r.k)
	s.fragment, s.lexer.NonStandard = true, r.toc.sql.lexer.NonStandard
	r.k.path = newSearchPath([]string{b.table.Schema})
	if err := s.run(); err != nil {
		return outcome.Fail(outcome.DumpCorrupt, "the archive is damaged: the rows of %s: %w", b.name, err)
	}
	return nil
}

// addRows adds the rows of a file to the table that the table of contents names.
// pg_restore accepts a file without the end of its rows. INSERTs are counted only if their
// table was known when they were read.
func (r *files) addRows(name string, b *block, rows fileRows) error {
	if b.read = true; !b.copied {
		r.k.table(b.table).addData(-1, 0)
		return checkEnd(name, b, rows.lined)
	}
	if err := checkEnd(name, b, rows.closed && rows.blank); err != nil {
		return err
	}
	b.size = rows.size
	r.k.table(b.table).addData(rows.rows, rows.size)
	return nil
}

// readObjects reads a list of large objects: a number and the name of a file in each line.
func (r *files) readObjects(list string) error {
	r.seen[list], r.listed = fileRows{}, true
	empty := true
	for len(r.f.window()) > 0 {
		line, whole := readLine(r.f)
		_, name, ok := strings.Cut(line, " ")
		name = dumpfile.Bare(path.Base(name))
		if !whole || !ok || !dumpfile.IsObject(name) {
			return outcome.Fail(outcome.DumpCorrupt, "the list of large objects cannot be read")
		}
		if !r.k.reserve(name) {
			return nil
		}
		o := r.objects[name]
		o.listed = true
		r.objects[name] = o
		r.k.c.LargeObjects++
		empty = false
	}
	if empty && r.f.brokenErr() == nil { // pg_dump writes no list without large objects
		return outcome.Fail(outcome.DumpTruncated, "the list of large objects is empty")
	}
	return nil
}

// maxLine bounds a line of a list of large objects, in bytes.
const maxLine = 256

func readLine(f *feed) (line string, whole bool) {
	b := f.peek(maxLine)
	i := bytes.IndexByte(b, '\n')
	line = string(b[:indexOrEnd(b, i)])
	f.skip(min(len(b), len(line)+1))
	return line, i >= 0
}

// readObject reads a large object to its end.
func (r *files) readObject(name string) error {
	if r.k.reserve(name) {
		o := r.objects[name]
		o.read = true
		r.objects[name] = o
	}
	return nil
}

// end fails if files are missing.
func (r *files) end() error {
	if r.toc == nil {
		return outcome.Fail(outcome.DumpTruncated, "the dump lacks its table of contents (%s)", dumpfile.Contents)
	}
	var missing []string
	for _, name := range r.toc.files {
		name = dumpfile.Bare(path.Base(name))
		_, ok := r.seen[name]
		if r.promised[name] == nil && !dumpfile.IsObjectList(name) { // the tar format has another name for the list of large objects
			ok = r.listed
		}
		if !ok {
			missing = append(missing, shownFile(name))
		}
	}
	var unlisted []string // pg_restore leaves them out, and succeeds
	for name, o := range r.objects {
		switch {
		case !o.read:
			missing = append(missing, shownFile(name))
		case !o.listed:
			unlisted = append(unlisted, shownFile(name))
		}
	}
	switch {
	case len(missing) > 0:
		return outcome.Fail(outcome.DumpTruncated, "the dump lacks %s with data: %s", words.Count(len(missing), "file"), words.List(missing, maxListed))
	case len(unlisted) > 0:
		slices.Sort(unlisted)
		return outcome.Fail(outcome.DumpTruncated, "the list of large objects lacks %s that the dump has: %s", words.Count(len(unlisted), "file"), words.List(unlisted, maxListed))
	case r.k.c.Format == Tar && !r.script:
		return outcome.Fail(outcome.DumpTruncated, "the tar archive lacks its last file, %s", dumpfile.Script)
	case r.k.c.Format == Directory:
		r.toc.noteBlocks()
		r.toc.placeBlocks()
	}
	return nil
}

// shownFile returns the name of a file for a message. In a damaged archive any text may
// be in its place.
func shownFile(name string) string {
	if !dumpfile.Is(name) {
		return "a file"
	}
	return name
}
