package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/redact"
)

// canary must never appear in an error, whatever value contains it.
const canary = "canary-90817263"

func TestErrorsHoldNoSecret(t *testing.T) {
	const before = "version: 1\ndatabases:\n  shop:\n    backup: {from: %s}\n    postgres: {version: 16}\n    app:\n      image: x\n"
	places := map[string]string{
		"beside a wrong key":    "      env: {A: CANARY, B: [x]}\n      imgae: y\n",
		"list for a value":      "      env: {A: [CANARY]}\n",
		"mapping for a value":   "      env: {A: {CANARY}}\n",
		"mapping with a value":  "      env: {A: {x: CANARY}}\n",
		"list for a mapping":    "      env: [A=CANARY]\n",
		"text for a mapping":    "      env: A=CANARY\n",
		"reference in it":       "      env: {A: \"CANARY${UNSET}\"}\n",
		"broken reference":      "      env: {A: \"${CANARY\"}\n",
		"looks like an alias":   "      env: {A: *CANARY}\n",
		"looks like a tag":      "      env: {A: !CANARY x}\n",
		"looks like an anchor":  "      env: {A: &CANARY }\n",
		"syntax error after it": "      env:\n        A: \"CANARY\n",
		"two colons":            "      env:\n        A: CANARY: x\n",
		"line break in header":  "      smoke: [{name: a, http: {get: /, headers: {A: \"CANARY\\r\\n\"}}}]\n      port: 80\n",
		"body of a get":         "      smoke: [{name: a, http: {get: /, body: CANARY}}]\n      port: 80\n",
		"zero byte":             "      env: {A: \"CANARY\\0\"}\n",
		"environment":           "      env: {A: \"${SECRET}\", B: [x]}\n",
		"empty secret file":     "      env: {A: {file: /dev/null}, B: CANARY}\n",
	}
	getenv := environment(map[string]string{"SECRET": canary})
	for name, text := range places {
		t.Run(name, func(t *testing.T) {
			whole := fmt.Sprintf(before, "x") + strings.ReplaceAll(text, "CANARY", canary)
			cfg, err := reader(getenv).Parse("drillgres.yaml", []byte(whole))
			if err == nil {
				t.Fatalf("nothing is wrong with %s: %v", whole, cfg)
			}
			if strings.Contains(err.Error(), canary) {
				t.Errorf("the secret is in:\n%v", err)
			}
		})
	}
	for _, from := range []string{
		"s3://key:" + canary + "@bucket/x", "gs://key:" + canary + "@bucket", "file://" + canary, "postgres://u:" + canary + "@h/d",
	} {
		_, err := reader(getenv).Parse("drillgres.yaml", fmt.Appendf(nil, before, from))
		if err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", from, err)
		}
	}
}

func TestSecretFromFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("token", "line one\nline two is long\n\n")
	write("drillgres.yaml", "version: 1\ndatabases: {a: {backup: {from: x}, postgres: {version: 16}, app: {image: x, env: {T: {file: \"${NAME}\"}}}}}\n")
	cfg, err := reader(environment(map[string]string{"NAME": "token"})).Load(filepath.Join(dir, "drillgres.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Databases["a"].App.Env["T"].Reveal(); got != "line one\nline two is long\n" {
		t.Errorf("got %q: want all but one newline", got)
	}
	var r redact.Redactor
	r.Add(cfg.Secrets()...)
	if got := r.Text("log: line two is long"); got != "log: REDACTED" {
		t.Errorf("a line of the secret is shown: %q", got)
	}
}

func TestSecrets(t *testing.T) {
	cfg, err := reader(environment(map[string]string{"OTHER": "value-1234", "SMOKE_TOKEN": "justletters"})).Parse("drillgres.yaml", []byte(`
version: 1
databases:
  shop:
    backup: {from: x}
    postgres: {version: 16}
    app:
      image: x
      port: 80
      env:
        MODE: production
        API_KEY: swordfish
        LITERAL: x7-literal-text
        FROM_ENV: "${OTHER}"
        LEVEL: "${LEVEL:-debug}"
        URL: "https://u:${OTHER}@host/"
      services: {cache: {image: y, env: {CACHE_PASSWORD: opensesame}}}
      smoke: [{name: a, http: {post: /, headers: {Authorization: "Bearer ${SMOKE_TOKEN}"}, body: "${OTHER}-in-body"}}]
`))
	if err != nil {
		t.Fatal(err)
	}
	var r redact.Redactor
	r.Add(cfg.Secrets()...)
	for _, secret := range []string{"swordfish", "x7-literal-text", "value-1234", "opensesame", "justletters"} {
		if got := r.Text("<" + secret + ">"); strings.Contains(got, secret) {
			t.Errorf("%s is shown: %s", secret, got)
		}
	}
	for _, word := range []string{"production", "debug"} {
		if got := r.Text(word); got != word {
			t.Errorf("the plain word %s is masked", word)
		}
	}
	if printed := fmt.Sprintf("%v %+v %#v", cfg.Databases["shop"].App, *cfg.Databases["shop"].App, cfg.Secrets()); strings.Contains(printed, "swordfish") {
		t.Errorf("printing the config shows a secret: %s", printed)
	}
}
