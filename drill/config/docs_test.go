package config_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/wiring"
)

// documented returns the first YAML block of a page.
func documented(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```yaml\n")
	block, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatalf("%s has no YAML", page)
	}
	return block
}

// TestDocumentedConfigsAreValid loads the examples in the documentation.
func TestDocumentedConfigsAreValid(t *testing.T) {
	for _, page := range []string{"../../README.md", "../../docs/config.md", "../../docs/first-drill.md"} {
		t.Run(filepath.Base(page), func(t *testing.T) {
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "secrets"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "secrets", "api-key"), []byte("k"), 0o600); err != nil {
				t.Fatal(err)
			}
			getenv := func(name string) (string, bool) {
				if name == "SLACK_URL" { // a receiver that is off
					return "", false
				}
				return "secret", true
			}
			if _, err := wiring.ConfigReader(getenv).Parse(filepath.Join(dir, "drillgres.yaml"), []byte(documented(t, page))); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReferenceNamesEveryKey compares docs/config.md with the schema.
func TestReferenceNamesEveryKey(t *testing.T) {
	reference := documented(t, "../../docs/config.md")
	var root any
	if err := json.Unmarshal(config.Schema(), &root); err != nil {
		t.Fatal(err)
	}
	keys := 0
	properties(root, func(key string) {
		keys++
		if !strings.Contains(reference, key+":") {
			t.Errorf("docs/config.md does not name %s", key)
		}
	})
	if keys < 40 {
		t.Errorf("the schema names %d keys: nothing is tested", keys)
	}
}

func properties(node any, visit func(string)) {
	switch n := node.(type) {
	case map[string]any:
		for name, child := range n {
			if group, ok := child.(map[string]any); ok && name == "properties" {
				for key := range group {
					visit(key)
				}
			}
			properties(child, visit)
		}
	case []any:
		for _, child := range n {
			properties(child, visit)
		}
	}
}
