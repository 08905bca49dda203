package gcs_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate/gcs"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/locate/store"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/fixtures/gcsserver"
)

func TestCredentials(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	front := server.BeforeTLS(t, func(w http.ResponseWriter, r *http.Request) bool {
		switch r.Header.Get("Authorization") {
		case "Bearer good":
			return false
		case "Bearer weak":
			answer(w, 403, apiError(403, "forbidden", "drill@acme does not have storage.objects.list access to the Google Cloud Storage bucket."))
		case "Bearer old":
			answer(w, 401, apiError(401, "authError", "Invalid Credentials"))
		default:
			answer(w, 401, apiError(401, "required", "Anonymous caller does not have storage.objects.list access to the Google Cloud Storage bucket."))
		}
		return true
	})
	for name, test := range map[string]struct {
		token   string
		status  int
		code    outcome.Code
		message string
		hint    string
	}{
		"good":        {token: "good", status: 200},
		"too weak":    {token: "weak", status: 200, code: outcome.SourceDenied, message: "list gs://" + bucket, hint: "grant these credentials storage.objects.list"},
		"expired":     {token: "old", status: 200, code: outcome.SourceDenied, message: "Invalid Credentials", hint: "renew"},
		"revoked":     {status: 400, code: outcome.SourceDenied, message: "(invalid_grant)", hint: "renew"},
		"unreachable": {status: 503, code: outcome.SourceUnreachable, message: "fetch a token"},
	} {
		t.Run(name, func(t *testing.T) {
			credentials(t, test.token, test.status)
			s := trusting(t, front)
			_, err := s.List(t.Context())
			if test.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			sourcetest.WantFailure(t, err, test.code, test.message, test.hint)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v contains the answer of the token's server", err)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		_, err := trusting(t, front).List(t.Context())
		sourcetest.WantFailure(t, err, outcome.SourceDenied, "Anonymous caller", "GOOGLE_APPLICATION_CREDENTIALS")
	})
	t.Run("a file that does not exist", func(t *testing.T) {
		t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "none.json"))
		_, err := trusting(t, front).List(t.Context())
		sourcetest.WantFailure(t, err, outcome.SourceDenied, "no credentials for gs://"+bucket, "GOOGLE_APPLICATION_CREDENTIALS")
	})
}

// A token must not cross the network in clear text.
func TestPlainHTTPCarriesNoCredentials(t *testing.T) {
	server := start(t)
	credentials(t, "good", http.StatusOK)
	sent := ""
	proxy := server.Before(t, func(_ http.ResponseWriter, r *http.Request) bool {
		sent += r.Header.Get("Authorization")
		return false
	})
	sourcetest.List(t, source(t, proxy, "gs://"+bucket))
	if sent != "" {
		t.Errorf("sent %q", sent)
	}
}

func TestEmulatorOfTheEnvironment(t *testing.T) {
	server := start(t)
	server.Put(t, bucket, "shop.dump", []byte("dump"))
	t.Setenv("STORAGE_EMULATOR_HOST", strings.TrimPrefix(server.Endpoint, "http://"))
	s := source(t, "", "gs://"+bucket)
	if got := string(sourcetest.Read(t, s, sourcetest.Find(t, s, "shop.dump"), 0, 4)); got != "dump" {
		t.Errorf("read %q", got)
	}
}

// On a cloud machine the SDK asks a metadata service, which may not answer.
func TestNoCredentialsFromASilentService(t *testing.T) {
	// The SDK decides only once in a process whether the machine is one.
	if os.Getenv("GCE_METADATA_HOST") == "" {
		silent := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoCredentialsFromASilentService$", "-test.v")
		again.Env = append(os.Environ(), "GCE_METADATA_HOST="+strings.TrimPrefix(silent, "http://"))
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	host := os.Getenv("GCE_METADATA_HOST")
	gcsserver.Setenv(t)
	t.Setenv("GCE_METADATA_HOST", host)
	start := time.Now()
	_, err := source(t, "", "gs://"+bucket).List(t.Context())
	sourcetest.WantFailure(t, err, outcome.SourceDenied, "no complete answer within 15s", "GOOGLE_APPLICATION_CREDENTIALS")
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v to find no credentials", took)
	}
}

// credentials sets GOOGLE_APPLICATION_CREDENTIALS to a service account, whose server
// of tokens answers with the token, or refuses with the status.
func credentials(t *testing.T, token string, status int) {
	t.Helper()
	tokens := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if status != http.StatusOK {
			answer(w, status, `{"error": "invalid_grant", "error_description": "hunter2"}`)
			return
		}
		answer(w, status, `{"access_token": "`+token+`", "token_type": "Bearer", "expires_in": 3600}`)
	})
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	account, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "drill@acme.iam.gserviceaccount.com", "private_key_id": "1", "token_uri": tokens,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "account.json")
	if err := os.WriteFile(file, account, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
}

// trusting returns a source that trusts the certificate of the server.
func trusting(t *testing.T, front *httptest.Server) *gcs.Source {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(front.Certificate())
	return open(t, gcs.Options{URL: "gs://" + bucket, Endpoint: front.URL, Network: store.Network{CAs: pool}})
}
