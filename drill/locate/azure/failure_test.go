package azure_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate/azure"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/azureserver"
)

func TestNoSuchContainer(t *testing.T) {
	server := start(t)
	_, err := source(t, server.Endpoint, "az://"+azureserver.Account+"/nowhere/prod").List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceNotFound, "container nowhere does not exist in account acmebackups at http://", "backup.azure.endpoint")
}

func TestCredentials(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("dump"))
	const wrong = "aHVudGVyMmh1bnRlcjI="
	good := "AccountName=" + azureserver.Account + ";AccountKey=" + server.Key
	for name, test := range map[string]struct {
		variable, value string
		code            outcome.Code
		message, hint   string
	}{
		"a key":                   {variable: "AZURE_STORAGE_KEY", value: server.Key},
		"a SAS":                   {variable: "AZURE_STORAGE_SAS_TOKEN", value: server.SAS("rl")},
		"a connection string":     {variable: "AZURE_STORAGE_CONNECTION_STRING", value: "DefaultEndpointsProtocol=https;" + good},
		"one with a SAS":          {variable: "AZURE_STORAGE_CONNECTION_STRING", value: "SharedAccessSignature=" + server.SAS("rl")[1:]},
		"the wrong key":           {"AZURE_STORAGE_KEY", wrong, outcome.SourceDenied, "list " + root, "correct or renew the key"},
		"a malformed key":         {"AZURE_STORAGE_KEY", "hunter2!", outcome.SourceDenied, "AZURE_STORAGE_KEY has no key in base64", "correct AZURE_STORAGE_KEY"},
		"the wrong SAS":           {"AZURE_STORAGE_SAS_TOKEN", "sv=1&sp=rl&sig=hunter2", outcome.SourceDenied, "AuthenticationFailed", "renew"},
		"a SAS without signature": {"AZURE_STORAGE_SAS_TOKEN", "hunter2", outcome.SourceDenied, "no SAS with a signature", "AZURE_STORAGE_SAS_TOKEN"},
		"a SAS that cannot list":  {"AZURE_STORAGE_SAS_TOKEN", server.SAS("r"), outcome.SourceDenied, "AuthorizationPermissionMismatch", "Storage Blob Data Reader"},
		"of another account":      {"AZURE_STORAGE_CONNECTION_STRING", "AccountName=hunter2;AccountKey=" + wrong, outcome.SourceDenied, "is for another storage account", "correct AZURE_STORAGE_CONNECTION_STRING"},
		"without a key":           {"AZURE_STORAGE_CONNECTION_STRING", "AccountName=" + azureserver.Account, outcome.SourceDenied, "neither AccountKey", ""},
		"none over plain HTTP":    {"", "", outcome.SourceDenied, "no credentials for " + root, "AZURE_STORAGE_KEY"},
	} {
		t.Run(name, func(t *testing.T) {
			azureserver.Setenv(t, test.variable, test.value)
			s, err := azure.New(azure.Options{URL: root, Endpoint: server.Endpoint})
			if err == nil {
				defer func() { _ = s.Close() }()
				_, err = s.List(t.Context())
			}
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			sourcetest.WantFailure(t, err, test.code, test.message, test.hint)
			if text := err.Error(); strings.Contains(text, "hunter2") || strings.Contains(text, "sig=") && !strings.Contains(text, "(sig=)") {
				t.Errorf("%v contains the secret", err)
			}
		})
	}
}

func TestEndpointOfTheConnectionString(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("dump"))
	azureserver.Setenv(t, "AZURE_STORAGE_CONNECTION_STRING", "AccountName="+azureserver.Account+";AccountKey="+server.Key+
		";BlobEndpoint="+server.Endpoint+"/"+azureserver.Account+";")
	sourcetest.Find(t, source(t, "", root), "shop.dump")
}

// The SDK's errors contain the URL of the request, and that a SAS.
func TestNoErrorContainsTheSAS(t *testing.T) {
	azureserver.Setenv(t, "AZURE_STORAGE_SAS_TOKEN", "?sv=1&sp=rl&sig=hunter2")
	broken := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<Enumeration")) })
	for _, endpoint := range []string{"http://127.0.0.1:1", "http://blob.invalid", broken} {
		_, err := source(t, endpoint, root).List(t.Context())
		sourcetest.WantCode(t, err, outcome.SourceUnreachable)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v contains the secret", err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	azureserver.Setenv(t, "AZURE_STORAGE_KEY", "aHVudGVyMg==")
	plain := serve(t, http.NotFound)
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	tls := httptest.NewUnstartedServer(http.NotFoundHandler())
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // it sees our refusal as an error
	tls.StartTLS()
	defer tls.Close()
	for name, test := range map[string]struct{ endpoint, message, hint string }{
		"nothing listens":        {"http://127.0.0.1:1", "connection refused", ""},
		"no answer":              {silent, "timeout", ""},
		"no such account":        {"http://blob.invalid", "blob.invalid", "blob.invalid does not exist"},
		"no TLS there":           {strings.Replace(plain, "http:", "https:", 1), "HTTP response to HTTPS client", ""},
		"an unknown certificate": {tls.URL, "certificate", "SSL_CERT_FILE"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, azure.Options{URL: root, Endpoint: test.endpoint, Network: store.Network{HeaderTimeout: 200 * time.Millisecond}})
			_, err := s.List(t.Context())
			sourcetest.WantFailure(t, err, outcome.SourceUnreachable, test.message, test.hint)
		})
	}
}

// On a cloud machine the SDK asks a metadata service, which may not answer.
func TestNoCredentialsFromASilentService(t *testing.T) {
	azureserver.Setenv(t, "", "")
	silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	t.Setenv("IDENTITY_ENDPOINT", silent)
	t.Setenv("IDENTITY_HEADER", "hunter2")
	start := time.Now()
	_, err := source(t, "", root).List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceDenied, "no credentials for "+root, "AZURE_STORAGE_KEY")
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v to find no credentials", took)
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v contains the secret", err)
	}
}

// The server returns responses that its blobs do not provoke.
func TestResponsesOfTheStore(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("dump"))
	for name, test := range map[string]struct {
		on      string // GET of the listing or of the blob
		status  int
		error   string // code
		body    string
		header  [2]string
		code    outcome.Code
		message string
		hint    string
	}{
		"errors of the server":    {on: "list", status: 503, error: "ServerBusy", code: outcome.SourceUnreachable, message: "ServerBusy, HTTP 503"},
		"errors of a gateway":     {on: "list", status: 502, body: "<html>bad gateway</html>", code: outcome.SourceUnreachable, message: "HTTP 502"},
		"a refusal without words": {on: "list", status: 403, code: outcome.SourceDenied, message: "HTTP 403", hint: "Storage Blob Data Reader"},
		"a missing role":          {on: "list", status: 403, error: "AuthorizationPermissionMismatch", code: outcome.SourceDenied, hint: "Storage Blob Data Reader on container backups"},
		"a firewall":              {on: "list", status: 403, error: "AuthorizationFailure", code: outcome.SourceDenied, hint: "this machine's address"},
		"no keys allowed":         {on: "list", status: 403, error: "KeyBasedAuthenticationNotPermitted", code: outcome.SourceDenied, hint: "this kind of credentials"},
		"no public access":        {on: "list", status: 409, error: "PublicAccessNotPermitted", code: outcome.SourceDenied},
		"a container that goes":   {on: "list", status: 409, error: "ContainerBeingDeleted", code: outcome.SourceNotFound},
		"a web page":              {on: "list", status: 200, body: "<html><body>Welcome</body></html>", code: outcome.SourceUnreachable, message: "not a listing", hint: "backup.azure.endpoint"},
		"no XML at all":           {on: "list", status: 200, body: "Welcome & hello", code: outcome.SourceUnreachable, message: "not a listing"},
		"the same page": {
			on: "list", status: 200, body: "<EnumerationResults><Blobs></Blobs><NextMarker>x</NextMarker></EnumerationResults>",
			code: outcome.SourceUnreachable, message: "repeatedly",
		},
		"a blob that is thawing": {on: "read", status: 409, error: "BlobBeingRehydrated", code: outcome.BackupArchived, hint: "rehydrate"},
		"a customer's key":       {on: "read", status: 409, error: "BlobUsesCustomerSpecifiedEncryption", code: outcome.SourceDenied, hint: "customer-provided"},
		"the whole blob":         {on: "read", status: 200, body: "dump", code: outcome.SourceUnreachable, message: "the whole blob"},
		"another range":          {on: "read", status: 206, body: "d", header: [2]string{"Content-Range", "bytes 0-0/4"}, code: outcome.BackupChanged, message: "bytes 0-0/4"},
		"another blob":           {on: "read", status: 206, body: "u", header: [2]string{"Etag", `"other"`}, code: outcome.BackupChanged, message: "other"},
		"the server's errors":    {on: "read", status: 500, error: "InternalError", code: outcome.SourceUnreachable, message: "HTTP 500"},
	} {
		t.Run(name, func(t *testing.T) {
			server.Answer(nil)
			s := source(t, server.Endpoint, root)
			o := sourcetest.Find(t, s, "shop.dump")
			server.Answer(func(w http.ResponseWriter, _ *http.Request) bool {
				if test.header[0] != "" {
					w.Header().Set(test.header[0], test.header[1])
				}
				if test.error != "" {
					azureserver.Fail(w, test.status, test.error, "x")
					return true
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.body))
				return true
			})
			var err error
			if test.on == "read" {
				_, err = s.ReadRange(t.Context(), o, 1, 1)
			} else {
				_, err = s.List(t.Context())
			}
			sourcetest.WantFailure(t, err, test.code, test.message, test.hint)
		})
	}
}

func TestRetries(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("dump"))
	var seen sync.Map
	server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		if _, again := seen.LoadOrStore(r.URL.Path, true); again {
			return false
		}
		azureserver.Fail(w, http.StatusServiceUnavailable, "ServerBusy", "x")
		return true
	})
	s := source(t, server.Endpoint, root)
	if got := string(sourcetest.Read(t, s, sourcetest.Find(t, s, "shop.dump"), 1, 2)); got != "um" {
		t.Errorf("read %q", got)
	}
}

// The server must refuse a replaced blob before it sends the wrong bytes.
func TestReadRangeSendsTheETag(t *testing.T) {
	server := start(t)
	server.Put(container, "shop.dump", []byte("dump"))
	var asked sync.Map
	server.Answer(func(_ http.ResponseWriter, r *http.Request) bool {
		asked.Store(r.Header.Get("X-Ms-Range")+r.Header.Get("Range"), r.Header.Get("If-Match"))
		return false
	})
	s := source(t, server.Endpoint, root)
	o := sourcetest.Find(t, s, "shop.dump")
	sourcetest.Read(t, s, o, 1, 2)
	if etag, ok := asked.Load("bytes=1-2"); !ok || etag != `"`+o.ETag+`"` {
		t.Errorf("sent If-Match %v, want %s", etag, o.ETag)
	}
}

// A SAS may allow reading the blob, but none of its versions.
func TestReadRangeWithoutPermissionForVersions(t *testing.T) {
	server := start(t)
	server.KeepVersions()
	server.Put(container, "shop.dump", []byte("dump"))
	server.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		if !r.URL.Query().Has("versionid") {
			return false
		}
		azureserver.Fail(w, http.StatusForbidden, "AuthorizationPermissionMismatch", "x")
		return true
	})
	s := source(t, server.Endpoint, root)
	b := sourcetest.Locate(t, s)
	if got := string(sourcetest.Read(t, s, b.Object, 0, b.Size)); got != "dump" {
		t.Errorf("read %q", got)
	}
	server.Put(container, "shop.dump", []byte("this night's"))
	_, err := s.ReadRange(t.Context(), b.Object, 0, 1)
	sourcetest.WantFailure(t, err, outcome.BackupChanged, "shop.dump", "")
}

func serve(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}
