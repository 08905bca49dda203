package layers

import (
	"bytes"
	"cmp"
	"encoding/base64"

	"github.com/drillgres/drillgres/drill/layers/codec"
	"github.com/drillgres/drillgres/drill/outcome"
)

// ciphers holds how encrypted files begin. PKCS #7 files of openssl smime and cms begin
// with a mail header, with PEM, or as isEnveloped says.
var ciphers = [][2]string{
	{"age-encryption.org/", "age"},
	{"-----BEGIN AGE ENCRYPTED FILE-----", "age"},
	{"-----BEGIN PGP MESSAGE-----", "OpenPGP"},
	{"Salted__", "openssl enc"},
	{"PGRSUS01", "Databasus"},
	{"RCLONE\x00\x00", "rclone crypt"},
	{"-----BEGIN PKCS7-----", "openssl smime"},
	{"-----BEGIN CMS-----", "openssl cms"},
	{"MIME-Version: 1.0\nContent-Disposition: attachment; filename=\"smime.p7m\"", "openssl smime"},
	{"MIME-Version: 1.0\r\nContent-Disposition: attachment; filename=\"smime.p7m\"", "openssl smime"},
	{"$ANSIBLE_VAULT;", "Ansible Vault"},
	{"AES\x01\x00", "AES Crypt"},
	{"AES\x02\x00", "AES Crypt"},
	{"AES\x03\x00", "AES Crypt"},
	{"LUKS\xba\xbe", "LUKS"},
}

// encryptionOf returns the name of the tool that encrypted the file, or an empty string.
func encryptionOf(head []byte) string {
	if name := NameOf(head, ciphers); name != "" {
		return name
	}
	switch {
	case isOpenPGP(head):
		return "OpenPGP"
	case isEnveloped(head):
		return "openssl smime"
	case hasPrefix(head, "{") && bytes.Contains(head, []byte(`"ENC[AES256_GCM,data:`)):
		return "sops"
	}
	return ""
}

// isOpenPGP reports whether head begins with a binary OpenPGP message. Its first
// packet is a session key that is encrypted to a public key (tag 1) or with a
// passphrase (tag 3). RFC 9580, sections 4.2, 5.1, 5.3.
func isOpenPGP(head []byte) bool {
	if len(head) < 6 {
		return false
	}
	switch head[0] {
	case 0x84, 0xc1: // old format with one length byte; new format
		return hasKeyVersion(head[1:], 3, 6)
	case 0x85: // old format, two length bytes
		return head[3] == 3 || head[3] == 6
	case 0x8c, 0xc3:
		return hasKeyVersion(head[1:], 4, 6)
	}
	return false
}

// hasKeyVersion reports whether the version byte, which follows a packet's length of
// one or two bytes, is between low and high.
func hasKeyVersion(p []byte, low, high byte) bool {
	v := p[1]
	if p[0] >= 192 && p[0] < 224 {
		v = p[2]
	}
	return v >= low && v <= high && v != 0
}

// isEnveloped reports whether head begins with enveloped data in DER, as the output of
// openssl smime -outform DER does. RFC 5652, sections 3 and 6.1: a sequence whose first
// element is the object identifier 1.2.840.113549.1.7.3.
func isEnveloped(head []byte) bool {
	const identifier, furthest = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", 7
	i := bytes.Index(head, []byte(identifier))
	return hasPrefix(head, "\x30") && i > 0 && i < furthest
}

// Bounds on base64 text: shorter text may be anything, and what is inside shows in its
// first bytes.
const (
	shortestBase64 = 16
	longestBase64  = 1024
)

// rejectBase64 returns the Failure for text in base64 with something known inside. It
// returns nil for any other text.
func rejectBase64(head []byte) error {
	inside := decodeBase64(head)
	if inside == nil {
		return nil
	}
	if name := encryptionOf(inside); name != "" {
		return outcome.Fail(outcome.KeyMissing, "the backup is encrypted with %s, in base64, which this version does not decrypt", name).
			WithHint("decrypt the backup and drill the copy")
	}
	name := cmp.Or(codec.Detect(inside), codec.Unsupported(inside), NameOf(inside, containers))
	switch {
	case hasPrefix(inside, archiveMagic):
		name = "an archive of pg_dump"
	case isTar(inside):
		name = "a tar archive"
	case name == "zlib": // two bytes, which words in base64 may decode to
		return nil
	case name != "":
	case bytes.Contains(inside, []byte("-- PostgreSQL database")):
		name = "a plain dump"
	default:
		return nil
	}
	return outcome.Fail(outcome.FormatUnsupported, "the backup is encoded in base64, with %s inside", name).
		WithHint("decode it with base64 --decode, in the backup job or before the drill")
}

// decodeBase64 returns the beginning of what is encoded, or nil if head is not base64.
func decodeBase64(head []byte) []byte {
	text := make([]byte, 0, longestBase64)
	for _, c := range head {
		switch {
		case c == '\n', c == '\r':
			continue
		case c == '=': // of the end
		case c == '+', c == '/', c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z':
			if text = append(text, c); len(text) < longestBase64 {
				continue
			}
		default:
			return nil
		}
		break
	}
	if len(text) < shortestBase64 {
		return nil
	}
	decoded, err := base64.RawStdEncoding.DecodeString(string(text[:len(text)/4*4]))
	if err != nil {
		return nil
	}
	return decoded
}
