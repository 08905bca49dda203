package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: whatever stands in a file, reading it ends in a config or in
// Errors, and no error shows what the environment holds.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/valid/*.yaml", "testdata/invalid/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	getenv := func(string) (string, bool) { return canary, true }
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := Parse("fuzz.yaml", data, getenv)
		var problems Errors
		switch {
		case err == nil && (cfg == nil || len(cfg.Databases) == 0):
			t.Fatal("a config without databases")
		case err != nil && !errors.As(err, &problems):
			t.Fatalf("not Errors: %v", err)
		case err != nil && strings.Contains(err.Error(), canary) && !strings.Contains(string(data), canary):
			t.Fatalf("the secret is in: %v", err)
		}
	})
}
