package wiring

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/place"
	"github.com/drillgres/drillgres/drill/redact"
)

const canary = "canary4711"

// TestConfigsAreCheckedByTheAdapters checks that a URL which an adapter would refuse is
// reported as a problem of the config, and is never shown.
func TestConfigsAreCheckedByTheAdapters(t *testing.T) {
	const whole = "version: 1\ndatabases: {a: {backup: {from: %s}, postgres: {version: 16}}}\nrecord: {history: %s}\n"
	read := ConfigReader(func(string) (string, bool) { return "", false })
	for _, c := range []struct{ from, history, want string }{
		{"backups", "history.db", ""},
		{"file:///srv/backups", "postgres://u:" + canary + "@h/d", ""},
		{"s3://acme/prod, s3: {region: auto}", "s3://acme/history, s3: {region: auto}", ""},
		{"gs://acme/prod, gcs: {endpoint: \"https://h\"}", "x", ""},
		{"az://acme/prod/shop, azure: {endpoint: \"https://h\"}", "x", ""},
		{"gs://key:" + canary + "@acme", "x", "from: has no valid bucket name (want gs://bucket/prefix"},
		{"az://acme/prod?sig=" + canary, "x", "from: contains a SAS"},
		{"az://acme/prod, azure: {endpoint: \"https://h?sig=" + canary + "\"}", "x", "backup.azure.endpoint: has a query"},
		{"gs://acme/prod, azure: {endpoint: \"https://h\"}", "x", "backup.azure: has options for az://account/container/prefix"},
		{"ftp://acme/prod", "x", "from: unsupported scheme ftp://: supported are az, file, gs, https, s3, sftp, and a path"},
		{"s3a://acme/prod", "x", "(did you mean s3://?)"},
		{"s3://", "x", "from: has no valid bucket name (want s3://bucket/prefix"},
		{"s3://key:" + canary + "@acme", "x", "from: has no valid bucket name"},
		{"file://srv/backups", "x", "from: names a host, but only local files can be read"},
		{"file:///srv/a?b=" + canary, "x", "from: does not name a path"},
		{"sftp://u@h/b, sftp: {known_hosts: k, key_file: i, passphrase: " + canary + "}", "x", ""},
		{"sftp://u:" + canary + "@h/b", "x", "from: contains a password (set it in the environment variable SFTP_PASSWORD)"},
		{"sftp://u@h/b, sftp: {key_file: ~/.ssh/id_rsa}", "x", "key_file: begins with ~"},
		{"sftp://u@h/b, http: {headers: {A: b}}", "x", "backup.http: has options for https://host/file"},
		{"https://h/shop.dump?sig=" + canary + ", http: {headers: {Authorization: " + canary + "}}", "x", ""},
		{"https://u:" + canary + "@h/b/", "x", "from: names no file"},
		{"http://h/shop.dump?sig=" + canary, "x", "from: is not encrypted"},
		{"https://h/b, http: {headers: {\"A b\": " + canary + "}}", "x", "is not a valid name of an HTTP header"},
		{"backups, s3: {endpoint: \"https://h\"}", "x", "backup.s3: has options for s3://bucket/prefix, but databases.a.backup.from names another kind of place"},
		{"x", "mysql://u:" + canary + "@h/d", "history: unsupported scheme mysql://: supported are postgres, s3, and a path"},
		{"x", "file:///srv/history.db", "history: unsupported scheme file://"},
		{"x", "s3://u:" + canary + "@acme", "history: has no valid bucket name"},
		{"x", "postgres://u:" + canary + "%zz@h/d", "history: is not a URL (want postgres://user@host/database; percent-encode"},
		{"x", "postgresql://u:" + canary + "/x@h/d", "history: is not a URL"},
		{"x", "postgres://h/d, s3: {region: auto}", "record.s3: has options for s3://bucket/prefix"},
	} {
		quote := func(s string) string {
			value, options, found := strings.Cut(s, ", ")
			if found {
				return fmt.Sprintf("%q, %s", value, options)
			}
			return fmt.Sprintf("%q", value)
		}
		_, err := read.Parse("drillgres.yaml", fmt.Appendf(nil, whole, quote(c.from), quote(c.history)))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s, %s: %v", c.from, c.history, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s, %s: got %v, want %q", c.from, c.history, err, c.want)
		case err != nil && strings.Contains(err.Error(), canary):
			t.Errorf("%s, %s: a secret is shown: %v", c.from, c.history, err)
		}
	}
}

// TestOpenSourceChecksTheURL checks a URL that no config has checked, such as that of
// inspect.
func TestOpenSourceChecksTheURL(t *testing.T) {
	for from, want := range map[string]string{
		"ftp://acme/x":       "unsupported scheme ftp://: supported are az, file, gs, https, s3, sftp, and a path",
		"s3://":              "has no valid bucket name",
		"file://srv/backups": "names a host",
	} {
		_, err := OpenSource(t.Context(), config.Backup{From: config.Text(from)}, time.Now)
		if f := outcome.AsFailure(err); err == nil || f.Code != outcome.ConfigInvalid || !strings.Contains(f.Error(), want) || f.Remedy() == "" {
			t.Errorf("%s: %v", from, err)
		}
	}
}

func TestKeyFilesAreRelativeToTheConfig(t *testing.T) {
	read := ConfigReader(func(string) (string, bool) { return "", false })
	cfg, err := read.Parse("/etc/drillgres/drillgres.yaml", []byte("version: 1\ndatabases: {a: {backup: {from: \"sftp://u@h/b\", sftp: {known_hosts: keys/hosts, key_file: /root/id}}, postgres: {version: 16}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := cfg.Database("a").Backup.SFTP
	if got.KnownHosts != filepath.Join("/etc/drillgres", "keys/hosts") || got.KeyFile != "/root/id" {
		t.Errorf("got %+v", got)
	}
}

// TestSecretsOfALinkAreMasked checks that no output can contain the query of a link.
func TestSecretsOfALinkAreMasked(t *testing.T) {
	t.Setenv("LINK", "https://u:"+canary+"1@h/shop.dump?X-Amz-Signature="+canary+"2&v=1")
	cfg, err := ConfigReader(os.LookupEnv).Parse("drillgres.yaml", []byte("version: 1\ndatabases: {a: {backup: {from: \"${LINK}\"}, postgres: {version: 16}}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	var r redact.Redactor
	r.Add(cfg.Secrets()...)
	for _, text := range []string{"got " + canary + "1", "got " + canary + "2", "got " + string(cfg.Database("a").Backup.From)} {
		if masked := r.Text(text); strings.Contains(masked, canary) {
			t.Errorf("%s is shown", masked)
		}
	}
}

// TestEveryKindIsComplete checks everything that is derived from the registry.
func TestEveryKindIsComplete(t *testing.T) {
	docs, err := os.ReadFile("../../docs/config.md")
	if err != nil {
		t.Fatal(err)
	}
	complete := func(purpose string, section any, k place.Kind, opens bool) {
		if !opens {
			t.Errorf("nothing opens %s of %v", purpose, k.Schemes)
		}
		if len(k.Schemes) == 0 && !k.Path || len(k.Schemes) > 0 && (k.Check == nil || place.Scheme(k.Example) != k.Schemes[0]) {
			t.Errorf("%s: URLs of %v have no check or no example", purpose, k.Schemes)
		}
		for _, scheme := range k.Schemes[:min(len(k.Schemes), 1)] {
			if !strings.Contains(string(docs), scheme+"://") {
				t.Errorf("%s: docs/config.md does not name %s://", purpose, scheme)
			}
			if k.Check(k.Example) != nil {
				t.Errorf("%s: the example %s is refused", purpose, k.Example)
			}
		}
		if k.Section != "" && !hasKey(section, k.Section) {
			t.Errorf("%s: the config has no section %s", purpose, k.Section)
		}
	}
	for _, k := range Sources {
		complete("a source", config.Backup{}, k.Kind, k.Open != nil)
	}
	for _, k := range Histories {
		complete("a history", config.Record{}, k.Kind, k.Open != nil)
	}
}

func hasKey(section any, key string) bool {
	t := reflect.TypeOf(section)
	for i := range t.NumField() {
		if t.Field(i).Tag.Get("yaml") == key {
			return true
		}
	}
	return false
}

func TestCredentialsOfTheEnvironmentAreSecret(t *testing.T) {
	env := map[string]string{"AWS_SECRET_ACCESS_KEY": canary, "AZURE_STORAGE_KEY": canary, "AWS_ACCESS_KEY_ID": "public"}
	got := Credentials(func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	for _, s := range got {
		if s.Reveal() != canary {
			t.Errorf("%s is not a secret", s.Reveal())
		}
	}
	if len(got) == 0 {
		t.Error("the secret access key is shown")
	}
}
