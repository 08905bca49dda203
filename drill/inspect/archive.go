package inspect

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
)

// The archive versions whose layout is known: 1.10 is of Postgres 8.4, 1.16 of
// 17 and 18. The layout is that of pg_backup_archiver.c (ReadHead, ReadToc).
const (
	oldestArchive = 10
	newestArchive = 16
)

// The format byte of an archive's header. A toc.dat of a directory says tar.
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

// archive reads a pg_dump archive. Its methods give zero values once one failed;
// err is the first failure.
type archive struct {
	f     *feed
	k     *catalog
	spent *budget
	err   error

	begin int64  // where the block begins that is read; 0: none is
	about string // the object that is read, where it has a name

	passed func(*entry) // is told of each entry, if it is there

	minor            int
	intSize, offSize int
	format, pack     byte

	sql    *script // reads the definitions
	text   []byte  // of the string that was read last
	blocks map[int64]*block
	order  []int64  // of blocks, as the table of contents lists them
	files  []string // that hold the data of a directory or tar
	data   *unpacker
}

// readArchive reads a custom archive to the end of its last block. Of one whose
// layout is not known nothing but its version is told; [Judge] speaks about that.
func readArchive(f *feed, k *catalog, spent *budget) error {
	a := newArchive(f, k, spent)
	k.c.Format = Custom
	if !a.head() {
		return a.err
	}
	if a.format != archiveCustom {
		k.c.Format = Directory
	}
	a.entries()
	if a.err == nil && a.format == archiveCustom {
		a.allBlocks()
	}
	return a.err
}

func newArchive(f *feed, k *catalog, spent *budget) *archive {
	a := &archive{f: f, k: k, spent: spent, blocks: map[int64]*block{}}
	a.sql = newScript(newFeed(nil, smallBuffer), k)
	a.sql.fragment = true
	return a
}

// head reads the header, and tells whether what follows can be read.
func (a *archive) head() bool {
	a.f.skip(len(archiveMagic))
	major, minor := a.byte(), a.byte()
	a.byte() // revision
	if a.err != nil {
		return false
	}
	a.k.c.ArchiveVersion = fmt.Sprintf("%d.%d", major, minor)
	a.minor = int(minor)
	if !knownArchive(a.k.c.ArchiveVersion) {
		return false
	}
	a.intSize, a.offSize, a.format = int(a.byte()), int(a.byte()), a.byte()
	a.check(a.intSize >= 2 && a.intSize <= 8 && a.offSize >= 2 && a.offSize <= 16, "the sizes in its header are impossible")
	a.check(a.format == archiveCustom || a.format == archiveTar || a.format == archiveDirectory, "the format in its header is unknown")
	a.compression()
	a.k.c.TakenAt = a.time()
	a.k.c.Database.Name = a.string()
	a.k.c.ServerVersion = version(a.string())
	a.k.c.DumpVersion = version(a.string())
	return a.err == nil
}

// knownArchive tells whether archives of this version can be read.
func knownArchive(v string) bool {
	var major, minor int
	_, err := fmt.Sscanf(v, "%d.%d", &major, &minor)
	return err == nil && major == 1 && minor >= oldestArchive && minor <= newestArchive
}

func (a *archive) compression() {
	if a.minor >= 15 {
		a.pack = a.byte()
		a.check(a.pack <= packZstd, "the compression in its header is unknown")
		return
	}
	if level := a.int(); level != 0 {
		a.pack = packZlib
	}
}

// time reads a struct tm, in the zone of the machine that dumped, which the
// archive does not tell: like pg_restore, take it for this machine's.
func (a *archive) time() time.Time {
	var v [7]int64
	for i := range v {
		v[i] = a.int()
	}
	sec, mins, hour, day, month, year := v[0], v[1], v[2], v[3], v[4], v[5]
	if month < 0 || month > 11 || day < 1 || day > 31 || year < 70 || year > 8000 {
		return time.Time{}
	}
	return time.Date(int(year)+1900, time.Month(month+1), int(day), int(hour), int(mins), int(sec), 0, time.Local).UTC()
}

func (a *archive) byte() byte {
	if a.err != nil {
		return 0
	}
	b, ok := a.f.next()
	if !ok {
		a.cut("")
	}
	return b
}

// int reads a sign and intSize bytes, the lowest first.
func (a *archive) int() int64 {
	sign := a.byte()
	var v uint64
	for i := range a.intSize {
		v |= uint64(a.byte()) << (8 * i)
	}
	a.check(sign == 0 && v < 1<<62 || sign == 1 && v > 0 && v < 1<<62, "a number in it is impossible")
	if sign == 1 {
		return -int64(v)
	}
	return int64(v)
}

// string reads a string. Of a very long one the beginning is kept.
func (a *archive) string() string {
	a.bytes()
	return string(a.text)
}

// maxDefinition is how much of a definition is read.
const maxDefinition = 1 << 20

// bytes reads a string into text; it tells whether there was one.
func (a *archive) bytes() bool {
	a.text = a.text[:0]
	n := a.int()
	for a.err == nil && n > 0 {
		w := a.f.window()
		if len(w) == 0 {
			a.cut("")
			return false
		}
		part := w[:min(n, int64(len(w)))]
		if room := maxDefinition - len(a.text); room > 0 {
			a.text = append(a.text, part[:min(len(part), room)]...)
		}
		a.f.skip(len(part))
		n -= int64(len(part))
	}
	return a.err == nil && n >= 0
}

// check fails unless the archive is sound.
func (a *archive) check(sound bool, damage string) {
	if !sound {
		a.corrupt("%s", damage)
	}
}

// corrupt fails for damage: in the block that is read, else near where it is read.
func (a *archive) corrupt(format string, args ...any) {
	if a.err == nil {
		a.fail(outcome.DumpCorrupt, cmp.Or(a.begin, a.f.offset()), "the archive is damaged: %w", fmt.Errorf(format, args...))
	}
}

func (a *archive) fail(code outcome.Code, offset int64, format string, args ...any) {
	f := outcome.Fail(code, format, args...)
	f.Offset, f.Object = offset, a.about
	a.err = f
}

// cut fails for an early end; the stream's own error goes first.
func (a *archive) cut(where string) {
	switch {
	case a.err != nil:
	case a.f.broken() != nil:
		a.err = a.f.broken()
	case where == "":
		a.fail(outcome.DumpTruncated, a.f.offset(), "the archive ends within its table of contents")
	default:
		a.fail(outcome.DumpTruncated, a.f.offset(), "the archive ends %s", where)
	}
}

// errBlockEnd is what a decompressor sees where a block ends early.
var errBlockEnd = errors.New("a block of data ends within its compressed stream")
