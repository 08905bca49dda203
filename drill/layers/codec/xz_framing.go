package codec

import (
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	xzMagic  = "\xfd7zXZ\x00"
	xzFooter = 12   // its length, and that of the header
	lzma2    = 0x21 // the id of the filter
)

// xzChecks holds the length of each kind of check: none, CRC32, CRC64 and SHA-256.
var xzChecks = map[byte]int64{0: 0, 1: 4, 4: 8, 10: 32}

// xzFraming follows the .xz file format 1.2.1 down to the chunks of LZMA2, whose headers
// state their lengths.
type xzFraming struct {
	pieces
	onlyLZMA2 bool // the decoder knows no other filter

	check  int64 // length of a block's check
	packed int64 // length of the block's LZMA2 data so far
	header int64 // length of the block's header

	blocks, records sizes // as they are, and as the index has them
	indexed         int64 // length of the index so far
	due             uint64
	varint          uint64
	varshift        uint

	tail []byte // the last bytes
}

// begins implements framing. Padding has a multiple of 4 bytes.
func (x *xzFraming) begins(head []byte) border {
	switch {
	case strings.HasPrefix(string(head), xzMagic):
		x.pieces, x.blocks, x.records = pieces{got: x.got}, sizes{}, sizes{}
		x.next(0, xzFooter, x.streamHeader)
		return begin
	case strings.HasPrefix(xzMagic, string(head)):
		return cut
	case len(head) >= 4 && string(head[:4]) == "\x00\x00\x00\x00":
		return padding
	}
	return foreign
}

func (x *xzFraming) walk(p []byte) (int, bool, error) {
	n, atBorder, err := x.pieces.walk(p)
	x.tail = append(x.tail, p[max(0, n-xzFooter):n]...)
	x.tail = x.tail[max(0, len(x.tail)-xzFooter):]
	return n, atBorder, err
}

// damaged reports whether the source has the end of a stream, to which the structure
// before it did not lead.
func (x *xzFraming) damaged() bool { return x.lost || isXzFooter(x.tail) }

func isXzFooter(b []byte) bool {
	return len(b) == xzFooter && string(b[10:]) == "YZ" && crc32.ChecksumIEEE(b[4:10]) == binary.LittleEndian.Uint32(b)
}

func (x *xzFraming) streamHeader(b []byte) error {
	if crc32.ChecksumIEEE(b[6:8]) != binary.LittleEndian.Uint32(b[8:]) {
		return x.lose()
	}
	size, known := xzChecks[b[7]]
	if b[6] != 0 || !known {
		return outcome.Fail(outcome.FormatUnsupported, "decode xz: the stream has a kind of check that this version does not know")
	}
	x.check = size
	x.next(0, 1, x.block)
	return nil
}

// block takes the first byte of a block, or of the index.
func (x *xzFraming) block(b []byte) error {
	if b[0] == 0 {
		x.indexed, x.varint, x.varshift = 1, 0, 0
		x.next(0, 1, x.count)
		return nil
	}
	size := b[0]
	x.next(0, (int(size)+1)*4-1, func(rest []byte) error {
		return x.blockHeader(append([]byte{size}, rest...))
	})
	return nil
}

func (x *xzFraming) blockHeader(b []byte) error {
	end := len(b) - 4
	if crc32.ChecksumIEEE(b[:end]) != binary.LittleEndian.Uint32(b[end:]) {
		return x.lose()
	}
	x.packed, x.header = 0, int64(len(b))
	flags, b := b[1], b[2:end]
	for _, present := range []byte{0x40, 0x80} { // lengths of the block
		if flags&present != 0 {
			_, n := binary.Uvarint(b)
			b = b[max(n, 0):]
		}
	}
	if err := x.filters(int(flags&3)+1, b); err != nil || x.lost {
		return err
	}
	x.next(0, 1, x.chunk)
	return nil
}

// filters checks the filters of a block, the last of which is LZMA2.
func (x *xzFraming) filters(count int, b []byte) error {
	for i := range count {
		id, n := binary.Uvarint(b)
		size, k := binary.Uvarint(b[max(n, 0):])
		if n <= 0 || k <= 0 || uint64(len(b)-n-k) < size {
			return x.lose()
		}
		properties := b[n+k : n+k+int(size)]
		b = b[n+k+int(size):]
		switch {
		case i < count-1 && x.onlyLZMA2:
			return outcome.Fail(outcome.FormatUnsupported, "decode xz: the stream has a filter for programs").
				WithHint("install xz on the machine that drills")
		case i == count-1 && (id != lzma2 || size != 1):
			return x.lose()
		case i == count-1 && dictionary(properties[0]) > maxWindow:
			return outcome.Fail(outcome.FormatUnsupported, "decode xz: the stream needs a dictionary of more than %d MiB", maxWindow>>20).
				WithHint("compress the backup with a dictionary of at most 128 MiB (xz -9 has 64 MiB)")
		}
	}
	return nil
}

// dictionary returns the size of the dictionary that LZMA2's property states.
func dictionary(property byte) int64 {
	return int64(2|property&1) << (property/2 + 11)
}

// chunk takes the first byte of a chunk of LZMA2.
func (x *xzFraming) chunk(b []byte) error {
	x.packed++
	control := b[0]
	switch {
	case control == 0:
		x.blocks.add(uint64(x.header + x.packed + x.check))
		x.next(-x.packed&3+x.check, 1, x.block)
	case control <= 2: // stored
		x.next(0, 2, func(b []byte) error {
			x.data(2, int64(binary.BigEndian.Uint16(b))+1)
			return nil
		})
	case control >= 0x80:
		x.next(0, 4, func(b []byte) error {
			size := int64(binary.BigEndian.Uint16(b[2:])) + 1
			if control >= 0xc0 {
				size++ // for the properties
			}
			x.data(4, size)
			return nil
		})
	default:
		return x.lose()
	}
	return nil
}

// data skips the data of a chunk.
func (x *xzFraming) data(header, size int64) {
	x.packed += header + size
	x.next(size, 1, x.chunk)
}

// count takes a byte of the number of records in the index.
func (x *xzFraming) count(b []byte) error {
	if !x.number(b[0]) {
		return nil
	}
	if x.varint != x.blocks.n {
		return x.lose()
	}
	x.due = 2 * x.varint // each record has the sizes of a block, packed and unpacked
	x.record()
	return nil
}

// size takes a byte of a number in a record.
func (x *xzFraming) size(b []byte) error {
	if !x.number(b[0]) {
		return nil
	}
	if x.due%2 == 0 {
		x.records.add(x.varint)
	}
	x.due--
	x.record()
	return nil
}

// number takes a byte of a number in the index, and reports whether it is the last one.
func (x *xzFraming) number(b byte) bool {
	if x.varshift == 0 {
		x.varint = 0
	}
	x.indexed++
	x.varint |= uint64(b&0x7f) << x.varshift
	x.varshift += 7
	if b&0x80 == 0 {
		x.varshift = 0
	}
	return b&0x80 == 0
}

// record goes to the next number in the index, or behind it.
func (x *xzFraming) record() {
	switch {
	case x.due > 0:
		x.next(0, 1, x.size)
	case x.blocks != x.records: // the library does not compare them with the chunks
		x.lost = true
	default:
		x.next(-x.indexed&3+crc32.Size, xzFooter, x.footer)
	}
}

func (x *xzFraming) footer(b []byte) error {
	if !isXzFooter(b) {
		return x.lose()
	}
	x.last(0)
	return nil
}

// sizes counts sizes, and is different for different ones.
type sizes struct{ n, hash uint64 }

func (s *sizes) add(size uint64) {
	const prime = 1099511628211 // of FNV
	s.n++
	s.hash = (s.hash ^ size) * prime
}
