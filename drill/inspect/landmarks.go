package inspect

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Landmarks are the places of a plain dump or a custom archive at which damage
// can be done that deserves one certain code. They are in bytes of the dump once
// its own compression, if it has one, is unwrapped.
type Landmarks struct {
	Compression string // of the file as a whole: "", gzip, zstd
	Summed      bool   // that compression ends in a checksum

	End     int64 // of the dump; what follows it, nobody reads
	First   int64 // of a plain dump: where its first statement begins
	Trailer int64 // of a plain dump: where pg_dump's last line begins; 0: it has none
	Archive *ArchiveLandmarks
}

// ArchiveLandmarks are what only a custom archive has.
type ArchiveLandmarks struct {
	Pack  string // how its blocks are compressed: "", zlib, lz4, zstd
	Chunk Chunk  // of rows, the largest that begins a block
}

// Chunk is a piece of a block of data as it is stored.
type Chunk struct {
	Span
	Summed bool // its compression ends in a checksum
}

// LandmarksOf reads a plain dump or custom archive to its end. It is for a backup
// that [Scan] found whole: of another one, and of other formats, it may fail with
// the code that Scan or [Judge] has for it.
func LandmarksOf(ctx context.Context, r io.Reader, l Limits) (Landmarks, error) {
	stored := bufio.NewReaderSize(&cancelled{ctx: ctx, r: r}, sourceBuffer)
	head, _ := stored.Peek(sniffLength) // an error comes again with the first read
	stream, compression, err := Decode(stored, l)
	if err != nil {
		return Landmarks{}, err
	}
	defer func() { _ = stream.Close() }()

	f := newFeed(stream, feedBuffer)
	m := Landmarks{Compression: compression, Summed: compression == "gzip" || hasZstdChecksum(head)}
	switch first := f.peek(sniffLength); {
	case hasPrefix(first, archiveMagic):
		err = m.archive(f)
	case isTar(first):
		err = outcome.Fail(outcome.FormatUnsupported, "where things are in a tar archive is not known")
	default:
		m.plain(f)
	}
	if broken := f.brokenErr(); StreamLevel(broken) {
		err = broken
	}
	if err != nil {
		return Landmarks{}, err
	}
	return m, nil
}

// zstdHead is how much of a frame zstdSummed reads.
const zstdHead = 5

// zstdSummed reports whether the frame that b begins with ends in a checksum
// (RFC 8878, section 3.1.1.1.1: the third bit of the frame header's descriptor).
func hasZstdChecksum(b []byte) bool {
	const magic, flag = "\x28\xb5\x2f\xfd", 1 << 2
	return len(b) > len(magic) && hasPrefix(b, magic) && b[len(magic)]&flag != 0
}

// packs are the names of an archive's compressions.
var packNames = map[byte]string{packNone: "", packZlib: "zlib", packLZ4: "lz4", packZstd: "zstd"}

func (m *Landmarks) archive(f *feed) error {
	k := newCatalog()
	w := newWalker(f, k.reserve)
	if !w.readHeader() || w.format != archiveCustom {
		return w.unknownLayout()
	}
	m.Archive = &ArchiveLandmarks{Pack: packNames[w.pack]}
	for range w.entries() {
		if k.full {
			return k.checkMemory()
		}
	}
	for b := range w.blocks() {
		for r := range w.runs(b) {
			if b.kind == blockData && r.first.Size > m.Archive.Chunk.Size {
				m.Archive.Chunk = Chunk{Span: r.first, Summed: w.pack == packZlib || w.pack == packZstd && hasZstdChecksum(f.peek(zstdHead))}
			}
		}
	}
	m.End = f.offset()
	return w.err
}

// plain looks for the first statement, and for the last line by which pg_dump
// says that the dump is complete.
func (m *Landmarks) plain(f *feed) {
	if hasPrefix(f.peek(len(utf8Mark)), string(utf8Mark)) {
		f.skip(len(utf8Mark))
	}
	s := newScript(f, newCatalog())
	for s.st.isEmpty() {
		t := s.lexer.Next()
		if t.Kind == sqltext.EOF {
			break
		}
		m.First = s.lexer.Start()
		if s.take(t) != nil {
			break
		}
	}
	for w := f.window(); len(w) > 0; w = f.window() {
		if bytes.HasPrefix(f.peek(len(dumpTail)), []byte(dumpTail)) {
			m.Trailer = f.offset()
		}
		for w := f.window(); len(w) > 0; w = f.window() {
			i := bytes.IndexByte(w, '\n')
			f.skip(indexOrEnd(w, i))
			if i >= 0 {
				f.skip(1)
				break
			}
		}
	}
	m.End = f.offset()
}

// NewerArchive is a minor version of the archive format that nobody reads yet.
const NewerArchive = newestArchive + 1

// ReadsArchives reports whether it is known which archives the pg_restore of a
// major reads, so that [Judge] can say that one is too new for it.
func ReadsArchives(major int) bool { return readableArchive(major) != 0 }
