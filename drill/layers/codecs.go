package layers

import (
	"bytes"

	"github.com/drillgres/drillgres/drill/layers/codec"
	"github.com/drillgres/drillgres/drill/outcome"
)

// openCodec opens a compressed stream.
func openCodec(s *Stream, in opened, name string) (*level, error) {
	z, err := codec.Open(in.ctx, name, in.br)
	if err != nil {
		return nil, err
	}
	s.closers = append(s.closers, z.Close)
	l := &level{Layer: Layer{Name: name}, r: z, trailing: z.Trailing, at: z.Consumed}
	if wentThroughTerminal(in.head) {
		l.explain = func(err error) error {
			if outcome.AsFailure(err).Code != outcome.StreamTruncated {
				return throughTerminal(name)
			}
			return err
		}
	}
	return l, nil
}

// Text that went through a terminal has a carriage return before each line feed, which
// damages binary data. manyFeeds is how many line feeds must have one: in compressed data
// one in 256 bytes is a line feed.
const manyFeeds = 8

// wentThroughTerminal reports whether the first bytes have many line feeds, all behind a
// carriage return.
func wentThroughTerminal(head []byte) bool {
	feeds := bytes.Count(head, []byte("\n"))
	return feeds >= manyFeeds && bytes.Count(head, []byte("\r\n")) == feeds
}

func throughTerminal(name string) error {
	return outcome.Fail(outcome.StreamCorrupt, "the %s stream went through a terminal, which put a carriage return before each line feed", name).
		WithHint("do not allocate a terminal in the backup job: no docker exec -t, no ssh -t")
}
