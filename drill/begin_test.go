package drill

import (
	"testing"

	"github.com/drillgres/drillgres/drill/locate"
)

// file is a source of local files.
type file struct{ locate.Source }

func (file) LocalPath(locate.Object) string { return "/backups/a.dump" }

// remote is a source over the network.
type remote struct{ locate.Source }

// TestSandboxDelay checks that only the sandbox of a backup that may arrive at once waits.
func TestSandboxDelay(t *testing.T) {
	for name, c := range map[string]struct {
		size  int64
		from  locate.Source
		waits bool
	}{
		"unknown":          {-1, remote{}, true},
		"empty":            {0, remote{}, true},
		"small":            {1 << 20, remote{}, true},
		"a large download": {16 << 20, remote{}, false},
		"a file":           {16 << 20, file{}, true},
		"a large file":     {64 << 20, file{}, false},
	} {
		b := locate.Backup{Source: c.from, Object: locate.Object{Size: c.size}}
		if got := sandboxDelay(b); (got == shortFetch) != c.waits || isLarge(b) == c.waits {
			t.Errorf("%s: %s", name, got)
		}
	}
}
