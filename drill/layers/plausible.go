package layers

import (
	"bytes"
	"cmp"
	"unicode"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/layers/agefile"
	"github.com/drillgres/drillgres/drill/layers/codec"
	"github.com/drillgres/drillgres/drill/layers/opensslenc"
	"github.com/drillgres/drillgres/drill/layers/pgp"
	"github.com/drillgres/drillgres/drill/layers/zipfile"
)

// isPlausible reports whether decrypted bytes begin like anything that this program
// recognises, whether it opens that or not. It decides whether a key of an encryption without
// authentication is right, so what a wrong key makes must not pass: a magic of less than three
// bytes is not enough. Of random heads of 4096 bytes, one of 10^8 passes; of files of less than
// 600 bytes, one of 10^6 (TestRandomHeads).
func isPlausible(head []byte) bool {
	switch cmp.Or(codec.Detect(head), codec.Unsupported(head)) {
	case "":
	case "gzip":
		return isGzip(head)
	case "zlib":
		return isZlib(head)
	case "compress":
		return isCompress(head)
	default:
		return true
	}
	switch {
	case isDump(head), isTar(head), zipfile.Detect(head), isWAL(head):
		return true
	case agefile.Detect(head), opensslenc.Detect(head), pgp.Detect(head), isEnveloped(head), NameOf(head, ciphers) != "":
		return true
	case hasPrefix(head, oldCpioMagic):
		return isOldCpio(head)
	case NameOf(head, containers) != "", ForeignOf(head) != "":
		return true
	}
	return isText(bytes.TrimPrefix(head, []byte("\ufeff"))) || isUTF16(head) || isZeros(head)
}

const (
	shortestText = 16  // bytes of text that are not there by chance
	enoughText   = 256 // bytes that are examined: a row behind them may have any control character
)

// isText reports whether the first bytes are text. The last letter may be cut.
func isText(head []byte) bool {
	if len(head) < shortestText {
		return false
	}
	head = head[:min(len(head), enoughText)]
	for rest := head; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size <= 1 {
			return !utf8.FullRune(rest) || isLatin(head)
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

// isUTF16 reports whether the first letters are ASCII in UTF-16, in either byte order.
func isUTF16(head []byte) bool {
	const letters = 32
	head = bytes.TrimPrefix(bytes.TrimPrefix(head, []byte("\xff\xfe")), []byte("\xfe\xff"))
	var even, odd []byte
	for i, c := range head[:min(len(head), 2*letters)] {
		if i%2 == 0 {
			even = append(even, c)
		} else {
			odd = append(odd, c)
		}
	}
	return isZeros(odd) && isText(even) || isZeros(even) && isText(odd)
}

// isZeros reports whether all bytes are zero, as in a file that was created and not written.
func isZeros(head []byte) bool {
	return len(head) >= shortestText && len(bytes.Trim(head, "\x00")) == 0
}
