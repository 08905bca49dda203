package locate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestGrowingBackups checks that a backup of several files that is still being written is not
// the newest.
func TestGrowingBackups(t *testing.T) {
	old, young := now.Add(-24*time.Hour), now.Add(-10*time.Second)
	for name, c := range map[string]struct {
		grows string
		parts []string
		want  string
		code  string
	}{
		"a directory":      {grows: "b.d/2.dat.gz", want: "a.d", code: "backup_growing"},
		"one of a set":     {grows: "data-2.sql", parts: []string{"schema-*.sql", "data-*.sql"}, want: "data-1.sql", code: "set_incomplete"},
		"something beside": {grows: "job.log", want: "b.d"},
	} {
		m := &sourcetest.Memory{}
		for key, at := range map[string]time.Time{
			"a.d/toc.dat": old, "a.d/1.dat.gz": old, "b.d/toc.dat": young, "b.d/1.dat.gz": young,
			"schema-1.sql": old, "data-1.sql": old, "schema-2.sql": young,
		} {
			if (len(c.parts) > 0) == strings.HasSuffix(key, ".sql") {
				m.PutAt(key, []byte("x"), at)
			}
		}
		l := locate.Locator{Source: &writing{Memory: m, key: c.grows}, Rules: locate.Rules{Parts: c.parts}, Now: func() time.Time { return now }, Pause: time.Millisecond}
		b, err := l.Locate(t.Context())
		if err != nil || b.Key != c.want || c.code != "" && !slices.ContainsFunc(b.Findings, func(f outcome.Finding) bool { return f.Code == c.code }) {
			t.Errorf("%s: %s, %+v, %v", name, b.Key, b.Findings, err)
		}
	}
}
