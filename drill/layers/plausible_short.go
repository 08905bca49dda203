package layers

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"slices"
)

// The formats below have a magic of two bytes, which one of 65,536 random heads has.

// isGzip reports whether the header of a gzip file is one (RFC 1952, section 2.3).
func isGzip(head []byte) bool {
	const deflate, reserved = 8, 0xe0
	return len(head) > 3 && head[2] == deflate && head[3]&reserved == 0
}

// isZlib reports whether a zlib stream decodes as far as it is in sight.
func isZlib(head []byte) bool {
	const shortest = 128 // in less than that, random bytes may decode
	z, err := zlib.NewReader(bytes.NewReader(head))
	if err == nil {
		_, err = io.Copy(io.Discard, z)
	}
	return err == nil || errors.Is(err, io.ErrUnexpectedEOF) && len(head) >= shortest
}

// isCompress reports whether the output of compress is possible: its third byte holds the
// longest code in bits and a flag, and a code is a letter or stands for letters before it.
func isCompress(head []byte) bool {
	const reserved, longest, least, most = 0x60, 0x1f, 9, 16
	const first, width, codes, clearTable = 3, 9, 32, 256
	if len(head) < first+width || head[2]&reserved != 0 || head[2]&longest < least || head[2]&longest > most {
		return false
	}
	bits, held := 0, 0
	rest := head[first:]
	for i := range codes {
		for ; bits < width && len(rest) > 0; bits += 8 {
			held |= int(rest[0]) << bits
			rest = rest[1:]
		}
		code := held & (1<<width - 1)
		switch {
		case bits < width || code == clearTable && i > 0:
			return true
		case i == 0 && code >= clearTable, code > clearTable+i:
			return false
		}
		bits, held = bits-width, held>>width
	}
	return true
}

const oldCpioMagic = "\xc7\x71"

// isOldCpio reports whether head begins with a member of a cpio archive in the old binary
// format: thirteen words of two bytes, with the kind of the file and the length of its name.
func isOldCpio(head []byte) bool {
	const size, mode, length, longestName = 26, 6, 20, 4096
	if len(head) < size {
		return false
	}
	kinds := []uint16{1, 2, 4, 6, 8, 10, 12} // S_IFMT of stat(2), without the permissions
	kind, name := binary.LittleEndian.Uint16(head[mode:])>>12, int(binary.LittleEndian.Uint16(head[length:]))
	if !slices.Contains(kinds, kind) || name < 2 || name > longestName {
		return false
	}
	return bytes.IndexByte(head[size:], 0) == name-1
}
