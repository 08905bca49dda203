package pgp

import (
	"bufio"
	"errors"
	"io"

	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"

	"github.com/drillgres/drillgres/drill/layers/source"
	"github.com/drillgres/drillgres/drill/outcome"
)

// input is the message as it is stored.
type input struct {
	*source.Reader
	armor    *source.Armor // nil: binary
	body     *bufio.Reader // the binary message
	frame    *frame        // the packet with the data; nil: not reached
	trailing int64
}

func (in *input) setBody(r io.Reader) { in.body = bufio.NewReaderSize(r, armoredBuffer) }

// frame is the packet with the data. The packets inside are not checked when they are read,
// and the library gives the same error for all damage, so how the frame ended decides.
type frame struct {
	r     io.Reader
	ended bool
	err   error // the first, except its end
}

func (f *frame) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	switch {
	case err == io.EOF: //nolint:errorlint // the library's own end
		f.ended = true
	case err != nil && f.err == nil:
		f.err = err
	}
	return n, err
}

// judge returns the Failure for an error of the library: the source's own error, a cut or
// damage.
func (in *input) judge(err error) error {
	var f *outcome.Failure
	switch {
	case in.Err() != nil:
		return in.Err()
	case errors.As(err, &f):
		return f
	case in.isCut(err):
		return outcome.Fail(outcome.StreamTruncated, "decrypt OpenPGP: the message ends early")
	case errors.Is(err, pgperrors.ErrMDCHashMismatch):
		return outcome.Fail(outcome.StreamCorrupt, "decrypt OpenPGP: the message does not match its checksum (MDC)")
	case errors.Is(err, pgperrors.ErrAEADTagVerification):
		return outcome.Fail(outcome.StreamCorrupt, "decrypt OpenPGP: a chunk of the message is not authentic")
	}
	return outcome.Fail(outcome.StreamCorrupt, "decrypt OpenPGP: the message is damaged")
}

// isCut reports whether the file ended inside the message. Armor is cut if its last line
// is missing; with that line, something in the middle is missing instead.
func (in *input) isCut(err error) bool {
	if in.frame != nil {
		err = in.frame.err
	}
	if in.armor != nil {
		return err != nil && !in.armor.Ended && in.Exhausted()
	}
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// finish reads what follows the message, up to the file's end.
func (in *input) finish() error {
	padding := "\x00"
	if in.armor != nil {
		padding += " \t\r\n"
		if err := in.finishArmor(); err != nil {
			return err
		}
	}
	n, err := in.Drain(padding)
	in.trailing += n
	return err
}

// finishArmor reads the armor to its last line. A second message may be in it.
func (in *input) finishArmor() (err error) {
	in.trailing, err = io.Copy(io.Discard, in.body)
	if _, e := io.Copy(io.Discard, in.armor); e != nil { // the library stops at the checksum
		return e
	}
	if !in.armor.Ended {
		return outcome.Fail(outcome.StreamTruncated, "decrypt OpenPGP: the armor has no last line")
	}
	return err
}

// plaintext reads the content of a message to its end.
type plaintext struct {
	in      *input
	content *content
	err     error
}

func (p *plaintext) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	n, err := p.content.body.Read(b)
	if err == io.EOF { //nolint:errorlint // the library's own end
		if err = p.content.finish(); err == nil {
			err = p.in.frame.err // which the library ignores in the authenticated modes
		}
		if err == nil {
			err = p.in.finish()
		}
		if err == nil {
			p.err = io.EOF
		}
	}
	if err != nil {
		p.err = p.in.judge(err)
	}
	if n > 0 {
		return n, nil
	}
	return 0, p.err
}
