package inspect

import (
	"bufio"
	"context"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Layout is where things lie in a plain dump or a custom archive. Positions
// and sizes are in bytes of the dump once its own compression, if it has one,
// is unwrapped.
type Layout struct {
	Format      Format
	Compression string // of the file as a whole: "", gzip, zstd
	Summed      bool   // that compression ends in a checksum

	End     int64 // where the dump ends; what follows it, nobody reads
	First   int64 // of a plain dump: where its first statement begins
	Trailer int64 // of a plain dump: where pg_dump's last line begins; 0: it has none
	Archive *ArchiveLayout

	Tables    []TableRows // in the order of the dump
	Sequences []SequenceState
}

// ArchiveLayout is what only a custom archive has.
type ArchiveLayout struct {
	IntSize    int    // of a number: a sign and so many bytes, the lowest first
	OffsetSize int    // of a Pointer: so many bytes, the lowest first
	Pack       string // how its blocks are compressed: "", zlib, lz4, zstd
	Pointers   []Pointer
	Chunk      Chunk // of data, the largest that begins a block
}

// Pointer is a place in an archive's table of contents that says where a block
// begins.
type Pointer struct{ At, To int64 }

// Chunk is a piece of a block of data as it is stored.
type Chunk struct {
	At, Size int64
	Summed   bool // its compression ends in a checksum
}

// TableRows is where the rows of one table lie, those of its partitions with
// them.
type TableRows struct {
	Schema, Name string
	Made         bool // by the dump itself; an extension's tables are not
	Referenced   bool // a foreign key of another table points at it
	Extents      []Extent
}

// Size is what the rows take in the dump.
func (t TableRows) Size() (n int64) {
	for _, e := range t.Extents {
		n += e.Size
	}
	return n
}

// Extent is a run of rows. In a plain dump it is the lines between a COPY and
// its end marker, or INSERTs that follow each other; in an archive the chunks of
// one block, with the last one, which is empty.
type Extent struct {
	At, Size     int64
	Schema, Name string // the table that the rows are loaded into: a partition, or the whole table
	Copied       bool   // by COPY, not by INSERTs
}

// SequenceState is the statement that sets a sequence which fills a unique
// column. In an archive it is the whole definition of an entry.
type SequenceState struct {
	At, Size     int64
	Schema, Name string
	Literal      string // how the statement names it, its quotes undone
	TableSchema  string // the table whose rows it numbers, and the column
	Table        string
	Column       string
	Taken        int64 // a value that the column holds, and the sequence's next after it too
}

// Map reads a whole plain dump or custom archive to its end and tells where
// things lie in it. It is for a backup that [Scan] found whole: of another one,
// and of other formats, it fails with the code that Scan or [Judge] has for it.
func Map(ctx context.Context, r io.Reader, l Limits) (Layout, error) {
	spent := &budget{max: l.MaxDecoded}
	stored := bufio.NewReaderSize(&cancelled{ctx: ctx, r: r}, sourceBuffer)
	head, _ := stored.Peek(sniffLength) // an error comes again with the first read
	stream, compression, err := decode(stored, spent)
	if err != nil {
		return Layout{}, err
	}
	defer func() { _ = stream.Close() }()

	f := newFeed(stream, feedBuffer)
	m := &mapping{layout: Layout{Compression: compression, Summed: compression == "gzip" || zstdSummed(head)}, k: newCatalog()}
	m.facts = newFacts(m.k)
	switch first := f.peek(sniffLength); {
	case hasPrefix(first, archiveMagic):
		err = m.archive(f, spent)
	case isTar(first):
		err = outcome.Fail(outcome.FormatUnsupported, "where things lie in a tar archive is not known")
	default:
		err = m.plain(f)
	}
	if broken := f.broken(); StreamLevel(broken) {
		err = broken
	}
	if err != nil {
		return Layout{}, err
	}
	m.conclude()
	return m.layout, nil
}

// zstdSummed tells whether the frame that b begins with ends in a checksum
// (RFC 8878, section 3.1.1.1.1: the third bit of the frame header's descriptor).
func zstdSummed(b []byte) bool {
	const magic, flag = "\x28\xb5\x2f\xfd", 1 << 2
	return len(b) > len(magic) && hasPrefix(b, magic) && b[len(magic)]&flag != 0
}

// mapping is a Layout in the making.
type mapping struct {
	layout Layout
	k      *catalog
	facts  *facts

	extents  []Extent
	states   []SequenceState // of every sequence that is set
	inserted *qname          // the table that the last statement was an INSERT into
}

// extent notes where rows lie, unless there are none or no room to remember
// them, and tells whether it has.
func (m *mapping) extent(table qname, at, size int64, copied bool) bool {
	if size == 0 || !m.k.holds(table.schema, table.name) {
		return false
	}
	m.extents = append(m.extents, Extent{At: at, Size: size, Schema: table.schema, Name: table.name, Copied: copied})
	return true
}

// conclude puts the extents together by whole table, and keeps of the sequences
// those that number a table whose next row they could hinder.
func (m *mapping) conclude() {
	tables := map[qname]int{}
	for _, e := range m.extents {
		whole := m.whole(qname{e.Schema, e.Name})
		i, ok := tables[whole]
		if !ok {
			i = len(m.layout.Tables)
			tables[whole] = i
			_, made := m.k.objects[objectKey{kind: KindTable, of: whole}]
			m.layout.Tables = append(m.layout.Tables, TableRows{Schema: whole.schema, Name: whole.name, Made: made})
		}
		m.layout.Tables[i].Extents = append(m.layout.Tables[i].Extents, e)
	}
	for n := range m.facts.referenced {
		if i, ok := tables[m.whole(n)]; ok {
			m.layout.Tables[i].Referenced = true
		}
	}
	for _, s := range m.states {
		if m.numbers(&s) {
			m.layout.Sequences = append(m.layout.Sequences, s)
		}
	}
}

// whole is the table that a partition is part of, at the top.
func (m *mapping) whole(n qname) qname {
	for range maxNesting {
		up, ok := m.k.partitionOf[n]
		if !ok {
			return n
		}
		n = up
	}
	return n
}

// numbers completes s with the column that its sequence fills, and tells
// whether that is the only column of a unique index and holds known values.
func (m *mapping) numbers(s *SequenceState) bool {
	name := qname{s.Schema, s.Name}
	filled, ok := m.facts.filled[name]
	if !ok || m.facts.cycles[name] || m.k.partitioned[filled.table] || m.whole(filled.table) != filled.table {
		return false
	}
	taken, known := m.facts.taken[name]
	s.TableSchema, s.Table, s.Column, s.Taken = filled.table.schema, filled.table.name, filled.column, taken
	return known && m.facts.unique[filled]
}
