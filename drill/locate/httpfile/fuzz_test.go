package httpfile_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate/httpfile"
	"github.com/drillgres/drillgres/drill/outcome"
)

// FuzzAnswer feeds answers of a server. Whatever it answers, the source returns one
// object that can be read as it was listed, or a Failure without the secrets of the URL.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-0/4\r\nETag: \"a\"\r\nContent-Length: 1\r\n\r\nd",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Type: text/html\r\n\r\n<p>!",
		"HTTP/1.1 200 OK\r\nETag: W/\"\r\nLast-Modified: Mon, 23 Nov 2026 02:00:57 GMT\r\nContent-Length: 4\r\n\r\ndump",
		"HTTP/1.1 403 Forbidden\r\nContent-Length: 25\r\n\r\n<Code>AccessDenied</Code>",
		"HTTP/1.1 302 Found\r\nLocation: http://u:p@h/?sig=hunter2\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
		"HTTP/1.1 416 Range\r\nContent-Range: bytes */0\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := httpfile.New("https://u:hunter2@h/shop.dump?sig=hunter2", config.HTTPSource{})
		if err != nil {
			t.Fatal(err)
		}
		s.Answer(func(r *http.Request) (*http.Response, error) {
			return http.ReadResponse(bufio.NewReader(bytes.NewReader(raw)), r)
		})
		objects, err := s.List(t.Context())
		if err != nil {
			checkFailure(t, err, raw)
			return
		}
		if len(objects) != 1 || objects[0].Size < 0 || objects[0].ModifiedAt.IsZero() {
			t.Fatalf("listed %v", objects)
		}
		o := objects[0]
		r, err := s.ReadRange(t.Context(), o, o.Size/2, o.Size-o.Size/2)
		if err != nil {
			checkFailure(t, err, raw)
			return
		}
		n, err := io.Copy(io.Discard, r)
		if n > o.Size-o.Size/2 {
			t.Errorf("read %d bytes of %d (%v)", n, o.Size, err)
		}
		_ = r.Close()
	})
}

func checkFailure(t *testing.T, err error, raw []byte) {
	var f *outcome.Failure
	if !errors.As(err, &f) {
		t.Fatalf("%v is not a failure", err)
	}
	if strings.Contains(err.Error()+f.Hint, "hunter2") && !bytes.Contains(raw, []byte("hunter2")) {
		t.Errorf("a secret is shown: %v", err)
	}
}
