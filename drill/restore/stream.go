package restore

import (
	"context"
	"io"
	"sync"
)

// How rows are handed to workers, in bytes.
const (
	chunkSize = 256 << 10
	readAhead = 16 << 20
)

// newRoom returns places for as many chunks as may be in memory. A chunk is made when its place
// is first taken, and then used again: garbage would cost as much time as decompression.
func newRoom() chan []byte {
	room := make(chan []byte, readAhead/chunkSize)
	for range cap(room) {
		room <- nil
	}
	return room
}

// stream is rows on their way from the dump to a worker.
type stream struct {
	room   chan []byte
	chunks chan []byte
	failed error  // set before chunks is closed: the rows are not complete
	chunk  []byte // that is being read
	rest   []byte // of it
}

func newStream(room chan []byte) *stream {
	return &stream{room: room, chunks: make(chan []byte, cap(room))}
}

// fill reads rows from the dump. more waits until there are more of them than were read, and returns their
// number of bytes: the same as were read if there are no more.
func (s *stream) fill(ctx context.Context, dump io.Reader, more func(done int64) (size int64, err error)) error {
	defer close(s.chunks)
	for done, size := int64(0), int64(0); s.failed == nil; done = size {
		if size, s.failed = more(done); size == done {
			break
		}
		if s.failed == nil {
			s.failed = s.readChunks(ctx, dump, size-done)
		}
	}
	return s.failed
}

func (s *stream) readChunks(ctx context.Context, dump io.Reader, left int64) error {
	for left > 0 {
		var chunk []byte
		select {
		case chunk = <-s.room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		if chunk == nil {
			chunk = make([]byte, chunkSize)
		}
		chunk = chunk[:min(left, chunkSize)]
		if _, err := io.ReadFull(dump, chunk); err != nil {
			return err
		}
		select {
		case s.chunks <- chunk:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		left -= int64(len(chunk))
	}
	return nil
}

// Read returns the rows. Their end is only the end if all were read.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		s.giveBack()
		chunk, more := <-s.chunks
		if !more {
			if s.failed != nil {
				return 0, s.failed
			}
			return 0, io.EOF
		}
		s.chunk, s.rest = chunk, chunk
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Close gives back the chunk that is being read.
func (s *stream) Close() error {
	s.giveBack()
	return nil
}

func (s *stream) giveBack() {
	if s.chunk != nil {
		s.room <- s.chunk[:cap(s.chunk)]
		s.chunk, s.rest = nil, nil
	}
}

// lastingRows are rows that are not closed while they are being read: pgx does not wait for its last
// Read if it loses the connection or its context ends.
type lastingRows struct {
	mu     sync.Mutex
	rows   io.Reader // nil: closed
	failed error     // of the rows themselves
}

func (r *lastingRows) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.rows == nil {
		return 0, io.ErrClosedPipe
	}
	n, err := r.rows.Read(p)
	if err != nil && err != io.EOF { //nolint:errorlint // the end
		r.failed = err
	}
	return n, err
}

func (r *lastingRows) close(done func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = nil
	return done()
}

// fullReader fills what it reads into: a decompressor returns little at a time, and each part
// would be a message of its own to the server.
type fullReader struct{ reader io.Reader }

func (r *fullReader) Read(p []byte) (int, error) {
	n, err := io.ReadFull(r.reader, p)
	if err == io.ErrUnexpectedEOF && n > 0 { //nolint:errorlint // of ReadFull itself
		return n, nil // the next one returns the reader's own error
	}
	return n, err
}
