package opensslenc

import (
	"crypto/cipher"
	"io"

	"github.com/drillgres/drillgres/drill/layers/source"
)

// streamReader decrypts with a cipher that needs no padding: a cut cannot be seen.
type streamReader struct {
	in     *source.Reader
	stream cipher.Stream
}

func (r *streamReader) Read(p []byte) (int, error) {
	n, err := r.in.Read(p)
	r.stream.XORKeyStream(p[:n], p[:n])
	switch {
	case r.in.Err() != nil && n == 0:
		return 0, r.in.Err()
	case n > 0:
		return n, nil
	}
	return 0, err
}

// blockReader decrypts whole blocks. The last one ends in padding.
type blockReader struct {
	in   *source.Reader
	mode cipher.BlockMode
	size int    // of a block
	rest []byte // decrypted bytes for which the caller had no room
	err  error  // that follows them
}

func (r *blockReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil && len(p) > 0 {
		n, err := r.decrypt(p)
		if r.err = err; n > 0 {
			return n, nil
		}
	}
	n := copy(p, r.rest)
	if r.rest = r.rest[n:]; n > 0 || len(p) == 0 {
		return n, nil
	}
	return 0, r.err
}

// decrypt decrypts the blocks that are buffered, except the last of the file, directly into
// p; it uses rest if p has no room for a block.
func (r *blockReader) decrypt(p []byte) (int, error) {
	ahead, _ := r.in.Peek(r.size + 1)
	if err := r.in.Err(); err != nil {
		return 0, err
	}
	if len(ahead) <= r.size {
		return 0, r.finish(ahead)
	}
	small := len(p) < r.size
	if small {
		r.rest = make([]byte, r.size)
		p = r.rest
	}
	ready := min(r.in.Buffered()-1, len(p)) / r.size * r.size
	blocks, _ := r.in.Peek(ready)
	r.mode.CryptBlocks(p[:ready], blocks)
	_, err := r.in.Discard(ready)
	if small {
		return 0, err
	}
	return ready, err
}

// finish decrypts the last block. It returns io.EOF if its padding is valid.
func (r *blockReader) finish(last []byte) error {
	if len(last) != r.size {
		return errTruncated("the stream ends early: its last block is incomplete")
	}
	plain := make([]byte, r.size)
	r.mode.CryptBlocks(plain, last)
	body, ok := unpad(plain, r.size)
	if !ok {
		return errCorrupt("the stream does not end in valid padding: it was cut between two blocks, or its end is damaged")
	}
	r.rest = body
	_, err := r.in.Discard(r.size)
	if err != nil {
		return err
	}
	return io.EOF
}
