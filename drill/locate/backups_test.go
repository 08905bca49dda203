package locate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestBackups checks which backups are listed, the newest first, and that each of them can be
// located by its key.
func TestBackups(t *testing.T) {
	for name, tt := range map[string]struct {
		files string // the newest first
		rules locate.Rules
		want  string // keys, or the code of the failure
	}{
		"files with what accompanies them": {"shop-2.dump.sha256 shop-2.dump notes.txt shop-1.dump", locate.Rules{Match: "shop-*"}, "shop-2.dump shop-1.dump"},
		"one that is empty or too old":     {"shop-2.dump shop-1.dump", locate.Rules{MaxAge: time.Minute, MinSize: 99, Keep: 99 * time.Hour}, "shop-2.dump shop-1.dump"},
		"a copy of an old one":             {"shop-2024-04-20.dump shop-2024-05-02.dump shop-2024-05-01.dump", locate.Rules{}, "shop-2024-05-02.dump shop-2024-04-20.dump shop-2024-05-01.dump"},
		"complete sets":                    {"schema-3.sql data-2.sql schema-2.sql data-1.sql schema-1.sql", locate.Rules{Parts: []string{"schema-*.sql", "data-*.sql"}}, "data-2.sql data-1.sql"},
		"directories":                      {"b/toc.dat b/1.dat a/toc.dat a/1.dat", locate.Rules{}, "b a"},
		"none":                             {"notes.txt", locate.Rules{Match: "*.dump"}, "backup_missing"},
	} {
		var objects []object
		for i, key := range strings.Fields(tt.files) {
			objects = append(objects, object{key, time.Duration(i+1) * time.Hour, "x"})
		}
		l := locator(place(objects...), tt.rules)
		listed, _, err := l.Backups(t.Context())
		var keys []string
		for _, b := range listed {
			keys = append(keys, b.Key)
			l.Want, l.MinSize = b.Key, 0
			if found, err := l.Locate(t.Context()); err != nil || found.Key != b.Key {
				t.Errorf("%s: %s by its key: %s, %v", name, b.Key, found.Key, err)
			}
		}
		got := strings.Join(keys, " ")
		if err != nil {
			got = string(outcome.AsFailure(err).Code)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
