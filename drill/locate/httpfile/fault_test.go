package httpfile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/fetch"
	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func content(size int) string {
	b := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return string(b)
}

// download fetches the one file of the source as a drill does, and compares it.
func download(t *testing.T, s locate.Source, want string) {
	t.Helper()
	objects := sourcetest.List(t, s)
	var got bytes.Buffer
	f := fetch.Fetcher{
		Dir: t.TempDir(), PartSize: 1 << 20, Attempts: 5, Backoff: time.Millisecond, Stall: 2 * time.Second,
		Scan: func(_ context.Context, r io.Reader) (inspect.Contents, error) {
			_, err := got.ReadFrom(r)
			return inspect.Contents{}, err
		},
	}
	if _, err := f.Fetch(t.Context(), locate.Backup{Object: objects[0], Source: s, URI: s.URI(objects[0])}, nil); err != nil {
		t.Fatal(err)
	}
	if got.String() != want {
		t.Error("other bytes arrived")
	}
}

// whole answers with the whole file, whatever was asked for, up to n bytes of it.
func whole(w http.ResponseWriter, text string, n int) {
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = io.WriteString(w, text[:n])
}

func TestFaults(t *testing.T) {
	text := content(5 << 20)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) { ranges(w, r, text) })
	faulty := &sourcetest.Faulty{Source: dump(t, server), Plan: func(n int, _, length int64) sourcetest.Fault {
		return sourcetest.Fault{Cut: n%3 == 1, End: n%3 == 2, After: length / 2}
	}}
	download(t, faulty, text)
	if faulty.Calls() < 8 {
		t.Errorf("only %d reads", faulty.Calls())
	}
}

// TestCutAndResumed cuts responses of a server in the middle.
func TestCutAndResumed(t *testing.T) {
	text := content(5 << 20)
	var asked atomic.Int64
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1)%2 == 0 {
			ranges(&cutting{ResponseWriter: w, left: 300 << 10}, r, text)
			return
		}
		ranges(w, r, text)
	})
	download(t, dump(t, server), text)
	if asked.Load() < 8 {
		t.Errorf("only %d requests", asked.Load())
	}
}

// cutting is a response whose connection breaks after some bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Write(p []byte) (int, error) {
	if c.left < len(p) {
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

// TestWithoutRanges downloads from a server that answers every request with the whole
// file, and breaks off.
func TestWithoutRanges(t *testing.T) {
	text := content(5 << 20)
	var asked atomic.Int64
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		switch asked.Add(1) {
		case 2, 3:
			whole(w, text, int(asked.Load())<<20)
			panic(http.ErrAbortHandler)
		default:
			whole(w, text, len(text))
		}
	})
	s := dump(t, server)
	download(t, s, text)
	if n := asked.Load(); n != 4 || !s.Sequential(locate.Object{}) {
		t.Errorf("%d requests, sequential: %t; want one to list, two that break off, and one more", n, s.Sequential(locate.Object{}))
	}
}

func TestNoSize(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "du")
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "mp")
	})
	_, err := dump(t, server).List(t.Context())
	want(t, err, outcome.SourceUnreachable, "does not state the size", "Content-Length")
}

// TestBusyForAMoment answers with errors at first.
func TestBusyForAMoment(t *testing.T) {
	for _, status := range []int{429, 500, 502, 503, 504} {
		var asked atomic.Int64
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if asked.Add(1) < 3 {
				w.WriteHeader(status)
				return
			}
			ranges(w, r, "dump")
		})
		sourcetest.List(t, dump(t, server))
	}
}

func TestSilentServer(t *testing.T) {
	text := content(1 << 20)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("body") {
			whole(w, text, 100<<10)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	})
	s := dump(t, server)
	s.Hurry(50 * time.Millisecond)
	_, err := s.List(t.Context())
	want(t, err, outcome.SourceUnreachable, "the server did not answer", "")
	_, err = s.ReadRange(t.Context(), locate.Object{Size: 4}, 0, 4)
	want(t, err, outcome.SourceUnreachable, "the server did not answer", "")

	s = source(t, server.URL+"/a?body")
	s.Hurry(100 * time.Millisecond)
	for _, offset := range []int64{0, 512 << 10} { // the latter is skipped to
		r, err := s.ReadRange(t.Context(), sourcetest.List(t, s)[0], offset, 1<<10)
		if err != nil {
			t.Fatal(err)
		}
		if offset == 0 {
			r, err = s.ReadRange(t.Context(), sourcetest.List(t, s)[0], offset, 1<<20)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, r); err == nil || !strings.Contains(err.Error(), "no bytes for") {
			t.Errorf("from %d: %v", offset, err)
		}
		_ = r.Close()
	}
}

// TestSlowServer sends a few bytes at a time, for longer than it may be silent.
func TestSlowServer(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "12")
		for range 12 {
			_, _ = io.WriteString(w, "x")
			_ = http.NewResponseController(w).Flush()
			<-time.After(100 * time.Millisecond)
		}
	})
	s := dump(t, server)
	s.Hurry(time.Second)
	o := sourcetest.Find(t, s, "shop.dump")
	if got := string(sourcetest.Read(t, s, o, 0, o.Size)); got != strings.Repeat("x", 12) {
		t.Errorf("read %q", got)
	}
}

func TestCancelledWhileTheServerIsSilent(t *testing.T) {
	text := content(1 << 20)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		whole(w, text, 100<<10)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	s := dump(t, server)
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	r, err := s.ReadRange(ctx, sourcetest.List(t, s)[0], 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() { cancel(enough) })
	if _, err := io.Copy(io.Discard, r); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
	_ = r.Close()
}

// TestChanged replaces the file between the listing and the read.
func TestChanged(t *testing.T) {
	type version struct {
		text, etag string
		modified   time.Time
	}
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	first := version{"dump", `"a"`, at}
	for name, c := range map[string]struct {
		before, after version
		message       string
	}{
		"etag":        {first, version{"pmud", `"b"`, at}, "HTTP 412"},
		"weak etag":   {version{"dump", `W/"a"`, at}, version{"pmud", `W/"b"`, at}, "its ETag changed"},
		"time":        {version{"dump", "", at}, version{"pmud", "", at.Add(time.Second)}, "HTTP 412"},
		"size":        {version{"dump", "", time.Time{}}, version{"longer dump", "", time.Time{}}, "was being written"},
		"shorter":     {version{"dump", "", time.Time{}}, version{"d", "", time.Time{}}, "HTTP 416"},
		"now undated": {version{"dump", "", at}, version{"a dump", "", time.Time{}}, "was being written"},
	} {
		for _, deaf := range []bool{false, true} {
			var present atomic.Pointer[version]
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				v := present.Load()
				if v.etag != "" {
					w.Header().Set("ETag", v.etag)
				}
				if deaf { // a server that knows neither conditions nor ranges
					if !v.modified.IsZero() {
						w.Header().Set("Last-Modified", v.modified.Format(http.TimeFormat))
					}
					_, _ = io.WriteString(w, v.text)
					return
				}
				http.ServeContent(w, r, "", v.modified, strings.NewReader(v.text))
			})
			t.Run(fmt.Sprintf("%s, deaf: %t", name, deaf), func(t *testing.T) {
				present.Store(&c.before)
				s := dump(t, server)
				o := sourcetest.Find(t, s, "shop.dump")
				if got := string(sourcetest.Read(t, s, o, 2, 2)); got != "mp" {
					t.Fatalf("read %q before the change", got)
				}
				present.Store(&c.after)
				_, err := s.ReadRange(t.Context(), o, 2, 2)
				message := c.message
				if deaf {
					message = "read"
				}
				want(t, err, outcome.BackupChanged, "", "")
				if !deaf {
					want(t, err, outcome.BackupChanged, message, "")
				}
			})
		}
	}
}

func TestWrongRange(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Range", "bytes=0-0")
		ranges(w, r, "dump")
	})
	s := dump(t, server)
	_, err := s.ReadRange(t.Context(), sourcetest.Find(t, s, "shop.dump"), 1, 2)
	want(t, err, outcome.SourceUnreachable, `returned range "bytes 0-0/4" instead of "bytes 1-2/4"`, "proxies")
}

// TestOddContentRanges feeds headers that a broken server may send.
func TestOddContentRanges(t *testing.T) {
	for _, header := range []string{"", "bytes 0-0/*", "bytes 0-0/-1", "bytes 0-0/99999999999999999999", "0-0/4", "bytes */4"} {
		server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", header)
			w.WriteHeader(http.StatusPartialContent)
			_, _ = io.WriteString(w, "d")
		})
		objects, err := dump(t, server).List(t.Context())
		if header == "bytes */4" {
			if err != nil || objects[0].Size != 4 {
				t.Errorf("%s: %v, %v", header, objects, err)
			}
			continue
		}
		want(t, err, outcome.SourceUnreachable, "does not state the size", "")
	}
}

func TestNothingListens(t *testing.T) {
	server := serve(t, http.NotFound)
	s := dump(t, server)
	server.Close()
	_, err := s.List(t.Context())
	want(t, err, outcome.SourceUnreachable, "connection refused", "")
}
