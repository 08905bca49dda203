package config

import (
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	good := map[string]time.Duration{
		"0": 0, "26h": 26 * time.Hour, "7d": 7 * day, "2w": 14 * day, "1d12h": 36 * time.Hour,
		"3y": 3 * 366 * day, "1w1d1h1m1s": 8*day + time.Hour + time.Minute + time.Second, "1.5d": 36 * time.Hour, "100ms": 100 * time.Millisecond,
	}
	for text, want := range good {
		if got, err := ParseDuration(text); err != nil || time.Duration(got) != want {
			t.Errorf("%q: got %v, %v; want %v", text, time.Duration(got), err, want)
		}
	}
	for _, text := range []string{"", "26 hours", "30", "-1h", "+1h", "1d-2h", "1h1d", "d", "y", "1M", "999999999w", "300000w1h", " 1h"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is accepted as %v", text, time.Duration(got))
		}
	}
}

func TestDurationString(t *testing.T) {
	for text, want := range map[string]string{
		"26h": "26h", "7d": "7d", "2w": "14d", "90s": "1m30s", "60s": "1m", "1h0m30s": "1h0m30s", "10m": "10m", "0": "0s", "20h": "20h",
	} {
		d, err := ParseDuration(text)
		if err != nil || d.String() != want {
			t.Errorf("%s: got %s, %v; want %s", text, d, err, want)
		}
	}
}

func TestParsePercent(t *testing.T) {
	for text, want := range map[string]Percent{"0%": 0, "20%": 20, "2.5%": 2.5, "100%": 100, "off": 100} {
		if got, err := ParsePercent(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "20", "0.2", "-1%", "101%", "%", "1e1%", "+5%", "inf%", "20 %", "none"} {
		if got, err := ParsePercent(text); err == nil {
			t.Errorf("%q is accepted as %v", text, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	good := map[string]Size{
		"0": 0, "512": 512, "512B": 512, "1KiB": 1024, "1MiB": 1 << 20, "1.5GiB": 3 << 29, "20GB": 20e9, "4 MiB": 4 << 20, "1tib": 1 << 40,
	}
	for text, want := range good {
		if got, err := ParseSize(text); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "4G", "-1", "1.5", "1.5B", "MiB", "9999999999GiB", "9223372036854775807TB", "1e3", "0x10", "1  MiB", "NaN"} {
		if got, err := ParseSize(text); err == nil {
			t.Errorf("%q is accepted as %d", text, got)
		}
	}
}
