package httpfile_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/httpfile"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is in the query of every URL. No message may contain it.
const secret = "X-Amz-Signature=hunter2hunter2"

// files serves a directory, with ranges.
func files(t *testing.T, root string) *httptest.Server {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		name := filepath.Join(root, filepath.FromSlash(path.Clean("/"+r.URL.Path)))
		f, err := os.Open(name)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer func() { _ = f.Close() }()
		info, err := f.Stat()
		if err != nil {
			t.Error(err)
			return
		}
		http.ServeContent(w, r, "", info.ModTime(), f)
	})
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// ranges serves a file of the content, with ranges.
func ranges(w http.ResponseWriter, r *http.Request, content string) {
	http.ServeContent(w, r, "", time.Date(2026, 11, 23, 2, 0, 57, 0, time.UTC), strings.NewReader(content))
}

func source(t *testing.T, from string, headers ...string) *httpfile.Source {
	t.Helper()
	o := config.HTTPSource{Headers: map[string]config.Value{}}
	for i := 0; i+1 < len(headers); i += 2 {
		o.Headers[headers[i]] = config.Value(headers[i+1])
	}
	s, err := httpfile.New(from, o)
	if err != nil {
		t.Fatal(err)
	}
	s.Hurry(20 * time.Second)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// dump returns the source of a file with a secret query.
func dump(t *testing.T, server *httptest.Server) *httpfile.Source {
	t.Helper()
	return source(t, server.URL+"/shop.dump?"+secret)
}

// want checks a failure: its code, a part of its message and a part of its hint.
func want(t *testing.T, err error, code outcome.Code, message, hint string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", code)
	}
	f := outcome.AsFailure(err)
	if f.Code != code || !strings.Contains(f.Error(), message) || !strings.Contains(f.Hint, hint) {
		t.Errorf("got %s: %v (hint: %s); want %s with %q and %q", f.Code, f, f.Hint, code, message, hint)
	}
	if text := f.Error() + f.Hint; strings.Contains(text, "hunter2") {
		t.Errorf("a secret is shown: %s", text)
	}
}

// folder is a directory of a web server with one source for each of its files, because
// the conformance suite is about several objects.
type folder struct {
	*testing.T
	base string
	keys map[string]bool
}

func (f *folder) at(key string) *httpfile.Source {
	segments := strings.Split(key, "/")
	for i := range segments {
		segments[i] = url.PathEscape(segments[i])
	}
	return source(f.T, f.base+"/"+strings.Join(segments, "/")+"?"+secret)
}

func (f *folder) List(ctx context.Context) (all []locate.Object, err error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for key := range f.keys {
		s := f.at(key)
		found, err := s.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, o := range found {
			if o.Key != path.Base(key) {
				return nil, errors.New(o.Key + " is listed as the key of " + key)
			}
			o.Key = key
			all = append(all, o)
		}
		_ = s.Close()
	}
	return all, nil
}

func (f *folder) ReadRange(ctx context.Context, o locate.Object, offset, length int64) (io.ReadCloser, error) {
	return f.at(o.Key).ReadRange(ctx, o, offset, length)
}

func (f *folder) URI(o locate.Object) string {
	if o.Key == "" {
		return f.base
	}
	return f.at(o.Key).URI(o)
}

func TestConformance(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
		root := t.TempDir()
		f := &folder{T: t, base: files(t, root).URL, keys: map[string]bool{}}
		return sourcetest.Place{
			Source: f,
			Put: func(t testing.TB, key string, content []byte) {
				name := filepath.Join(root, key)
				if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, content, 0o600)); err != nil {
					t.Fatal(err)
				}
				f.keys[key] = true
			},
			Remove: func(t testing.TB, key string) {
				if err := os.Remove(filepath.Join(root, key)); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}
