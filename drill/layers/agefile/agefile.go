// Package agefile decrypts backups that age, rage or pg_back encrypted, in one pass and
// with the memory of one chunk.
package agefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/drillgres/drillgres/drill/layers/source"
	"github.com/drillgres/drillgres/drill/outcome"
)

const (
	intro       = "age-encryption.org/"
	version     = intro + "v1"
	maxPreamble = 1024 // bytes of white space that age allows around armor
	whitespace  = " \t\r\n"
)

// Opened is the plaintext of an age file.
type Opened struct {
	io.Reader
	Key         *Key   // that opened it
	Fingerprint string // of the identity that opened it, of those in the Key
	Findings    []outcome.Finding
	in          *input
}

// Trailing returns how many bytes follow the end of the file, after Read has returned
// io.EOF. Zeros and white space are padding and do not count. Only armor has an end that
// bytes can follow: behind a binary file they make its last chunk invalid, for age too.
func (o *Opened) Trailing() int64 { return o.in.trailing }

// Detect reports whether head, the first bytes of a file, begins an age file, binary or
// armored.
func Detect(head []byte) bool {
	return bytes.HasPrefix(head, []byte(intro)) || isArmored(head)
}

func isArmored(head []byte) bool {
	text := bytes.TrimLeft(head, whitespace)
	rest, ok := bytes.CutPrefix(text, []byte(armor.Header))
	ended := len(rest) == 0 || rest[0] == '\n' || rest[0] == '\r'
	return ok && ended && len(head)-len(text) <= maxPreamble
}

// Open returns the plaintext of an age file, which may be armored. It tries the keys in
// their order. It returns key_missing without keys, key_wrong if none of them opens the
// file, format_unsupported, and stream_truncated or stream_corrupt if the header is
// damaged. Read returns those two: they are about the backup, because a key has proved
// right. Errors of r are returned as they are.
func Open(r io.Reader, keys []*Key) (*Opened, error) {
	return open(r, &attempt{keys: keys})
}

func open(r io.Reader, try *attempt) (*Opened, error) {
	in := &input{Reader: source.New(r)}
	head, _ := in.Peek(maxPreamble + len(armor.Header) + 1)
	if err := in.Err(); err != nil {
		return nil, err
	}
	var body io.Reader = in.Reader
	if in.armored = isArmored(head); in.armored {
		in.armor = &source.Armor{In: in.Reader, End: armor.Footer}
		body = armor.NewReader(in.armor)
	} else if err := checkVersion(head); err != nil {
		return nil, err
	}
	plain, err := age.Decrypt(body, try)
	if err != nil {
		return nil, in.headerError(err, try)
	}
	in.plain = plain
	return &Opened{Reader: in, Key: try.key, Fingerprint: try.fingerprint, in: in}, nil
}

// checkVersion returns the Failure for a file of another version of the format.
func checkVersion(head []byte) error {
	line, _, whole := bytes.Cut(head, []byte("\n"))
	switch {
	case !bytes.HasPrefix(head, []byte(intro)):
		return outcome.Fail(outcome.FormatUnsupported, "decrypt age: the file does not begin like one of age")
	case whole && string(line) != version:
		return outcome.Fail(outcome.FormatUnsupported, "decrypt age: the file is of another version of the format than v1").
			WithHint("decrypt the backup with the version of age that made it, and drill the copy")
	}
	return nil
}

// input reads the plaintext, and turns the errors of the library into Failures.
type input struct {
	*source.Reader
	armored  bool
	armor    *source.Armor
	plain    io.Reader
	trailing int64
	err      error
}

func (in *input) Read(p []byte) (int, error) {
	if in.err != nil {
		return 0, in.err
	}
	n, err := in.plain.Read(p)
	switch {
	case in.Err() != nil:
		in.err = in.Err()
	case err == io.EOF: //nolint:errorlint // the library's own end, after the last chunk
		in.err = in.finish()
	case err != nil:
		in.err = in.chunkError(err)
	}
	if n > 0 {
		return n, nil
	}
	return 0, in.err
}

// finish reads what follows the end.
func (in *input) finish() error {
	padding := "\x00"
	if in.armored {
		padding += whitespace
	}
	n, err := in.Drain(padding)
	if in.trailing = n; err != nil {
		return err
	}
	return io.EOF
}

// cut reports whether the library failed because it asked for bytes behind the end.
func (in *input) cut() bool {
	if in.armored && in.armor.Ended {
		return false
	}
	return in.Exhausted()
}

// chunkError returns the Failure for an error in the payload. A chunk that is not
// authentic is cut off if the file ended in it; nothing tells that from a flipped bit in
// the last chunk.
func (in *input) chunkError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return outcome.Fail(outcome.StreamTruncated, "decrypt age: the stream ends early")
	case in.cut():
		return outcome.Fail(outcome.StreamTruncated, "decrypt age: the stream ends early, or its last bytes are damaged")
	}
	return outcome.Fail(outcome.StreamCorrupt, "decrypt age: %w", plainly(err))
}

// headerError returns the Failure for an error in the header or of the keys.
func (in *input) headerError(err error, try *attempt) error {
	switch {
	case in.Err() != nil:
		return in.Err()
	case len(try.keys) == 0:
		return outcome.Fail(outcome.KeyMissing, "the backup is encrypted with age, and backup.keys has no key for it%s", try.asksFor()).
			WithHint("add the identity file or the passphrase that opens the backup to backup.keys: in a disaster without it, the backup is lost")
	case try.tooMuchWork:
		return outcome.Fail(outcome.FormatUnsupported, "decrypt age: the passphrase's work factor is above 2^%d, which takes more than 1 GiB of memory", maxWorkFactor).
			WithHint("encrypt the backup with age's default work factor, or to a key")
	case try.key == nil && try.err != nil:
		return outcome.Fail(outcome.StreamCorrupt, "decrypt age: the header is damaged: %w", try.err)
	case try.key == nil && try.stanzas != nil:
		return outcome.Fail(outcome.KeyWrong, "none of the keys in backup.keys opens the backup, which is encrypted with age%s", try.asksFor()).
			WithHint("add the key that the backup job encrypts to, or correct the job's recipient: in a disaster with only these keys, the backup is lost")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), in.cut():
		return outcome.Fail(outcome.StreamTruncated, "decrypt age: the header ends early")
	}
	return outcome.Fail(outcome.StreamCorrupt, "decrypt age: the header is damaged%s", lineOf(err))
}

// lineOf returns what the library says about a damaged header, if it quotes nothing.
func lineOf(err error) string {
	if err.Error() == "bad header MAC" {
		return ": it does not match its checksum"
	}
	return ""
}

// plainly returns an error of the library in words of its own. The library's are
// constants, except where armor quotes a line.
func plainly(err error) error {
	if e := new(armor.Error); errors.As(err, &e) {
		return errors.New("the armor is damaged")
	}
	return fmt.Errorf("%w", err)
}
