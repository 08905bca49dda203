package docker

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/drillgres/drillgres/drill/sandbox"
)

// slowCreator is an engine that creates a container only after the caller's context has
// ended.
type slowCreator struct {
	cancel func()

	mu      sync.Mutex
	exists  bool
	memory  int64
	removed []string
}

func (e *slowCreator) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	e.mu.Lock()
	defer e.mu.Unlock()
	answer := func(body any) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(body)
	}
	switch path := q.URL.Path; {
	case strings.HasSuffix(path, "/_ping"):
		w.Header().Set("API-Version", "1.41")
	case strings.HasSuffix(path, "/info"):
		answer(map[string]any{})
	case strings.Contains(path, "/images/"):
		answer(map[string]any{"Id": "sha256:app"})
	case strings.HasSuffix(path, "/containers/create"):
		var body struct{ HostConfig struct{ Memory int64 } }
		_ = json.NewDecoder(q.Body).Decode(&body)
		e.memory = body.HostConfig.Memory
		e.cancel()
		e.exists = true
		answer(map[string]any{"Id": "c1"})
	case q.Method == http.MethodDelete:
		e.exists = false
		e.removed = append(e.removed, path[strings.LastIndex(path, "/")+1:])
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// The engine completes a request that was cancelled. The container must not stay.
func TestAContainerThatIsCreatedWhileTheDrillIsCancelledIsRemoved(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the user pressed ctrl-c")
	fake := &slowCreator{cancel: func() { cancel(why) }}
	server := httptest.NewServer(fake)
	defer server.Close()
	e, err := Connect(t.Context(), Options{
		Host: "tcp://" + strings.TrimPrefix(server.URL, "http://"), Getenv: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // closes idle connections
	p := &pod{engine: e, spec: sandbox.Spec{RunID: newRunID(), Memory: 4 << 30, ContainerMemory: 1 << 30}, watch: newWatch()}
	p.box = &box{client: e.client, id: "postgres", check: p.check}
	if _, err := p.Start(ctx, sandbox.Container{Name: "app", Image: "app:1"}); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	fake.mu.Lock()
	defer fake.mu.Unlock()
	if fake.exists || len(fake.removed) != 1 || fake.removed[0] != "c1" {
		t.Errorf("the container exists: %t; removed %q", fake.exists, fake.removed)
	}
	if fake.memory != 1<<30 {
		t.Errorf("its memory limit is %d", fake.memory)
	}
}
