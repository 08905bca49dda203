package docker

import (
	"testing"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestSpaceOfTheEnginesDisk(t *testing.T) {
	free, total, err := sharedPod(t).space(t.Context())
	if err != nil || free <= 0 || total < free {
		t.Errorf("%d bytes free of %d, %v", free, total, err)
	}
}

func TestCheckReserve(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		free, total int64
		full        bool
	}{
		{500 * gib, 1000 * gib, false},
		{gib, 1000 * gib, false},
		{gib - 1, 1000 * gib, true},
		{gib / 2, 8 * gib, false}, // a small disk
		{gib / 4, 8 * gib, true},
		{0, 8 * gib, true},
	} {
		full := checkReserve(c.free, c.total)
		if (full != nil) != c.full {
			t.Errorf("%d of %d: %v", c.free, c.total, full)
		}
		if full != nil {
			wantCode(t, full, outcome.SandboxDiskFull)
		}
	}
}

func TestParseDf(t *testing.T) {
	free, total, err := parseDf("Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda1 1000 600 400 60% /drillgres/in\n")
	if err != nil || free != 400<<10 || total != 1000<<10 {
		t.Errorf("got %d of %d, %v", free, total, err)
	}
	for _, odd := range []string{"", "df: no such file", "head\n/dev/vda1 x y z\n"} {
		if _, _, err := parseDf(odd); err == nil {
			t.Errorf("%q was parsed", odd)
		}
	}
}
