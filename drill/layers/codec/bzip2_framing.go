package codec

import "math/bits"

const (
	bzip2Block = 0x314159265359 // the magic of a block, followed by its CRC
	bzip2End   = 0x177245385090 // the magic of a stream's end, followed by the CRC of all blocks
	magicMask  = 1<<48 - 1
	// closeMagic is the most bits in which a damaged magic differs: those of one byte.
	closeMagic = 8
)

// bzip2Framing finds the ends of streams. Their magic is not aligned to bytes, and may
// occur by chance in the data: an end counts if its CRC is that of the blocks before it.
type bzip2Framing struct {
	at     int64 // bytes of the stream
	hi, lo uint64
	crc    uint32 // of the blocks so far, as the end has it
	due    int    // bytes until a magic's CRC is complete
	isEnd  bool   // it is the end's
	shift  uint   // bits behind it in its last byte
	lost   bool   // the stream does not begin with a magic
	doubt  bool   // the border is an end with another CRC
}

// bzip2Hints holds for each value of a byte whether it may be the last but one that
// a magic touches.
var bzip2Hints = func() (hints [256]bool) {
	for shift := range 8 {
		for _, m := range []uint64{bzip2Block, bzip2End} {
			hints[byte(m<<shift>>8)] = true
		}
	}
	return hints
}()

// begins implements framing. An end with a wrong CRC is one if a stream or nothing
// follows it.
func (z *bzip2Framing) begins(head []byte) border {
	switch {
	case !isBzip2Header(head) && z.doubt:
		z.doubt = false
		return proceed
	case !isBzip2Header(head):
		return foreign
	case len(head) < 4:
		return cut
	}
	*z = bzip2Framing{}
	return begin
}

func (z *bzip2Framing) walk(p []byte) (int, bool, error) {
	for i, b := range p {
		z.at++
		z.hi = z.hi<<8 | z.lo>>56
		z.lo = z.lo<<8 | uint64(b)
		switch {
		case z.due > 0:
			z.due--
			if z.due == 0 && z.sum() {
				return i + 1, true, nil
			}
		case z.at >= 10 && bzip2Hints[byte(z.lo>>8)]:
			z.match()
		}
		if z.at == 10 && z.due == 0 {
			z.lost = true
		}
	}
	return len(p), false, nil
}

// match looks for a magic in the last bytes.
func (z *bzip2Framing) match() {
	for shift := range uint(8) {
		m := z.lo >> shift & magicMask
		if m == bzip2Block || m == bzip2End {
			z.due, z.isEnd, z.shift = 4, m == bzip2End, shift
			return
		}
	}
}

// sum takes the CRC behind a magic, and reports whether a stream ends there.
func (z *bzip2Framing) sum() bool {
	crc := uint32(z.lo >> z.shift)
	if !z.isEnd {
		z.crc = bits.RotateLeft32(z.crc, 1) ^ crc
		return false
	}
	z.doubt = crc != z.crc
	return true
}

// damaged reports whether the source has the damaged end of a stream.
func (z *bzip2Framing) damaged() bool {
	if z.lost {
		return true
	}
	for shift := range uint(8) {
		m := (z.lo>>32>>shift | z.hi<<(32-shift)) & magicMask
		if z.at > 14 && bits.OnesCount64(m^bzip2End) <= closeMagic {
			return true
		}
	}
	return false
}
