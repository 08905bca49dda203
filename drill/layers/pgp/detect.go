package pgp

import (
	"bytes"
	"slices"
)

const (
	armorBegin = "-----BEGIN PGP MESSAGE-----"
	armorEnd   = "-----END PGP MESSAGE-----"
	// maxPreamble bounds the text before armor, which gpg skips.
	maxPreamble = 1024
)

// Detect reports whether head, the first bytes of a file, begins an encrypted OpenPGP
// message, binary or armored. Signed and compressed messages are not encrypted.
func Detect(head []byte) bool { return isArmored(head) || isBinary(head) }

// isBinary reports whether head begins with session keys (or a marker before them) and
// then goes on with encrypted data, as far as it reaches.
func isBinary(head []byte) bool {
	for found := false; ; {
		h, ok := parseHeader(head)
		if !ok {
			return found && len(head) < longestHeader && (len(head) == 0 || head[0]&0x80 != 0)
		}
		body := head[h.size:]
		switch h.tag {
		case tagPublicSession, tagSymmetric:
			if !hasSessionKey(h, body) {
				return false
			}
			found = true
		case tagMarker:
			if h.length != 3 || !bytes.HasPrefix(body, []byte("PGP")) {
				return false
			}
		case tagProtected:
			return found && (len(body) == 0 || body[0] == 1 || body[0] == 2)
		case tagGnuPG:
			return found && (len(body) == 0 || body[0] == 1)
		case tagUnprotected:
			return found
		default:
			return false
		}
		if int64(len(body)) <= h.length {
			return found
		}
		head = body[h.length:]
	}
}

// hasSessionKey reports whether the body of a packet is that of a session key.
func hasSessionKey(h header, body []byte) bool {
	return !h.part && !h.toEnd && h.length >= 4 && h.length <= longestSessionKey && isSessionKey(h.tag, body[:min(int64(len(body)), h.length)])
}

// isArmored reports whether head has the first line of an armored message, behind a little
// text at most. A dump of SQL that contains such a message as a value is not one.
func isArmored(head []byte) bool {
	read := 0
	for line := range bytes.Lines(head) {
		text := bytes.TrimSpace(line)
		if bytes.Equal(text, []byte(armorBegin)) {
			return true
		}
		if read += len(line); read > maxPreamble || isForeign(text) {
			return false
		}
	}
	return false
}

// isForeign reports whether a line is not one of the text that people put before armor.
func isForeign(line []byte) bool {
	return bytes.HasPrefix(line, []byte("--")) || bytes.HasSuffix(line, []byte(";")) || bytes.HasSuffix(line, []byte("'")) ||
		slices.ContainsFunc(line, func(b byte) bool { return b < ' ' && b != '\t' })
}
