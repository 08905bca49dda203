package fetch_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
)

func fetcher(t *testing.T, scan func(context.Context, io.Reader) (inspect.Contents, error)) fetch.Fetcher {
	return fetch.Fetcher{
		Dir: t.TempDir(), Scan: scan, PartSize: partSize, Parallel: 4, Attempts: 10,
		Backoff: time.Microsecond, Stall: 100 * time.Millisecond,
	}
}

func drain(_ context.Context, r io.Reader) (inspect.Contents, error) {
	_, err := io.Copy(io.Discard, r)
	return inspect.Contents{}, err
}

// recordingScan is a scan that records what it read.
type recordingScan struct{ read []byte }

func (s *recordingScan) scan(_ context.Context, r io.Reader) (inspect.Contents, error) {
	var err error
	s.read, err = io.ReadAll(r)
	return inspect.Contents{}, err
}

// progress records what was reported.
type progress struct {
	mu          sync.Mutex
	done, total int64
	backwards   bool
}

func (p *progress) report(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.backwards = p.backwards || done < p.done
	p.done, p.total = done, total
}

func (p *progress) check(t *testing.T, size int64) {
	t.Helper()
	if p.done != size || p.total != size || p.backwards {
		t.Errorf("reported %d of %d (backwards: %v), want %d", p.done, p.total, p.backwards, size)
	}
}

func backup(t *testing.T, content []byte) locate.Backup {
	t.Helper()
	var m sourcetest.Memory
	m.Put(t, "../../shop.dump", content)
	o := sourcetest.Find(t, &m, "../../shop.dump")
	return locate.Backup{Object: o, Source: &m, URI: m.URI(o)}
}

func chosen(t *testing.T, s locate.Source) locate.Backup {
	t.Helper()
	b, err := locate.Locator{Source: s}.Locate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func checkFile(t *testing.T, file fetch.File, want []byte) {
	t.Helper()
	got, err := os.ReadFile(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) || file.Size != int64(len(want)) || file.SHA256 != hexSum(want) {
		t.Errorf("%d bytes on disk, %d reported with sum %s; want %d with sum %s",
			len(got), file.Size, file.SHA256, len(want), hexSum(want))
	}
}

func random(n int) []byte {
	content := make([]byte, n)
	source := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = source.Read(content)
	return content
}

func hexSum(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
