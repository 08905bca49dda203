package inspect

import (
	"bytes"
	"io"
)

// InChunks reads a dump that is not compressed, as [Scan] does, but through a
// window of this size and in reads of so many bytes: wherever a read ends, and
// however little is in sight, the dump says the same.
func InChunks(content []byte, window, chunk int) (Contents, error) {
	f := newFeed(&chunks{r: bytes.NewReader(content), size: chunk}, window)
	k := newCatalog()
	if hasPrefix(f.peek(len(archiveMagic)), archiveMagic) {
		return ended(k, readArchive(f, k, &budget{}))
	}
	k.c.Format = Plain
	f.asText()
	s := newScript(f, k)
	err := s.run()
	if err == nil {
		err = s.end()
	}
	if len(f.window()) == 0 && f.broken() != nil {
		err = f.broken()
	}
	return ended(k, err)
}

func ended(k *catalog, err error) (Contents, error) { return k.contents(), err }

// chunks reads at most so many bytes at a time.
type chunks struct {
	r    io.Reader
	size int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }
