package s3_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/s3"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/s3server"
)

func TestNoSuchBucket(t *testing.T) {
	server := start(t)
	_, err := source(t, server.Endpoint, "s3://nowhere/prod").List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceNotFound, "nowhere", "")
}

func TestWrongKeys(t *testing.T) {
	server := start(t)
	for name, keys := range map[string][2]string{
		"unknown":      {"AKIAUNKNOWN", "hunter2hunter2"},
		"wrong secret": {server.AccessKey, "hunter2hunter2"},
	} {
		t.Run(name, func(t *testing.T) {
			s3server.Setenv(t, keys[0], keys[1])
			_, err := source(t, server.Endpoint, "s3://"+bucket).List(t.Context())
			sourcetest.WantFailure(t, err, outcome.SourceDenied, "list s3://"+bucket, "access key")
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v contains the secret", err)
			}
		})
	}
}

func TestDenied(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	accessKey, secretKey := server.AddUser(t)
	s3server.Setenv(t, accessKey, secretKey)
	s := source(t, server.Endpoint, "s3://"+bucket)

	server.Allow(t, bucket, accessKey, "s3:GetObject", bucket+"/*")
	_, err := s.List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceDenied, "list s3://"+bucket, "s3:ListBucket")

	server.Allow(t, bucket, accessKey, "s3:ListBucket", bucket)
	o := sourcetest.Find(t, s, "shop.dump")
	_, err = s.ReadRange(t.Context(), o, 0, 1)
	sourcetest.WantFailure(t, err, outcome.SourceDenied, "read s3://"+bucket+"/shop.dump", "s3:GetObject")
	_, err = s.Resolve(t.Context(), o)
	sourcetest.WantFailure(t, err, outcome.SourceDenied, "shop.dump", "s3:GetObject")
}

func TestNoCredentials(t *testing.T) {
	s3server.Setenv(t, "", "")
	_, err := source(t, "http://127.0.0.1:1", "s3://"+bucket).List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceDenied, "no credentials for s3://"+bucket, "AWS_ACCESS_KEY_ID")
}

// On a cloud machine the SDK asks a metadata service, which may not answer.
func TestNoCredentialsFromASilentService(t *testing.T) {
	s3server.Setenv(t, "", "")
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	t.Setenv("AWS_EC2_METADATA_DISABLED", "false")
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent.URL)
	start := time.Now()
	_, err := source(t, "http://127.0.0.1:1", "s3://"+bucket).List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceDenied, "no credentials for s3://"+bucket, "AWS_ACCESS_KEY_ID")
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v to find no credentials", took)
	}
}

func TestUnreachable(t *testing.T) {
	s3server.Setenv(t, "key", "secret")
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer silent.Close()
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // it sees our refusal as an error
	tls.StartTLS()
	defer tls.Close()
	for name, test := range map[string]struct{ endpoint, message, hint string }{
		"nothing listens":        {"http://127.0.0.1:1", "connection refused", ""},
		"no answer":              {silent.URL, "timeout", ""},
		"no TLS there":           {strings.Replace(plain.URL, "http:", "https:", 1), "HTTP response to HTTPS client", ""},
		"an unknown certificate": {tls.URL, "certificate", "AWS_CA_BUNDLE"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, s3.Options{URL: "s3://" + bucket, Endpoint: test.endpoint, HeaderTimeout: 200 * time.Millisecond})
			_, err := s.List(t.Context())
			sourcetest.WantFailure(t, err, outcome.SourceUnreachable, test.message, test.hint)
		})
	}
}

// A proxy returns the responses that versitygw cannot be made to return.
func TestResponsesOfTheStore(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	for name, test := range map[string]struct {
		on      string // GET of the listing or of the object
		status  int
		body    string
		header  [2]string
		code    outcome.Code
		message string
		hint    string
	}{
		"errors of the server": {
			on: "list", status: 503, body: apiError("SlowDown", "Please reduce your request rate."),
			code: outcome.SourceUnreachable, message: "SlowDown: Please reduce your request rate, HTTP 503",
		},
		"errors of a gateway": {on: "list", status: 502, body: "<html>bad gateway</html>", code: outcome.SourceUnreachable, message: "502"},
		"another region": {
			on: "list", status: 301, body: apiError("PermanentRedirect", "…"), header: [2]string{"X-Amz-Bucket-Region", "eu-central-1"},
			code: outcome.SourceNotFound, message: "PermanentRedirect", hint: "set backup.s3.region to eu-central-1",
		},
		"a malformed region": {
			on: "list", status: 400, body: apiError("AuthorizationHeaderMalformed", "the region 'us-east-1' is wrong; expecting 'auto'"),
			code: outcome.SourceNotFound, message: "expecting 'auto'", hint: "backup.s3.region",
		},
		"an expired token": {
			on: "list", status: 400, body: apiError("ExpiredToken", "The provided token has expired."),
			code: outcome.SourceDenied, message: "ExpiredToken", hint: "renew the credentials",
		},
		"a refusal without words": {on: "list", status: 403, code: outcome.SourceDenied, message: "403", hint: "s3:ListBucket"},
		"a web page":              {on: "list", status: 200, body: "<html><body>Welcome</body></html>", code: outcome.SourceUnreachable, hint: "backup.s3.endpoint"},
		"no XML at all":           {on: "list", status: 200, body: "Welcome & hello", code: outcome.SourceUnreachable},
		"an archived object": {
			on: "read", status: 403, body: apiError("InvalidObjectState", "The operation is not valid for the object's storage class"),
			code: outcome.BackupArchived, message: "(storage class GLACIER)",
		},
		"a key of the KMS": {
			on: "read", status: 403, body: apiError("AccessDenied", "User x is not authorized to perform: kms:Decrypt on resource y"),
			code: outcome.SourceDenied, message: "kms:Decrypt", hint: "grant these credentials kms:Decrypt",
		},
		"the whole object": {on: "read", status: 200, body: "dump", code: outcome.SourceUnreachable, message: "the whole object"},
		"another range": {
			on: "read", status: 206, body: "d", header: [2]string{"Content-Range", "bytes 0-0/4"},
			code: outcome.BackupChanged, message: "bytes 0-0/4",
		},
		"another object": {
			on: "read", status: 206, body: "u", header: [2]string{"Etag", `"other"`},
			code: outcome.BackupChanged, message: "other",
		},
		"the server's errors": {on: "read", status: 500, body: apiError("InternalError", "x"), code: outcome.SourceUnreachable, message: "HTTP 500"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
				if (test.on == "read") != strings.HasSuffix(r.URL.Path, "/shop.dump") {
					return false
				}
				if test.header[0] != "" {
					w.Header().Set(test.header[0], test.header[1])
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
				return true
			})
			s := source(t, proxy, "s3://"+bucket)
			_, err := s.List(t.Context())
			if test.on == "read" {
				o := sourcetest.Find(t, s, "shop.dump")
				o.StorageClass = "GLACIER"
				_, err = s.ReadRange(t.Context(), o, 1, 1)
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
	s := source(t, proxy, "s3://"+bucket)
	if got := string(sourcetest.Read(t, s, sourcetest.Find(t, s, "shop.dump"), 1, 2)); got != "um" {
		t.Errorf("read %q", got)
	}
}

// The server must refuse a replaced object before it sends the wrong bytes.
func TestReadRangeSendsTheETag(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	var asked sync.Map
	proxy := server.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		asked.Store(r.Header.Get("Range"), r.Header.Get("If-Match"))
		return false
	})
	s := source(t, proxy, "s3://"+bucket)
	o := sourcetest.Find(t, s, "shop.dump")
	sourcetest.Read(t, s, o, 1, 2)
	if etag, ok := asked.Load("bytes=1-2"); !ok || etag != `"`+o.ETag+`"` {
		t.Errorf("sent If-Match %v, want %s", etag, o.ETag)
	}
}

// A policy that allows s3:GetObject does not allow s3:GetObjectVersion.
func TestReadRangeWithoutPermissionForVersions(t *testing.T) {
	server := start(t)
	server.KeepVersions(t, bucket)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	proxy := server.Before(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !r.URL.Query().Has("versionId") {
			return false
		}
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(apiError("AccessDenied", "Access Denied")))
		return true
	})
	s := source(t, proxy, "s3://"+bucket)
	b := sourcetest.Locate(t, s)
	if got := string(sourcetest.Read(t, s, b.Object, 0, b.Size)); got != "dump" {
		t.Errorf("read %q", got)
	}
	server.Put(t, bucket, "shop.dump", []byte("this night's"))
	_, err := s.ReadRange(t.Context(), b.Object, 0, 1)
	sourcetest.WantFailure(t, err, outcome.BackupChanged, "shop.dump", "")
}

// AWS encodes keys on request; versitygw does not.
func TestEncodedKeys(t *testing.T) {
	s3server.Setenv(t, "key", "secret")
	store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("encoding-type") != "url" {
			t.Error("the request does not ask for encoded keys")
		}
		_, _ = w.Write([]byte(`<?xml version="1.0"?><ListBucketResult><Name>` + bucket + `</Name><EncodingType>url</EncodingType>
			<Contents><Key>a%2Bb+c%0A%25.dump</Key><Size>1</Size><ETag>"x"</ETag><StorageClass>STANDARD</StorageClass></Contents>
			<Contents><Key>folder/</Key><Size>0</Size></Contents></ListBucketResult>`))
	}))
	defer store.Close()
	got := sourcetest.List(t, source(t, store.URL, "s3://"+bucket))
	if len(got) != 1 || got[0] != (locate.Object{Key: "a+b c\n%.dump", Size: 1, ETag: "x"}) {
		t.Errorf("listed %+v", got)
	}
}

// An incomplete listing must not look like a complete one.
func TestIncompleteListing(t *testing.T) {
	s3server.Setenv(t, "key", "secret")
	for next, message := range map[string]string{
		"<NextContinuationToken>x</NextContinuationToken>": "repeatedly",
		"": "is incomplete",
	} {
		store := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`<ListBucketResult><Name>b</Name><IsTruncated>true</IsTruncated>` + next + `</ListBucketResult>`))
		}))
		_, err := source(t, store.URL, "s3://"+bucket).List(t.Context())
		store.Close()
		sourcetest.WantFailure(t, err, outcome.SourceUnreachable, message, "")
	}
}

// Without a region the SDK does not send a request.
func TestEndpointWithoutRegion(t *testing.T) {
	s3server.Setenv(t, "key", "secret")
	s := open(t, s3.Options{URL: "s3://bucket/prod"})
	if uri := s.URI(locate.Object{Key: "shop.dump"}); uri != "s3://bucket/prod/shop.dump" {
		t.Errorf("the object is named %s", uri)
	}
}

func apiError(code, message string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>` + code + `</Code><Message>` + message + `</Message><RequestId>4442587FB7D0A2F9</RequestId></Error>`
}
