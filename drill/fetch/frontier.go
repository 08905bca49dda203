package fetch

import (
	"io"
	"os"
	"sync"
)

// frontier records how much of each part has arrived. A reader can follow up to
// the first gap.
type frontier struct {
	size, partSize int64

	mu      sync.Mutex
	more    *sync.Cond
	arrived []int64 // bytes of each part
	err     error   // that ended the download early
}

func newFrontier(size, partSize int64) *frontier {
	f := &frontier{size: size, partSize: partSize, arrived: make([]int64, (size+partSize-1)/partSize)}
	f.more = sync.NewCond(&f.mu)
	return f
}

// part returns the part with the index. It returns false if there is no such part.
func (f *frontier) part(index int64) (part, bool) {
	start := index * f.partSize
	return part{index: index, start: start, size: min(f.partSize, f.size-start)}, start < f.size
}

// advance records that the first n bytes of a part have arrived.
func (f *frontier) advance(index, n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.arrived[index] = n
	f.more.Broadcast()
}

// end records that the download has ended: with err, or completely if err is nil.
func (f *frontier) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.more.Broadcast()
}

// wait blocks until bytes at the offset have arrived and returns their number.
func (f *frontier) wait(offset int64) (int64, error) {
	index, within := offset/f.partSize, offset%f.partSize
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil && f.arrived[index] <= within {
		f.more.Wait()
	}
	return f.arrived[index] - within, f.err
}

// reader returns a reader of the whole backup on disk. It blocks at bytes that
// have not arrived.
func (f *frontier) reader(disk io.ReaderAt) io.Reader {
	return &follower{frontier: f, disk: disk}
}

// open opens the backup on disk once more. It waits for bytes that have not arrived.
func (f *frontier) open(path string) (io.ReadCloser, error) {
	disk, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &opened{f.reader(disk), arrivedAt{f, disk}, f.size, disk}, nil
}

type follower struct {
	*frontier
	disk   io.ReaderAt
	offset int64
}

func (f *follower) Read(p []byte) (int, error) {
	if f.offset == f.size {
		return 0, io.EOF
	}
	n, err := f.wait(f.offset)
	if err != nil {
		return 0, err
	}
	read, err := f.disk.ReadAt(p[:min(int64(len(p)), n)], f.offset)
	f.offset += int64(read)
	return read, err
}

// arrivedAt reads the backup on disk at any offset. It waits for bytes that have not
// arrived.
type arrivedAt struct {
	*frontier
	disk io.ReaderAt
}

func (a arrivedAt) ReadAt(p []byte, offset int64) (n int, err error) {
	for n < len(p) && offset+int64(n) < a.size {
		at := offset + int64(n)
		have, err := a.wait(at)
		if err != nil {
			return n, err
		}
		read, err := a.disk.ReadAt(p[n:n+int(min(have, int64(len(p)-n)))], at)
		if n += read; err != nil {
			return n, err
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
