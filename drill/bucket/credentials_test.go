package bucket_test

import (
	"crypto/sha1"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestCredentials(t *testing.T) {
	server := start(t)
	b := open(t, server.Endpoint)
	if got := b.Credentials(t.Context()); got.Text != "a key without an end" {
		t.Errorf("%+v", got)
	}
	t.Setenv("AWS_SESSION_TOKEN", "token")
	if got := open(t, server.Endpoint).Credentials(t.Context()); got.Text != "" || got.Why != "a session token does not state when it ends" {
		t.Errorf("%+v", got)
	}
}

// TestCredentialsOfAPerson: the role of a person is renewed only until the session ends.
func TestCredentialsOfAPerson(t *testing.T) {
	const portal = "https://acme.awsapps.com/start"
	sso := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"roleCredentials": {"accessKeyId": "a", "secretAccessKey": "b", "sessionToken": "c", "expiration": %d}}`, time.Now().Add(time.Hour).UnixMilli())
	}))
	t.Cleanup(sso.Close)
	home := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(home, ".aws", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("config", "[default]\nsso_start_url = "+portal+"\nsso_region = eu-west-1\nsso_account_id = 123456789012\nsso_role_name = Admin\n")
	write(fmt.Sprintf("sso/cache/%x.json", sha1.Sum([]byte(portal))), fmt.Sprintf(`{"accessToken": "t", "expiresAt": %q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339)))
	for name, value := range map[string]string{
		"HOME": home, "USERPROFILE": home, "AWS_ENDPOINT_URL_SSO": sso.URL, "AWS_CONFIG_FILE": filepath.Join(home, ".aws/config"),
		"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
	} {
		t.Setenv(name, value)
	}
	got := open(t, "http://127.0.0.1:1").Credentials(t.Context())
	if got.Text != "" || got.Why != "they end with the session of a person who signed in (SSO or aws login)" {
		t.Errorf("%+v", got)
	}
}
