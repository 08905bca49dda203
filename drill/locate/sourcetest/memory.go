package sourcetest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Memory is a source with its objects in memory. The zero value is empty.
type Memory struct {
	mu      sync.Mutex
	objects map[string]memoryObject
	writes  int
}

type memoryObject struct {
	locate.Object
	content []byte
}

var _ locate.Source = (*Memory)(nil)

// Put writes or replaces an object with the current time.
func (m *Memory) Put(_ testing.TB, key string, content []byte) {
	m.PutAt(key, content, time.Now())
}

// PutAt writes or replaces an object with the given time.
func (m *Memory) PutAt(key string, content []byte, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.objects == nil {
		m.objects = map[string]memoryObject{}
	}
	m.writes++
	m.objects[key] = memoryObject{
		Object: locate.Object{
			Key: key, Size: int64(len(content)), ModifiedAt: at, ETag: fmt.Sprintf("write-%d", m.writes),
		},
		content: bytes.Clone(content),
	}
}

// Remove deletes an object.
func (m *Memory) Remove(_ testing.TB, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.objects, key)
}

// List returns the objects in no particular order.
func (m *Memory) List(ctx context.Context) ([]locate.Object, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var objects []locate.Object
	for _, o := range m.objects {
		objects = append(objects, o.Object)
	}
	return objects, nil
}

// ReadRange reads the object as it was at the time of the call.
func (m *Memory) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	stored, ok := m.objects[o.Key]
	if !ok || stored.ETag != o.ETag {
		return nil, outcome.Fail(outcome.BackupChanged, "%s was replaced or removed after it was listed", m.URI(o))
	}
	section := bytes.NewReader(stored.content[offset : offset+length])
	return io.NopCloser(&contextReader{ctx: ctx, Reader: section}), nil
}

// URI returns memory:///key.
func (m *Memory) URI(o locate.Object) string { return "memory:///" + locate.Escape(o.Key) }

// contextReader returns the cause of its context once that is done.
type contextReader struct {
	io.Reader
	ctx context.Context
}

func (r *contextReader) Read(p []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(p)
}
