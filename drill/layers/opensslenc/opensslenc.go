// Package opensslenc decrypts backups that openssl enc encrypted, in one pass. Nothing in
// such a file says which options made it, and nothing authenticates it: the plaintext
// decides whether a key is right, and damage in the middle shows only in the plaintext.
package opensslenc

import (
	"bytes"
	"io"
	"slices"

	"github.com/drillgres/drillgres/drill/layers/source"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Unauthenticated is what a report says about every backup that openssl enc encrypted.
const Unauthenticated = "decryption is unauthenticated: openssl enc stores no checksum, so bytes that were changed in the encrypted backup are noticed only if what they decrypt to is invalid"

const (
	magic    = "Salted__"
	saltSize = 8
	headSize = 4096 // plaintext bytes that decide whether a key is right
)

// Opened is the plaintext of a file of openssl enc.
type Opened struct {
	io.Reader
	Key         *Key   // that opened it
	Fingerprint string // of the Key, with the digest that opened it
	base64      *base64Reader
	digest      digest
}

// Trailing returns how many bytes follow the end of the file, after Read has returned
// io.EOF. Only base64 that ends in = has an end that bytes can follow. White space does
// not count.
func (o *Opened) Trailing() int64 {
	if o.base64 == nil {
		return 0
	}
	return o.base64.trailing
}

// Detect reports whether head, the first bytes of a file, begins a file of openssl enc, in
// binary or in base64. A file made with -nosalt has nothing to detect.
func Detect(head []byte) bool {
	return bytes.HasPrefix(head, []byte(magic)) || isBase64(head)
}

// Open returns the plaintext of a file of openssl enc, which may be in base64. It tries the
// keys in their order, and each digest of a key: a key is right if plausible recognises the
// first bytes of the plaintext, at most 4096, which may end in a damaged or padded block if
// the file is that short.
//
// It returns key_missing without keys, and key_wrong if no plaintext is plausible; then the
// first bytes of the backup may also be damaged, because nothing tells the two apart. It
// returns format_unsupported, and stream_truncated if the file ends before its first block
// does. Read returns stream_truncated and stream_corrupt. Errors of r are returned as they
// are.
func Open(r io.Reader, keys []*Key, plausible func(head []byte) bool) (*Opened, error) {
	in := source.New(r)
	start, _ := in.Peek(headSize)
	if err := in.Err(); err != nil {
		return nil, err
	}
	o := &Opened{}
	if isBase64(start) {
		o.base64 = &base64Reader{in: in}
		in = source.New(o.base64)
	}
	salt, err := readSalt(in)
	if err != nil {
		return nil, err
	}
	d, err := choose(in, salt, keys, plausible)
	if err != nil {
		return nil, err
	}
	o.digest = d.digest
	o.Key, o.Fingerprint = d.key, d.key.describe(d.digest.name)
	if d.key.cipher.stream {
		o.Reader = &streamReader{in: in, stream: d.stream()}
	} else {
		o.Reader = &blockReader{in: in, mode: d.blocks(), size: d.block.BlockSize()}
	}
	return o, nil
}

// OpenAnother decrypts another file with the key and the digest that have proved right. Its
// errors are those of [Open].
func (o *Opened) OpenAnother(r io.Reader) (*Opened, error) {
	same := *o.Key
	same.digests = []digest{o.digest}
	return Open(r, []*Key{&same}, func([]byte) bool { return true })
}

// readSalt reads the header.
func readSalt(in *source.Reader) ([]byte, error) {
	header := make([]byte, len(magic)+saltSize)
	n, err := io.ReadFull(in, header)
	switch known := min(n, len(magic)); {
	case in.Err() != nil:
		return nil, in.Err()
	case string(header[:known]) != magic[:known]:
		return nil, outcome.Fail(outcome.FormatUnsupported, "decrypt openssl: the file does not begin like one of openssl enc")
	case err != nil:
		return nil, errTruncated("the file ends in its header")
	}
	return header[len(magic):], nil
}

// choose returns the decryption whose plaintext is plausible.
func choose(in *source.Reader, salt []byte, keys []*Key, plausible func([]byte) bool) (*decryption, error) {
	if len(keys) == 0 {
		return nil, outcome.Fail(outcome.KeyMissing, "the backup is encrypted with openssl enc, and backup.keys has no passphrase for it").
			WithHint("add the passphrase and the options of openssl enc to backup.keys: in a disaster without them, the backup is lost")
	}
	head, whole, err := peekHead(in, keys)
	if err != nil {
		return nil, err
	}
	var tried []string
	for _, k := range keys {
		for _, digest := range k.digests {
			d, err := newDecryption(k, digest, salt)
			if err != nil {
				return nil, outcome.Fail(outcome.FormatUnsupported, "decrypt openssl: derive a key with %s: %w", k.describe(digest.name), err)
			}
			if plain, sure := d.head(head, whole); sure || len(plain) > 0 && plausible(plain) {
				return d, nil
			}
		}
		if f := k.Fingerprint(); !slices.Contains(tried, f) {
			tried = append(tried, f)
		}
	}
	return nil, errWrongKey(tried)
}

// peekHead returns the first bytes of the ciphertext, and whether they are all of it.
func peekHead(in *source.Reader, keys []*Key) (head []byte, whole bool, err error) {
	head, _ = in.Peek(headSize + 1)
	if err := in.Err(); err != nil {
		return nil, false, err
	}
	whole = len(head) <= headSize
	smallest := slices.MinFunc(keys, func(a, b *Key) int { return a.cipher.least() - b.cipher.least() }).cipher.least()
	if whole && len(head) < smallest {
		return nil, false, errTruncated("the file ends before its first block does")
	}
	return head[:min(len(head), headSize)], whole, nil
}
