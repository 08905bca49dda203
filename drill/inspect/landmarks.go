package inspect

import (
	"bufio"
	"bytes"
	"context"
	"io"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/sqltext"
)

// Landmarks holds the offsets in a plain dump or a custom archive at which damage
// leads to a known failure code. They are in bytes of the dump after decompressing
// the file.
type Landmarks struct {
	Compression string // of the file as a whole: "", gzip, zstd
	Summed      bool   // the compressed file ends in a checksum
	// Outer is the outermost layer, or the format, of a backup whose inside has no landmarks:
	// one with other layers, or with a dump of several files. It is empty for any other.
	Outer string

	End     int64 // end of the dump; a restore ignores anything after it
	First   int64 // of a plain dump: the beginning of its first statement
	Trailer int64 // of a plain dump: the beginning of pg_dump's last line; 0: missing
	Archive *ArchiveLandmarks
}

// ArchiveLandmarks holds the landmarks of a custom archive.
type ArchiveLandmarks struct {
	Pack  string // compression of its blocks: "", zlib, lz4, zstd
	Chunk Chunk  // the largest chunk of rows that begins a block
}

// Chunk is a stored piece of a block of data.
type Chunk struct {
	Span
	Summed bool // its compression ends in a checksum
}

// LandmarksOf reads a plain dump or a custom archive to its end and returns its
// landmarks. It is for a backup that passes [Scan]. For other backups and formats
// it may fail with the codes of Scan and [Judge].
func LandmarksOf(ctx context.Context, r io.Reader, o layers.Opener) (Landmarks, error) {
	stored := bufio.NewReaderSize(layers.Cancelable(ctx, r), sourceBuffer)
	head, _ := stored.Peek(sniffLength) // the first read returns the error again
	stream, err := o.Open(ctx, stored)
	if err != nil {
		return Landmarks{}, err
	}
	defer func() { _ = stream.Close() }()

	m, names := Landmarks{}, stream.Names()
	switch {
	case len(names) > 1, len(names) == 1 && names[0] != "gzip" && names[0] != "zstd":
		return Landmarks{Outer: names[0]}, nil
	case stream.Files != nil:
		return Landmarks{Outer: stream.Files.Format}, nil
	case len(names) == 1:
		m.Compression = names[0]
	}
	m.Summed = m.Compression == "gzip" || hasZstdChecksum(head)
	f := newFeed(stream, feedBuffer)
	if hasPrefix(f.peek(sniffLength), archiveMagic) {
		err = m.archive(f)
	} else {
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

// zstdHead is how many bytes of a frame hasZstdChecksum reads.
const zstdHead = 5

// hasZstdChecksum reports whether the frame at the beginning of b ends in a checksum
// (RFC 8878, section 3.1.1.1.1: the third bit of the frame header's descriptor).
func hasZstdChecksum(b []byte) bool {
	const magic, flag = "\x28\xb5\x2f\xfd", 1 << 2
	return len(b) > len(magic) && hasPrefix(b, magic) && b[len(magic)]&flag != 0
}

// packNames holds the names of an archive's compressions.
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

// plain finds the first statement, and the last line in which pg_dump states that
// the dump is complete.
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
		if line := f.peek(len(clusterTail)); hasPrefix(line, dumpTail) || hasPrefix(line, clusterTail) {
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

// NewerArchive is a minor version of the archive format that does not exist yet.
const NewerArchive = newestArchive + 1

// ReadsArchives reports whether [Judge] knows which archive versions the pg_restore
// of a major version reads, so that it can report one that is too new.
func ReadsArchives(major int) bool { return readableArchive(major) != 0 }
