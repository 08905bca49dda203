package words

import "sync"

// Tail is a writer that keeps the end of what is written to it. It is safe for concurrent use.
type Tail struct {
	Size int // bytes that it keeps

	mu   sync.Mutex
	kept []byte
}

// Write never fails.
func (t *Tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept = append(t.kept, b...); len(t.kept) > 2*t.Size { // so that not every write moves all of it
		t.kept = append(t.kept[:0], t.end()...)
	}
	return len(b), nil
}

// String returns the last Size bytes. Its first letter may be cut.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.end())
}

func (t *Tail) end() []byte { return t.kept[max(0, len(t.kept)-t.Size):] }
