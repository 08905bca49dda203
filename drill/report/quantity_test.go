package report

import (
	"testing"
	"time"
)

func TestQuantities(t *testing.T) {
	got := map[string]string{
		size(0): "0 B", size(1023): "1023 B", size(1024): "1.0 KiB", size(4299161): "4.1 MiB", size(1<<20 - 1): "1.0 MiB",
		size(5 << 40): "5.0 TiB", size(2 << 50): "2048.0 TiB",
		took(0.0123): "0.01s", took(0.994): "0.99s", took(0.999): "1.0s", took(9.99): "10.0s", took(59.94): "59.9s", took(59.96): "1m00s",
		took(125): "2m05s", took(3720): "1h02m",
		span(45 * time.Second): "45s", span(-time.Hour): "0s", span(90 * time.Minute): "1h 30m", span(3 * time.Hour): "3h", span(52 * time.Hour): "2d 4h",
		number(0): "0", number(999): "999", number(1000): "1,000", number(-1234567): "-1,234,567",
		counted(1, "table"): "1 table", counted(1200, "table"): "1,200 tables",
	}
	for have, want := range got {
		if have != want {
			t.Errorf("got %q, want %q", have, want)
		}
	}
}
