package codec

import (
	"encoding/binary"
	"strings"
)

const (
	lz4Magic  = "\x04\x22\x4d\x18"
	lz4Legacy = "\x02\x21\x4c\x18"
	// maxLegacy is the largest compressed block of a legacy frame, whose blocks hold 8 MiB.
	maxLegacy = 8<<20 + 8<<20/255 + 16
)

// lz4Framing follows the frames of lz4: current ones, legacy ones (lz4 -l), and
// skippable ones. A legacy frame has no end mark: a cut between its blocks cannot be seen.
type lz4Framing struct {
	pieces
	legacy bool
	max    uint32 // the largest block
	flags  byte
}

// begins implements framing.
func (z *lz4Framing) begins(head []byte) border {
	switch word := string(head[:min(4, len(head))]); {
	case word == lz4Magic:
		z.start(false, 6, z.descriptor)
	case word == lz4Legacy:
		z.start(true, 4, func([]byte) error { z.last(0); return nil })
	case isSkippable(head):
		z.start(false, 8, func(b []byte) error {
			z.last(int64(binary.LittleEndian.Uint32(b[4:])))
			return nil
		})
	case z.legacy && len(head) < 4, isCutMagic(word):
		return cut
	case z.legacy:
		return z.legacyBlock(binary.LittleEndian.Uint32(head))
	default:
		return foreign
	}
	return begin
}

func isCutMagic(word string) bool {
	return strings.HasPrefix(lz4Magic, word) || strings.HasPrefix(lz4Legacy, word) ||
		word[0]&0xf0 == 0x50 && strings.HasPrefix("\x2a\x4d\x18", word[1:]) //nolint:gocritic // a beginning of the magic is enough
}

func (z *lz4Framing) start(legacy bool, want int, take func([]byte) error) {
	z.pieces = pieces{got: z.got}
	z.legacy = legacy
	z.next(0, want, take)
}

// legacyBlock goes to the next block of a legacy frame.
func (z *lz4Framing) legacyBlock(size uint32) border {
	if size == 0 || size > maxLegacy {
		return foreign
	}
	z.next(0, 4, func([]byte) error { z.last(int64(size)); return nil })
	return proceed
}

func (z *lz4Framing) descriptor(b []byte) error {
	size := b[5] >> 4 & 7
	if size < 4 {
		return z.lose()
	}
	z.flags, z.max = b[4], 64<<10<<(2*(size-4))
	rest := int64(1) // the checksum of the header
	if z.flags&0x08 != 0 {
		rest += 8 // the length of the content
	}
	if z.flags&0x01 != 0 {
		rest += 4 // the id of a dictionary
	}
	z.next(rest, 4, z.block)
	return nil
}

func (z *lz4Framing) block(b []byte) error {
	size := binary.LittleEndian.Uint32(b) &^ (1 << 31)
	switch {
	case binary.LittleEndian.Uint32(b) == 0:
		z.last(int64(z.flags & 0x04)) // the checksum of the content
	case size > z.max:
		return z.lose()
	default:
		z.next(int64(size)+int64(z.flags&0x10>>2), 4, z.block) // with the checksum of the block
	}
	return nil
}

func (z *lz4Framing) damaged() bool { return z.lost }
