package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestReferences checks that a config says where its secrets come from, and never what they are.
func TestReferences(t *testing.T) {
	const canary = "canary-of-a-reference"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "pass"), []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	r := reader(func(string) (string, bool) { return canary, true })
	cfg, err := r.Parse(filepath.Join(dir, "drillgres.yaml"), []byte(`version: 1
databases:
  shop:
    backup:
      command: {run: [restic, dump], env: {RESTIC_PASSWORD: "${RESTIC_PASSWORD}", OTHER: plain}}
      keys:
        - {age: {passphrase: {file: pass}}}
        - {openssl: {passphrase: "${FIRST}${SECOND:-x}"}}
    postgres: {version: "16"}
  shopper:
    backup: {command: {run: [a], env: {A: "${NOT_OF_SHOP}"}}}
    postgres: {version: "16"}
`))
	if err != nil {
		t.Fatal(err)
	}
	at := func(keys ...any) []Reference {
		return cfg.References(Path(append([]any{"databases", "shop", "backup"}, keys...)...))
	}
	if got := at("keys", 0, "age", "passphrase"); len(got) != 1 || got[0].File != filepath.Join(dir, "pass") {
		t.Errorf("of a file: %+v", got)
	}
	if got := at("keys", 1, "openssl", "passphrase"); !slices.Equal(got, []Reference{{Variable: "FIRST"}, {Variable: "SECOND"}}) {
		t.Errorf("of two variables: %+v", got)
	}
	if got := at("command", "env", "OTHER"); got != nil {
		t.Errorf("of a value in the file: %+v", got)
	}
	got := cfg.VariablesBelow(Path("databases", "shop"))
	if want := "FIRST RESTIC_PASSWORD SECOND"; strings.Join(got, " ") != want {
		t.Errorf("below the database: %q, want %s", got, want)
	}
}
