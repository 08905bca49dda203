package restore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"github.com/drillgres/drillgres/drill/inspect"
)

// splitFrom is from which size on, in bytes, rows of a single table are loaded over all
// sessions, if they are more than one session's share of the dump. They cannot be frozen then.
const splitFrom = 64 << 20

// fastArrival is how fast rows must arrive, in bytes per second, so that it is better to wait for what is to
// be known of them: a single session hardly loads more of narrow rows.
const fastArrival = 64 << 20

// awaitEnough waits until enough of the rows with an index has arrived to say how to load them.
func (l *loader) awaitEnough(ctx context.Context, i int) (inspect.Rows, error) {
	defer l.wait()()
	r, err := l.rows.More(ctx, i, frozenFrom)
	if err == nil && l.rows.Rate() >= fastArrival {
		r, err = l.rows.More(ctx, i, max(splitFrom, l.rows.Expected()/int64(l.workers)))
	}
	return r, err
}

// splits reports whether several workers load the rows of one block.
func (l *loader) splits(r inspect.Rows) bool {
	return !l.inOrder && r.Fresh && r.Data.Size >= splitFrom && int64(l.workers)*r.Data.Size > l.rows.Expected()
}

// split is rows that several workers load, each some of them.
type split struct {
	open opener

	mu     sync.Mutex
	rows   io.Reader // nil: not opened
	done   func() error
	carry  []byte // the beginning of a row, for the next reader
	failed error  // also io.EOF
}

// part is what one worker reads of a split: whole rows.
type part struct {
	*split
	buf     []byte
	rest    []byte // of buf
	holding bool   // it has read the beginning of a row, and the others wait for its end
}

// opener returns what opens a part.
func (s *split) opener() opener {
	return func() (io.Reader, func() error, error) {
		p := &part{split: s}
		return p, p.Close, nil
	}
}

func (p *part) Read(b []byte) (int, error) {
	for len(p.rest) == 0 {
		if err := p.next(); err != nil {
			return 0, err
		}
	}
	n := copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// next reads rows into rest.
func (p *part) next() error {
	if !p.holding {
		p.mu.Lock()
		p.holding = true
	}
	if p.rest = p.read(); len(p.rest) == 0 || p.failed != nil {
		p.release()
		if len(p.rest) > 0 {
			return nil
		}
		return p.failed
	}
	i := lastRow(p.rest)
	if i > 0 {
		defer p.release()
	} else { // an escape stays with what it escapes
		escapes := len(p.rest) - len(bytes.TrimRight(p.rest, `\`))
		i = len(p.rest) - escapes%2
	}
	p.carry = append(p.carry[:0], p.rest[i:]...)
	p.rest = p.rest[:i]
	return nil
}

func (p *part) release() {
	p.holding = false
	p.mu.Unlock()
}

// read fills buf with what is carried and the next bytes.
func (p *part) read() []byte {
	if p.buf == nil {
		p.buf = make([]byte, 2*chunkSize) // what is carried is less than a chunk
	}
	n := copy(p.buf, p.carry)
	p.carry = p.carry[:0]
	if p.rows == nil && p.failed == nil {
		p.rows, p.done, p.failed = p.open()
	}
	if p.failed != nil {
		return p.buf[:n]
	}
	more, err := io.ReadFull(p.rows, p.buf[n:n+chunkSize])
	if err == io.ErrUnexpectedEOF && more < chunkSize { //nolint:errorlint // of ReadFull itself
		err = nil // the next one returns the reader's own error
	}
	if err != nil {
		p.end(err)
	}
	return p.buf[:n+more]
}

// end closes the rows.
func (s *split) end(err error) {
	if s.failed = err; s.rows != nil {
		if closed := s.done(); closed != nil && err == io.EOF { //nolint:errorlint // the end
			s.failed = closed
		}
		s.rows = nil
	}
}

var errLeft = errors.New("another session has failed")

// Close ends the rows for all parts if one of them was not read to its end.
func (p *part) Close() error {
	if !p.holding {
		p.mu.Lock()
		p.holding = true
	}
	defer p.release()
	if p.failed == nil {
		p.end(errLeft)
	}
	return nil
}

// lastRow returns where the last complete row ends; 0: there is none. A line feed in a value is
// written with a backslash before it, or as \n.
func lastRow(rows []byte) int {
	for end := len(rows); end > 0; {
		i := bytes.LastIndexByte(rows[:end], '\n')
		if i < 0 {
			return 0
		}
		escapes := 0
		for j := i - 1; j >= 0 && rows[j] == '\\'; j-- {
			escapes++
		}
		if escapes%2 == 0 {
			return i + 1
		}
		end = i
	}
	return 0
}
