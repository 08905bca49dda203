// Package databasus decrypts backups that Databasus (once Postgresus) encrypted, in one
// pass and with the memory of one chunk.
//
// A file is a header of 64 bytes (PGRSUS01, salt, nonce, 12 reserved bytes) and chunks: a
// big-endian length of four bytes and that many bytes of AES-256-GCM, whose plaintext is
// 1 MiB except in the last. The format does not mark the last chunk. A file that is cut
// exactly between two chunks therefore decrypts without an error: only the completeness of
// what is in it shows the cut.
//
// The facts are those of databasus/databasus, backend/internal/features/backups/backups/
// encryption, which has written the same format from its first version (2025-11-17) on.
package databasus

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"io"

	"github.com/drillgres/drillgres/drill/layers/source"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	magic      = "PGRSUS01"
	saltSize   = 32
	nonceSize  = 12
	headerSize = 64
	tagSize    = 16
	chunkSize  = 1 << 20 // plaintext bytes
)

// Opened is the plaintext of an encrypted backup.
type Opened struct {
	io.Reader
	Key *Key   // that opened it
	ID  string // the UUID of the backup, which its key is derived from
}

// Detect reports whether head, the first bytes of a file, begins an encrypted backup.
func Detect(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }

// Open returns the plaintext of an encrypted backup. The key of each backup is derived from
// the instance's secret key and the UUID of the backup, so Open tries every key with every
// id (see [IDs]); ids that are not UUIDs are ignored.
//
// It returns key_missing without keys or ids, and key_wrong if none opens the first chunk;
// then that chunk may also be damaged, because nothing tells the two apart. It returns
// format_unsupported, and stream_truncated if the file ends before the first chunk does.
// Read returns stream_truncated, or stream_corrupt if a later chunk is not authentic. A cut
// between two chunks cannot be seen. Errors of r are returned as they are.
func Open(r io.Reader, keys []*Key, ids []string) (*Opened, error) {
	return open(r, keys, ids, derive)
}

// deriver returns the key of one backup.
type deriver func(secret, id string, salt []byte) ([]byte, error)

func open(r io.Reader, keys []*Key, ids []string, derive deriver) (*Opened, error) {
	c := &chunks{in: source.New(r)}
	salt, err := c.readHeader()
	if err != nil {
		return nil, err
	}
	ids = normalise(ids)
	if err := checkCandidates(keys, ids); err != nil {
		return nil, err
	}
	err = c.next()
	if err == io.EOF { //nolint:errorlint // its own end
		err = outcome.Fail(outcome.StreamTruncated, "decrypt databasus: the file ends behind its header")
	}
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		for _, id := range ids {
			ok, err := c.opens(key, id, salt, derive)
			switch {
			case err != nil:
				return nil, err
			case ok:
				return &Opened{Reader: c, Key: key, ID: id}, nil
			}
		}
	}
	return nil, errWrongKey(keys, ids)
}

// chunks reads and decrypts chunk by chunk.
type chunks struct {
	in    *source.Reader
	aead  cipher.AEAD
	nonce [nonceSize]byte // of the current chunk, after the first four bytes its index
	index uint64

	sealed []byte // the current chunk as it is stored
	plain  []byte // the unread part of its plaintext
	err    error
}

// readHeader returns the salt.
func (c *chunks) readHeader() ([]byte, error) {
	header := make([]byte, headerSize)
	n, err := io.ReadFull(c.in, header)
	switch known := min(n, len(magic)); {
	case c.in.Err() != nil:
		return nil, c.in.Err()
	case string(header[:known]) != magic[:known]:
		return nil, outcome.Fail(outcome.FormatUnsupported, "decrypt databasus: the file does not begin like an encrypted backup of Databasus")
	case err != nil:
		return nil, outcome.Fail(outcome.StreamTruncated, "decrypt databasus: the file ends in its header")
	}
	copy(c.nonce[:4], header[len(magic)+saltSize:])
	return header[len(magic) : len(magic)+saltSize], nil
}

// opens reports whether a key decrypts the first chunk, and decrypts it.
func (c *chunks) opens(key *Key, id string, salt []byte, derive deriver) (bool, error) {
	for _, secret := range key.secrets {
		derived, err := derive(secret, id, salt)
		if err != nil {
			return false, outcome.Fail(outcome.FormatUnsupported, "decrypt databasus: derive a key: %w", err)
		}
		block, err := aes.NewCipher(derived)
		if err != nil {
			return false, err
		}
		if c.aead, err = cipher.NewGCM(block); err != nil {
			return false, err
		}
		if c.decrypt() == nil {
			return true, nil
		}
	}
	return false, nil
}

// next reads the next chunk. It returns io.EOF if the file ends before it.
func (c *chunks) next() error {
	var prefix [4]byte
	n, err := io.ReadFull(c.in, prefix[:])
	switch {
	case c.in.Err() != nil:
		return c.in.Err()
	case err != nil && n == 0:
		return io.EOF
	case err != nil:
		return c.cut()
	}
	length := binary.BigEndian.Uint32(prefix[:])
	if length <= tagSize || length > chunkSize+tagSize {
		return outcome.Fail(outcome.StreamCorrupt, "decrypt databasus: the length of chunk %d is damaged (%d bytes)", c.index+1, length)
	}
	if cap(c.sealed) < int(length) {
		c.sealed = make([]byte, length)
	}
	c.sealed = c.sealed[:length]
	_, err = io.ReadFull(c.in, c.sealed)
	switch {
	case c.in.Err() != nil:
		return c.in.Err()
	case err != nil:
		return c.cut()
	}
	return nil
}

func (c *chunks) cut() error {
	return outcome.Fail(outcome.StreamTruncated, "decrypt databasus: the stream ends early, in chunk %d", c.index+1)
}

// decrypt decrypts the current chunk.
func (c *chunks) decrypt() error {
	binary.BigEndian.PutUint64(c.nonce[4:], c.index)
	into := c.sealed[:0]
	if c.index == 0 {
		into = nil // a wrong key must leave the first chunk as it is
	}
	plain, err := c.aead.Open(into, c.nonce[:], c.sealed, nil)
	if err != nil {
		return outcome.Fail(outcome.StreamCorrupt, "decrypt databasus: chunk %d is damaged: it does not match its authentication tag", c.index+1)
	}
	c.plain = plain
	c.index++
	return nil
}

func (c *chunks) Read(p []byte) (int, error) {
	for len(c.plain) == 0 && c.err == nil && len(p) > 0 {
		if c.err = c.next(); c.err == nil {
			c.err = c.decrypt()
		}
	}
	n := copy(p, c.plain)
	if c.plain = c.plain[n:]; n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, c.err
}
