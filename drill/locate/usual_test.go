package locate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
)

// TestUsualSize compares the newest backup with those before it.
func TestUsualSize(t *testing.T) {
	day := 24 * time.Hour
	// of returns backups of these sizes, one a day, the newest first.
	of := func(format string, sizes ...int) (objects []object) {
		for i, size := range sizes {
			objects = append(objects, object{fmt.Sprintf(format, 99-i), time.Duration(i)*day + time.Hour, strings.Repeat("x", size)})
		}
		return objects
	}
	for name, c := range map[string]struct {
		there []object
		rules locate.Rules
		small bool
	}{
		"as usual":                    {of("shop-%d.dump", 1000, 1010, 990, 1005, 1000), locate.Rules{}, false},
		"a tenth":                     {of("shop-%d.dump", 100, 1000, 1000, 1000, 1000), locate.Rules{}, false},
		"less than a tenth":           {of("shop-%d.dump", 99, 1000, 1000, 1000, 1000), locate.Rules{}, true},
		"few backups":                 {of("shop-%d.dump", 9, 1000, 1000, 1000), locate.Rules{}, false},
		"one large one":               {of("shop-%d.dump", 100, 9000, 100, 100, 100), locate.Rules{}, false},
		"one other small one":         {of("shop-%d.dump", 9, 9, 1000, 1000, 1000, 1000), locate.Rules{}, true},
		"small for some time":         {of("shop-%d.dump", 9, 9, 9, 9, 9, 9, 1000, 1000, 1000, 1000, 1000), locate.Rules{}, false},
		"large long ago":              {of("shop-%d.dump", 9, 90, 90, 90, 90, 90, 90, 90, 90, 90, 90, 1000, 1000), locate.Rules{}, false},
		"another database in between": {append(of("crm-%d.dump", 9), of("shop-%d.dump", 1000, 1000, 1000, 1000)[0:4]...), locate.Rules{}, false},
		"compressed since today":      {append(of("shop-%d.sql.gz", 9), of("shop-%d.sql", 0, 1000, 1000, 1000, 1000)[1:]...), locate.Rules{}, false},
		"sets": {
			slices.Concat(of("schema-%d.sql", 4, 40, 40, 40, 40), of("data-%d.sql", 4, 960, 960, 960, 960)),
			locate.Rules{Parts: []string{"schema-*.sql", "data-*.sql"}},
			true,
		},
		"sets whose schema is large": {
			slices.Concat(of("schema-%d.sql", 200, 200, 200, 200, 200), of("data-%d.sql", 4, 960, 960, 960, 960)),
			locate.Rules{Parts: []string{"schema-*.sql", "data-*.sql"}},
			false,
		},
		"directories": {
			slices.Concat(of("shop-%d/toc.dat", 4, 40, 40, 40, 40), of("shop-%d/1.dat", 4, 960, 960, 960, 960)), locate.Rules{}, true,
		},
		"one that was named": {of("shop-%d.dump", 9, 1000, 1000, 1000, 1000), locate.Rules{Want: "shop-99.dump"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := locator(place(c.there...), c.rules)
			l.Pause = time.Millisecond
			b, err := l.Locate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f := b.FindShrunk(nil)
			if (f != nil) != c.small {
				t.Fatalf("%s: %+v", b.Key, f)
			}
			if f != nil && (f.Code != "backup_too_small" || !strings.Contains(f.Message, "less than a tenth of the usual 1000 B, the median of the last ")) {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestVerifiedSize compares the newest backup with those that drills verified. What is at
// the source does not matter: backups of the wrong database do not become usual.
func TestVerifiedSize(t *testing.T) {
	there := []object{{"shop-9.dump", time.Hour, strings.Repeat("x", 9)}}
	for i := range 12 {
		there = append(there, object{fmt.Sprintf("shop-%d.dump", i+100), time.Duration(i+2) * time.Hour, strings.Repeat("x", 9)})
	}
	// of returns verified backups of these sizes.
	of := func(format string, sizes ...int64) (verified []locate.VerifiedSize) {
		for i, size := range sizes {
			verified = append(verified, locate.VerifiedSize{URI: fmt.Sprintf(format, 99-i), Bytes: size})
		}
		return verified
	}
	for name, c := range map[string]struct {
		there    []object
		verified []locate.VerifiedSize
		small    bool
	}{
		"small for some time":         {there, of("memory:///shop-%d.dump", 1000, 1000), true},
		"the only one":                {there[:1], of("memory:///shop-%d.dump", 1000), true},
		"verified":                    {there, of("memory:///shop-%d.dump", 9, 1000, 1000), false},
		"verified, and grown":         {there, of("memory:///shop-%d.dump", 1000, 9), true},
		"a tenth of the one verified": {there, of("memory:///shop-%d.dump", 99), false},
		"only others verified":        {there, of("memory:///shop-full-%d.dump", 1000), false},
		"others by their folder":      {there, of("memory:///full/shop-%d.dump", 1000), false},
		"before the source moved":     {there, of("s3://old/prod/shop-%d.dump", 1000), true},
		"others verified since":       {there, slices.Concat(of("memory:///shop-full-%d.dump", 9), of("memory:///shop-%d.dump", 1000)), true},
	} {
		l := locator(place(c.there...), locate.Rules{})
		l.Pause = time.Millisecond
		b, err := l.Locate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f := b.FindShrunk(c.verified)
		if (f != nil) != c.small || f != nil && !strings.Contains(f.Message, "has only 9 B, less than a tenth of the usual 1000 B, the size of the newest backup of its kind that a drill verified") {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
