package gcs_test

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate/gcs"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/gcsserver"
)

func TestNoSuchBucket(t *testing.T) {
	server := start(t)
	_, err := source(t, server.Endpoint, "gs://nowhere/prod").List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceNotFound, "bucket nowhere does not exist at http://", "backup.gcs.endpoint")
}

func TestUnreachable(t *testing.T) {
	gcsserver.Setenv(t)
	plain := serve(t, http.NotFound)
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // it sees our refusal as an error
	tls.StartTLS()
	defer tls.Close()
	credentials(t, "token", http.StatusOK)
	for name, test := range map[string]struct{ endpoint, message, hint string }{
		"nothing listens":        {"http://127.0.0.1:1", "connection refused", ""},
		"no answer":              {silent, "timeout", ""},
		"no such host":           {"http://storage.invalid", "storage.invalid", "storage.invalid does not exist"},
		"no TLS there":           {strings.Replace(plain, "http:", "https:", 1), "HTTP response to HTTPS client", ""},
		"an unknown certificate": {tls.URL, "certificate", "SSL_CERT_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, gcs.Options{URL: "gs://" + bucket, Endpoint: test.endpoint, Network: store.Network{HeaderTimeout: 200 * time.Millisecond}})
			_, err := s.List(t.Context())
			sourcetest.WantFailure(t, err, outcome.SourceUnreachable, test.message, test.hint)
		})
	}
}

// A proxy returns the responses that the emulator cannot be made to return.
func TestResponsesOfTheStore(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	for name, test := range map[string]struct {
		on      string // the listing, or the content of the object
		status  int
		body    string
		header  [2]string
		code    outcome.Code
		message string
		hint    string
	}{
		"errors of the server":    {on: "list", status: 503, body: apiError(503, "backendError", "Try again."), code: outcome.SourceUnreachable, message: "backendError: Try again, HTTP 503"},
		"errors of a gateway":     {on: "list", status: 502, body: "<html>bad gateway</html>", code: outcome.SourceUnreachable, message: "HTTP 502"},
		"too many requests":       {on: "list", status: 403, body: apiError(403, "rateLimitExceeded", "x"), code: outcome.SourceUnreachable, message: "rateLimitExceeded"},
		"a web page":              {on: "list", status: 200, body: "<html><body>Welcome</body></html>", code: outcome.SourceUnreachable, message: "not a listing", hint: "backup.gcs.endpoint"},
		"half a page":             {on: "list", status: 200, body: `{"kind": "storage#objects", "items": [`, code: outcome.SourceUnreachable},
		"a refusal without words": {on: "list", status: 403, code: outcome.SourceDenied, message: "HTTP 403", hint: "backup.gcs.endpoint to an https://"},
		"a requester who pays": {
			on: "list", status: 400, body: apiError(400, "required", "Bucket is a requester pays bucket but no user project provided."),
			code: outcome.SourceDenied, message: "requester pays", hint: "backup.gcs.project",
		},
		"a customer's key": {
			on: "read", status: 400, body: apiError(400, "resourceIsEncryptedWithCustomerEncryptionKey", "The target object is encrypted by a customer-supplied encryption key."),
			code: outcome.SourceDenied, message: "customer-supplied", hint: "without a customer-supplied",
		},
		"a key of the KMS": {
			on: "read", status: 403, body: apiError(403, "forbidden", "Permission denied on Cloud KMS key."),
			code: outcome.SourceDenied, message: "Cloud KMS", hint: "cloudkms",
		},
		"the whole object": {on: "read", status: 200, body: "dump", code: outcome.SourceUnreachable, message: "range"},
		"another size":     {on: "read", status: 206, body: "u", header: [2]string{"Content-Range", "bytes 1-1/9"}, code: outcome.BackupChanged, message: "9 bytes instead of 4"},
		"another generation": {
			on: "read", status: 206, body: "u", header: [2]string{"X-Goog-Generation", "77"},
			code: outcome.BackupChanged, message: "to 77",
		},
		"a generation that is gone": {on: "read", status: 404, body: "No such object: acme/shop.dump", code: outcome.BackupChanged, message: "replaced or removed"},
		"the server's errors":       {on: "read", status: 500, body: apiError(500, "internalError", "x"), code: outcome.SourceUnreachable, message: "HTTP 500"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
				if (test.on == "read") != (r.URL.Query().Get("alt") == "media") {
					return false
				}
				if test.on == "read" && test.status == 206 {
					w.Header().Set("Content-Range", "bytes 1-1/4")
				}
				if test.header[0] != "" {
					w.Header().Set(test.header[0], test.header[1])
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
				return true
			})
			s := source(t, proxy, "gs://"+bucket)
			_, err := s.List(t.Context())
			if test.on == "read" {
				_, err = s.ReadRange(t.Context(), sourcetest.Find(t, s, "shop.dump"), 1, 1)
			}
			sourcetest.WantFailure(t, err, test.code, test.message, test.hint)
		})
	}
}

func TestRetries(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	var seen sync.Map
	proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		if _, again := seen.LoadOrStore(r.URL.Path, true); again {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return true
	})
	s := source(t, proxy, "gs://"+bucket)
	if got := string(sourcetest.Read(t, s, sourcetest.Find(t, s, "shop.dump"), 1, 2)); got != "um" {
		t.Errorf("read %q", got)
	}
}

// The server must refuse a replaced object before it sends the wrong bytes.
func TestReadRangeSendsTheGeneration(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	var asked sync.Map
	proxy := server.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		asked.Store(r.Header.Get("Range"), r.URL.Query().Get("generation"))
		return false
	})
	s := source(t, proxy, "gs://"+bucket)
	o := sourcetest.Find(t, s, "shop.dump")
	sourcetest.Read(t, s, o, 1, 2)
	if got, ok := asked.Load("bytes=1-2"); !ok || got != o.VersionID {
		t.Errorf("asked for generation %v, want %s", got, o.VersionID)
	}
}

// An incomplete listing must not look like a complete one.
func TestListingThatRepeatsItself(t *testing.T) {
	gcsserver.Setenv(t)
	endpoint := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		items := strings.Repeat(`{"name": "x"},`, 1000) // a whole page: the SDK asks until it has one
		answer(w, http.StatusOK, `{"kind": "storage#objects", "nextPageToken": "x", "items": [`+items[:len(items)-1]+`]}`)
	})
	_, err := source(t, endpoint, "gs://"+bucket).List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceUnreachable, "repeatedly", "")
}

func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func apiError(status int, reason, message string) string {
	text, _ := json.Marshal(map[string]any{"error": map[string]any{
		"code": status, "message": message, "errors": []map[string]string{{"domain": "global", "reason": reason, "message": message}},
	}})
	return string(text)
}
