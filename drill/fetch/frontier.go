package fetch

import (
	"io"
	"sync"
)

// frontier knows how much of each part has arrived, and lets a reader follow
// as far as there is no gap.
type frontier struct {
	size, partSize int64

	mu   sync.Mutex
	more *sync.Cond
	got  []int64 // bytes of each part
	err  error   // why no more will come
}

func newFrontier(size, partSize int64) *frontier {
	f := &frontier{size: size, partSize: partSize, got: make([]int64, (size+partSize-1)/partSize)}
	f.more = sync.NewCond(&f.mu)
	return f
}

// part is the part with the index, if there is one.
func (f *frontier) part(index int64) (part, bool) {
	start := index * f.partSize
	return part{index: index, start: start, size: min(f.partSize, f.size-start)}, start < f.size
}

// advance says that the first n bytes of a part are there.
func (f *frontier) advance(index, n int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got[index] = n
	f.more.Broadcast()
}

// end says that no more will come, because of err or because all is there.
func (f *frontier) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
	f.more.Broadcast()
}

// ahead waits until there are bytes at the offset and says how many.
func (f *frontier) ahead(offset int64) (int64, error) {
	index, within := offset/f.partSize, offset%f.partSize
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.err == nil && f.got[index] <= within {
		f.more.Wait()
	}
	return f.got[index] - within, f.err
}

// reader reads from disk what has arrived, from the first byte to the last,
// waiting where it is ahead of the parts.
func (f *frontier) reader(disk io.ReaderAt) io.Reader {
	return &follower{frontier: f, disk: disk}
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
	n, err := f.ahead(f.offset)
	if err != nil {
		return 0, err
	}
	read, err := f.disk.ReadAt(p[:min(int64(len(p)), n)], f.offset)
	f.offset += int64(read)
	return read, err
}
