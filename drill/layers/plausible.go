package layers

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/codec"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
)

// isPlausible reports whether decrypted bytes begin like a dump or another layer. It tells
// the right key of an encryption that does not authenticate, so bytes of a wrong one must
// not look like it: of a format with a magic of two bytes it checks more.
func isPlausible(head []byte) bool {
	switch {
	case hasPrefix(head, archiveMagic), isTar(head), zipfile.Detect(head), agefile.Detect(head), hasPrefix(head, "Salted__"):
		return true
	case codec.Detect(head) == "gzip":
		const deflate, reserved = 8, 0xe0 // RFC 1952, section 2.3
		return len(head) > 3 && head[2] == deflate && head[3]&reserved == 0
	case codec.Detect(head) != "":
		return true
	}
	return isText(bytes.TrimPrefix(head, []byte("\ufeff")))
}

// shortestText is how many bytes of text are not there by chance.
const shortestText = 16

// isText reports whether all of the bytes are text. The last letter may be cut.
func isText(head []byte) bool {
	if len(head) < shortestText {
		return false
	}
	for rest := head; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size <= 1 {
			return len(rest) < utf8.UTFMax || isLatin(head)
		}
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return false
		}
		rest = rest[size:]
	}
	return true
}

// isLatin reports whether the bytes are text in an encoding of one byte a letter: at most a
// few are not ASCII.
func isLatin(head []byte) bool {
	const share = 10
	high := 0
	for _, c := range head {
		switch {
		case c >= utf8.RuneSelf:
			high++
		case c < ' ' && c != '\n' && c != '\r' && c != '\t':
			return false
		}
	}
	return high < len(head)/share
}
