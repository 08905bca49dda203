package bucket_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/bucket"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const name = "acme"

func start(t *testing.T) *s3server.Server {
	t.Helper()
	server := s3server.Start(t)
	server.Setenv(t)
	server.CreateBucket(t, name)
	return server
}

func open(t *testing.T, endpoint string) *bucket.Bucket {
	t.Helper()
	return openURL(t, endpoint, "s3://"+name+"/x")
}

func openURL(t *testing.T, endpoint, url string) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), bucket.Options{
		URL: url, Endpoint: endpoint, URLKey: "record.history", Section: "record.s3", Attempts: 2, MaxBackoff: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func content(t *testing.T, b *bucket.Bucket, key string) string {
	t.Helper()
	text, found, err := b.Get(t.Context(), locate.Object{Key: key}, 1<<20)
	if err != nil || !found {
		t.Fatalf("%s: %t, %v", key, found, err)
	}
	return string(text)
}

// Of several concurrent writers of one key exactly one succeeds, and no one
// overwrites its object.
func TestPutNewHasOneWinner(t *testing.T) {
	b := open(t, start(t).Endpoint)
	var winner atomic.Value
	var wins atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			text := fmt.Sprintf("writer %d", i)
			written, err := b.PutNew(t.Context(), "x/one.json", []byte(text))
			if err != nil {
				t.Error(err)
			}
			if written {
				wins.Add(1)
				winner.Store(text)
			}
		})
	}
	wg.Wait()
	if wins.Load() != 1 {
		t.Fatalf("%d writers succeeded, want 1", wins.Load())
	}
	if got := content(t, b, "x/one.json"); got != winner.Load() {
		t.Errorf("the object is that of %s, but %s succeeded", got, winner.Load())
	}
	if err := b.Put(t.Context(), "x/one.json", []byte("replaced")); err != nil || content(t, b, "x/one.json") != "replaced" {
		t.Errorf("put: %v", err)
	}
}

// AWS answers 409 during a concurrent write of the same key.
func TestPutNewRetriesAfterConflicts(t *testing.T) {
	server := start(t)
	var asked atomic.Int64
	for name, c := range map[string]struct {
		conflicts int64
		written   bool
	}{"once": {1, true}, "always": {99, false}} {
		asked.Store(0)
		proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != http.MethodPut || asked.Add(1) > c.conflicts {
				return false
			}
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `<Error><Code>ConditionalRequestConflict</Code><Message>The conditional request cannot succeed.</Message></Error>`)
			return true
		})
		written, err := open(t, proxy).PutNew(t.Context(), "x/"+name, []byte(name))
		if written != c.written || (err == nil) != c.written {
			t.Errorf("%s: %t, %v", name, written, err)
		}
		if err != nil && (outcome.AsFailure(err).Code != outcome.SourceUnreachable || !strings.Contains(err.Error(), "write s3://acme/x/always: ConditionalRequestConflict")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGet(t *testing.T) {
	server := start(t)
	server.Put(t, name, "x/a", []byte("12345"))
	b := open(t, server.Endpoint)
	if _, found, err := b.Get(t.Context(), locate.Object{Key: "x/none"}, 10); found || err != nil {
		t.Errorf("missing object: %t, %v", found, err)
	}
	if _, _, err := b.Get(t.Context(), locate.Object{Key: "x/a"}, 4); err == nil || !strings.Contains(err.Error(), "larger than 4 B") {
		t.Errorf("large object: %v", err)
	}
	if _, _, err := b.Get(t.Context(), locate.Object{Key: "x/a", ETag: "other"}, 10); err == nil || !strings.Contains(err.Error(), "PreconditionFailed") {
		t.Errorf("replaced object: %v", err)
	}
	server.Remove(t, name, "x/a")
	if _, _, err := openAnother(t, server).Get(t.Context(), locate.Object{Key: "x/a"}, 10); err == nil || outcome.AsFailure(err).Code != outcome.SourceNotFound {
		t.Errorf("no such bucket: %v", err)
	}
}

// TestResponsesThatBreakOff cuts the body of a response once: a page of a listing, and
// an object. If every response breaks off, that is an error.
func TestResponsesThatBreakOff(t *testing.T) {
	server := start(t)
	server.Put(t, name, "x/a", []byte("12345"))
	var left atomic.Int64
	proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		if left.Add(-1) < 0 {
			return false
		}
		connection, buffer, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return true
		}
		fmt.Fprint(buffer, "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 500\r\n\r\n<?xml version=\"1.0\"?><ListBucketResult><Name>acme</Name><Con")
		_ = buffer.Flush()
		_ = connection.Close()
		return true
	})
	b := open(t, proxy)
	for cuts, works := range map[int64]bool{1: true, 99: false} {
		left.Store(cuts)
		objects, err := b.List(t.Context(), "x/")
		if works != (err == nil) || works && len(objects) != 1 {
			t.Errorf("list, cut %d times: %v, %v", cuts, objects, err)
		}
		left.Store(cuts)
		text, found, err := b.Get(t.Context(), locate.Object{Key: "x/a"}, 1000)
		if works != (err == nil) || works && (!found || string(text) != "12345") {
			t.Errorf("get, cut %d times: %q, %t, %v", cuts, text, found, err)
		}
		if err != nil && outcome.AsFailure(err).Code != outcome.SourceUnreachable {
			t.Errorf("cut %d times: %v", cuts, err)
		}
	}
}

func openAnother(t *testing.T, server *s3server.Server) *bucket.Bucket {
	t.Helper()
	b, err := bucket.Open(t.Context(), bucket.Options{URL: "s3://nowhere", Endpoint: server.Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}
