package inspect

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/snapshot"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// The archive versions with a known layout: from 1.10 of Postgres 8.4 to 1.16 of 17
// and 18. Source: pg_backup_archiver.c (ReadHead, ReadToc) and pg_backup_custom.c
// (_skipData).
const (
	oldestArchive = 10
	newestArchive = 16
)

// The format byte of an archive's header. The toc.dat of a directory states tar.
const (
	archiveCustom    = 1
	archiveTar       = 3
	archiveDirectory = 5
)

// The compression of data blocks.
const (
	packNone = 0
	packZlib = 1
	packLZ4  = 2
	packZstd = 3
)

// The state of an entry's offset.
const (
	offsetUnset = 1 // the archive was written to a pipe
	offsetSet   = 2
	offsetNone  = 3 // the entry has no data
)

// Span is a part of a stream, in bytes.
type Span struct{ At, Size int64 }

// walker reads a pg_dump archive in the order of the file: its header, its table of
// contents and the promised blocks of data, and records the offset of each. Only
// walker knows the layout. After a failure its methods return zero values; err holds
// the first failure.
type walker struct {
	f       *feed
	reserve func(names ...string) bool // accounts for memory; false: the memory is full
	err     error

	begin int64  // offset of the current block; 0: none
	about string // name of the current object, if it has one

	header
	text     []byte // the last string that was read
	promised map[int64]*block
	order    []*block // in the order of the table of contents
}

// header holds the header of an archive.
type header struct {
	version          string // "1.14"
	minor            int
	intSize, offSize int
	format, pack     byte
	taken            snapshot.Stated
	database         string
	server, dump     string // versions
}

// entry is one entry of the table of contents, without unused fields.
type entry struct {
	Span
	id, section            int64
	desc, tag, schema      string
	owner, space, copyStmt string
	definition             []byte
	dropped                bool // has a DROP statement; without one pg_restore sets no owner
	offset                 int64
	file                   string // with the data, in a directory or tar archive
	state                  byte   // of the offset
	data                   *block // promised by the entry; nil: none
}

func newWalker(f *feed, reserve func(names ...string) bool) *walker {
	return &walker{f: f, reserve: reserve, promised: map[int64]*block{}}
}

// readHeader reads the header. It returns false if the entries cannot be read. Of an
// unknown version of the format it reads only the version.
func (w *walker) readHeader() bool {
	w.f.skip(len(w.f.peek(len(archiveMagic))))
	major, minor := w.readByte(), w.readByte()
	w.readByte() // revision
	if w.err != nil {
		return false
	}
	w.version, w.minor = fmt.Sprintf("%d.%d", major, minor), int(minor)
	if !knownArchive(w.version) {
		return false
	}
	w.intSize, w.offSize, w.format = int(w.readByte()), int(w.readByte()), w.readByte()
	w.require(w.intSize >= 2 && w.intSize <= 8 && w.offSize >= 2 && w.offSize <= 16, "the sizes in its header are impossible")
	w.require(w.format == archiveCustom || w.format == archiveTar || w.format == archiveDirectory, "the format in its header is unknown")
	w.readCompression()
	w.taken = w.readTime()
	w.database = w.readString()
	w.server = versionNumber(w.readString())
	w.dump = versionNumber(w.readString())
	return w.err == nil
}

// knownArchive reports whether archives of this version can be read.
func knownArchive(v string) bool {
	var major, minor int
	_, err := fmt.Sscanf(v, "%d.%d", &major, &minor)
	return err == nil && major == 1 && minor >= oldestArchive && minor <= newestArchive
}

func (w *walker) readCompression() {
	if w.minor >= 15 {
		w.pack = w.readByte()
		w.require(w.pack <= packZstd, "the compression in its header is unknown")
		return
	}
	if level := w.readInt(); level != 0 {
		w.pack = packZlib
	}
}

// readTime reads a struct tm of the machine that ran pg_dump. The archive does not
// contain its time zone.
func (w *walker) readTime() snapshot.Stated {
	var v [7]int64
	for i := range v {
		v[i] = w.readInt()
	}
	sec, mins, hour, day, month, year, dst := v[0], v[1], v[2], v[3], v[4], v[5], v[6]
	if month < 0 || month > 11 || day < 1 || day > 31 || year < 70 || year > 8000 {
		return snapshot.Stated{}
	}
	s := snapshot.Stated{Clock: time.Date(int(year)+1900, time.Month(month+1), int(day), int(hour), int(mins), int(sec), 0, time.UTC)}
	switch {
	case dst > 0:
		s.DST = snapshot.DSTOn
	case dst == 0:
		s.DST = snapshot.DSTOff
	}
	return s
}

// entries yields every entry of the table of contents. A caller that stops early
// cannot read the blocks.
func (w *walker) entries() iter.Seq[*entry] {
	return func(yield func(*entry) bool) {
		n := w.readInt()
		w.require(n >= 0, "it has a negative number of entries")
		for i := int64(0); i < n && w.err == nil; i++ {
			if e := w.readEntry(); w.err != nil || !yield(e) {
				return
			}
		}
	}
}

// readEntry reads one entry, field by field in the order of the file.
func (w *walker) readEntry() *entry {
	e := &entry{Span: Span{At: w.f.offset()}, id: w.readInt()}
	w.require(e.id > 0, "an entry has an impossible number")
	w.readInt()   // whether it has data, which the state of its offset also says
	w.readBytes() // table's oid
	w.readBytes() // object's oid
	e.tag, e.desc = w.readString(), w.readString()
	if w.minor >= 11 {
		e.section = w.readInt()
	}
	w.readBytes()
	e.definition = bytes.Clone(w.text)
	w.readBytes()
	e.dropped = len(w.text) > 0
	e.copyStmt, e.schema, e.space = w.readString(), w.readString(), w.readString()
	if w.minor >= 14 {
		w.readBytes() // table access method
	}
	if w.minor >= 16 {
		w.readInt() // kind of relation
	}
	e.owner = w.readString()
	w.readBytes()            // with oids
	for w.readDependency() { // numbers of other entries
	}
	w.readOffset(e)
	e.Size = w.f.offset() - e.At
	if w.err == nil && e.state != offsetNone {
		w.addBlock(e)
	}
	return e
}

// readDependency reads one number of a list that ends with a missing string.
func (w *walker) readDependency() bool {
	return w.readBytes() && w.err == nil
}

// readOffset reads the offset of the entry's data. In a directory or tar archive it
// reads the name of a file instead.
func (w *walker) readOffset(e *entry) {
	if w.format != archiveCustom {
		e.state = offsetNone
		if w.readBytes() && len(w.text) > 0 {
			e.state = offsetUnset
			e.file = string(w.text)
		}
		return
	}
	e.state = w.readByte()
	var high byte
	for i := range w.offSize {
		b := w.readByte()
		if i < 8 {
			e.offset |= int64(b) << (8 * i)
			continue
		}
		high |= b
	}
	w.require(w.err != nil || e.state >= offsetUnset && e.state <= offsetNone && high == 0 && e.offset >= 0,
		"an entry has an impossible offset")
}

// addBlock records that the block of an entry must follow.
func (w *walker) addBlock(e *entry) {
	if w.promised[e.id] != nil {
		w.failCorrupt("two entries have the number %d", e.id)
		return
	}
	b := &block{id: e.id, offset: -1, name: shownKind(e.desc), rows: e.desc == "TABLE DATA"}
	if e.state == offsetSet {
		b.offset = e.offset
	}
	if b.rows {
		b.table = sqltext.Name{Schema: e.schema, Name: e.tag}
		b.name, b.object = plainName(b.table), objectName(b.table)
	}
	if !w.reserve(b.name, b.table.Schema, b.table.Name, e.file) {
		return
	}
	w.promised[e.id] = b
	w.order = append(w.order, b)
	e.data = b
}

// shownKind returns the kind of an entry for a message. Pg_dump writes kinds in capitals;
// in a damaged archive any other text may be in their place.
func shownKind(desc string) string {
	const longest = 40
	if len(desc) > longest || strings.Trim(desc, "ABCDEFGHIJKLMNOPQRSTUVWXYZ ") != "" {
		return "an entry"
	}
	return desc
}

// unknownLayout returns the failure for an archive with an unknown layout.
func (w *walker) unknownLayout() error {
	if w.err != nil {
		return w.err
	}
	return outcome.Fail(outcome.FormatUnsupported, "the layout of archive version %s is unknown", w.version)
}
