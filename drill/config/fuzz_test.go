package config

import (
	"errors"
	"math"
	"math/big"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
)

// FuzzConfig checks that reading any file ends soon, in a config or in Errors, that
// it needs memory in proportion to the file, and that no error shows a value from the
// environment.
func FuzzConfig(f *testing.F) {
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
		hangs := time.AfterFunc(30*time.Second, func() { panic("it does not end") })
		defer hangs.Stop()
		before := allocated()
		cfg, err := reader(getenv).Parse("fuzz.yaml", data)
		if took, most := allocated()-before, uint64(64<<20+2048*len(data)); took > most {
			t.Errorf("%d bytes of config took %d bytes of memory", len(data), took)
		}
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

func allocated() uint64 {
	total := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(total)
	return total[0].Value.Uint64()
}

// FuzzUnits checks that a duration, size or percentage that is accepted has the value
// of its digits, and that its text parses to the same value.
func FuzzUnits(f *testing.F) {
	for _, seed := range []string{
		"26h", "7d", "1w2d3h", "1.5d", "0", "-1h", "9999999999999w", "1h30m", "0.5h1ns",
		"512", "1MiB", "1.5GiB", "20GB", "-1", "9223372036854775807", "0.999TB", "8191.999999TiB",
		"20%", "2.5%", "100%", "off", "-0%", "100.0000000000000001%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := ParseDuration(text); err == nil {
			again, err := ParseDuration(d.String())
			if d < 0 || err != nil || again != d {
				t.Errorf("duration %q → %d, %s → %d, %v", text, d, d, again, err)
			}
		}
		if s, err := ParseSize(text); err == nil {
			again, err := ParseSize(s.String())
			if s < 0 || err != nil || again != s || !sizeMatches(text, s) {
				t.Errorf("size %q → %d, %s → %d, %v", text, s, s, again, err)
			}
		}
		if p, err := ParsePercent(text); err == nil {
			again, err := ParsePercent(p.String())
			if p < 0 || p > 100 || math.IsNaN(float64(p)) || err != nil || again != p {
				t.Errorf("share %q → %g, %s → %g, %v", text, p, p, again, err)
			}
		}
	})
}

// sizeMatches compares a size with its text by exact arithmetic: it may be less by a
// fraction of a byte.
func sizeMatches(text string, s Size) bool {
	m := sizePattern.FindStringSubmatch(text)
	exact, ok := new(big.Rat).SetString(m[1] + m[2])
	if !ok {
		return false
	}
	exact.Mul(exact, new(big.Rat).SetInt64(sizeUnits[strings.ToLower(m[3])]))
	lacks := exact.Sub(exact, new(big.Rat).SetInt64(int64(s)))
	return lacks.Sign() >= 0 && lacks.Cmp(big.NewRat(1, 1)) < 0
}
