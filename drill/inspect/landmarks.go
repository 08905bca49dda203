package inspect

import (
	"context"
	"io"
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

// LandmarksOf reads a plain dump or custom archive to its end. It is for a backup
// that [Scan] found whole: of another one, and of other formats, it may fail with
// the code that Scan or [Judge] has for it.
func LandmarksOf(ctx context.Context, r io.Reader, l Limits) (Landmarks, error) {
	m, err := Map(ctx, r, l)
	marks := Landmarks{Compression: m.Compression, Summed: m.Summed, End: m.End, First: m.First, Trailer: m.Trailer}
	if a := m.Archive; a != nil {
		marks.Archive = &ArchiveLandmarks{Pack: a.Pack, Chunk: a.Chunk}
	}
	return marks, err
}
