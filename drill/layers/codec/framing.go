package codec

import (
	"bufio"
	"errors"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// framing follows the structure of streams without decoding them.
type framing interface {
	// begins reports what is at a border between streams. head has the next
	// borderLength bytes, or fewer if the source ends there.
	begins(head []byte) border
	// walk reports how many bytes of p belong to the current stream, and whether a
	// border is behind them. Its error is a Failure.
	walk(p []byte) (n int, atBorder bool, err error)
	// damaged reports whether a source that ended within a stream is damaged rather
	// than cut.
	damaged() bool
}

const borderLength = 6

type border int

const (
	begin   border = iota // the next stream
	proceed               // more of the current stream: the border was none
	padding               // 4 bytes that mean nothing
	cut                   // the source ends within the beginning of a stream
	foreign               // bytes that are not a stream
)

// framed reads the bytes of all streams, without padding and without what is behind the
// last stream.
type framed struct {
	name     string
	br       *bufio.Reader
	src      *source
	f        framing
	trailing *tally
	single   bool // Read returns io.EOF before each stream, until more is called

	waiting bool  // at the beginning of a stream
	inside  bool  // a stream
	ended   bool  // nothing is left of the source but what is behind the last stream
	how     error // it ended: nil or a Failure
}

func (s *framed) Read(p []byte) (int, error) {
	if !s.inside {
		s.advance()
		if !s.single {
			s.enter()
		}
	}
	if s.inside {
		if _, err := s.br.Peek(1); err != nil && s.src.err == nil {
			s.end(s.inStream())
		}
	}
	if s.src.err != nil {
		return 0, s.src.err
	}
	if !s.inside {
		return 0, io.EOF
	}
	b, _ := s.br.Peek(min(s.br.Buffered(), len(p)))
	n, atBorder, err := s.f.walk(b)
	if err != nil {
		s.end(err)
		return 0, err
	}
	s.inside = !atBorder
	copy(p, b[:n])
	_, err = s.br.Discard(n)
	return n, err
}

// more reports whether there is another stream, and enters it.
func (s *framed) more() bool {
	s.advance()
	s.enter()
	return s.inside
}

func (s *framed) enter() {
	s.inside = s.inside || s.waiting
	s.waiting = false
}

// advance goes to the beginning of the next stream, or to the end.
func (s *framed) advance() {
	for !s.inside && !s.waiting && !s.ended {
		head, _ := s.br.Peek(borderLength)
		if s.src.err != nil {
			return
		}
		if len(head) == 0 {
			s.end(nil)
			return
		}
		switch s.f.begins(head) {
		case begin:
			s.waiting = true
		case proceed:
			s.inside = true
		case padding:
			_, _ = s.br.Discard(4)
		case cut:
			s.end(errTruncated(s.name))
		case foreign:
			s.end(s.behind())
		}
	}
}

func (s *framed) end(how error) { s.inside, s.ended, s.how = false, true, how }

// inStream returns the Failure for a source that ended within a stream.
func (s *framed) inStream() error {
	if s.f.damaged() {
		return s.corrupt()
	}
	return errTruncated(s.name)
}

// behind returns the Failure for bytes behind the last stream. bzip2(1) only warns of
// them; xz(1) and lz4(1) fail.
func (s *framed) behind() error {
	if s.name == "bzip2" {
		return nil
	}
	return outcome.Fail(outcome.StreamCorrupt, "decode %s: bytes that are not %s behind its end", s.name, s.name)
}

func (s *framed) corrupt() error {
	return outcome.Fail(outcome.StreamCorrupt, "decode %s: %w", s.name, errCorrupt)
}

// finish returns io.EOF if the source was read to its end and is intact, after the
// decoder has decoded all streams without an error.
func (s *framed) finish() error {
	if s.inside || s.more() {
		return errCorrupt // the decoder found an end where there is none
	}
	if s.src.err != nil {
		return s.src.err
	}
	if s.how != nil {
		return s.how
	}
	if _, err := io.Copy(s.trailing, s.br); err != nil {
		return err
	}
	return io.EOF
}

// fail returns the Failure for an error of the decoder. What the framing knows counts
// more than the decoder's reason, because decoders do not agree on reasons.
func (s *framed) fail(err error) error {
	var f *outcome.Failure
	switch {
	case s.how != nil:
		return s.how
	case errors.As(err, &f):
		return f
	}
	return s.corrupt()
}
