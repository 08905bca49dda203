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

// chosen returns the keys of a backup, in restore order.
func chosen(b locate.Backup) string {
	var keys []string
	for _, p := range b.Before {
		keys = append(keys, p.Key)
	}
	return strings.Join(append(keys, b.Key), " ")
}

// TestSets checks which files are one backup.
func TestSets(t *testing.T) {
	schemaAndData := []string{"schema-*.sql*", "data-*.sql*"}
	for name, c := range map[string]struct {
		files string // the oldest first; those without a space between them are of the same time
		parts []string
		want  string // keys, or the code of the failure
		finds string
	}{
		"the newest":                          {"schema-1.sql data-1.sql schema-2.sql data-2.sql", schemaAndData, "schema-2.sql data-2.sql", ""},
		"the newest is not complete":          {"schema-1.sql data-1.sql schema-2.sql", schemaAndData, "schema-1.sql data-1.sql", "set_incomplete"},
		"none is complete":                    {"schema-1.sql data-2.sql", schemaAndData, "part_missing", ""},
		"nothing at all":                      {"notes.txt", schemaAndData, "backup_missing", ""},
		"of another folder":                   {"a/data-1.sql b/schema-1.sql", schemaAndData, "part_missing", ""},
		"with a name that is always the same": {"1/globals.sql 1/shop-1_03.dump 2/globals.sql 2/shop-2_03.dump", []string{"globals.sql", "shop-*.dump"}, "2/globals.sql 2/shop-2_03.dump", ""},
		"in folders":                          {"1/roles.sql 1/data.sql 2/roles.sql", []string{"roles.sql", "data.sql"}, "1/roles.sql 1/data.sql", "set_incomplete"},
		"in folders, with stars":              {"1/roles.sql 1/data.sql 2/roles.sql", []string{"*roles*.sql*", "*data*.sql*"}, "1/roles.sql 1/data.sql", "set_incomplete"},
		"by other wildcards":                  {"s-20261.sql d-20261.sql s-20262.sql", []string{"s-2026?.sql", "d-2026?.sql"}, "s-20261.sql d-20261.sql", "set_incomplete"},
		"by ranges":                           {"s-1.sql d-1.sql s-2.sql", []string{"s-[0-9].sql", "d-[0-9].sql"}, "s-1.sql d-1.sql", "set_incomplete"},
		"compressed in part":                  {"schema-1.sql data-1.sql.gz", schemaAndData, "schema-1.sql data-1.sql.gz", ""},
		"beside their checksums":              {"schema-1.sql data-1.sql schema-1.sql.sha256 data-1.sql.sha256", schemaAndData, "schema-1.sql data-1.sql", "checksum_malformed"},
		"of two databases":                    {"blog-schema-1.sql blog-data-1.sql shop-schema-1.sql shop-data-1.sql", []string{"*-schema-*.sql", "*-data-*.sql"}, "shop-schema-1.sql shop-data-1.sql", "backups_mixed"},
		"across folders, by their globs":      {"schema/1.sql data/1.sql schema/2.sql", []string{"schema/*.sql", "data/*.sql"}, "schema/1.sql data/1.sql", "set_incomplete"},
	} {
		m := &sourcetest.Memory{}
		for i, key := range strings.Fields(c.files) {
			m.PutAt(key, []byte("x"), now.Add(time.Duration(i-100)*time.Hour))
		}
		b, err := locate.Locator{Source: m, Rules: locate.Rules{Parts: c.parts}, Now: func() time.Time { return now }}.Locate(t.Context())
		got := chosen(b)
		if err != nil {
			got = string(outcome.AsFailure(err).Code)
		}
		if found := func(f outcome.Finding) bool { return f.Code == c.finds }; got != c.want || c.finds != "" && !slices.ContainsFunc(b.Findings, found) || c.finds == "" && len(b.Findings) > 0 {
			t.Errorf("%s: %s, %+v, %v; want %s, %q", name, got, b.Findings, err, c.want, c.finds)
		}
	}
}

// TestGlobals checks which file has the roles of a dump.
func TestGlobals(t *testing.T) {
	for name, c := range map[string]struct {
		files, match string
		want, finds  string
	}{
		"beside it":          {"globals-1.sql shop-1.dump", "shop-*", "globals-1.sql shop-1.dump", ""},
		"of the same set":    {"globals-1.sql shop-1.dump globals-2.sql shop-2.dump globals-3.sql", "shop-*", "globals-2.sql shop-2.dump", ""},
		"not newer":          {"globals-1.sql shop-x.dump globals-2.sql", "shop-*", "globals-1.sql shop-x.dump", ""},
		"of the same folder": {"b/globals-1.sql a/globals-1.sql b/shop-1.dump", "shop-*", "b/globals-1.sql b/shop-1.dump", ""},
		"missing":            {"shop-1.dump", "shop-*", "shop-1.dump", "globals_missing"},
		"no dump":            {"shop-1.dump globals-1.sql", "", "shop-1.dump", "globals_missing"},
	} {
		m := &sourcetest.Memory{}
		for i, key := range strings.Fields(c.files) {
			m.PutAt(key, []byte("x"), now.Add(time.Duration(i-100)*time.Hour*2))
		}
		b, err := locate.Locator{Source: m, Rules: locate.Rules{Match: c.match, Globals: "globals-*.sql"}, Now: func() time.Time { return now }}.Locate(t.Context())
		if found := func(f outcome.Finding) bool { return f.Code == c.finds }; err != nil || chosen(b) != c.want || c.finds != "" && !slices.ContainsFunc(b.Findings, found) {
			t.Errorf("%s: %s, %+v, %v; want %s, %q", name, chosen(b), b.Findings, err, c.want, c.finds)
		}
	}
	m := &sourcetest.Memory{}
	m.PutAt("globals-x.sql", []byte("x"), now.Add(-400*24*time.Hour))
	m.PutAt("shop-1.dump", []byte("x"), now)
	b, err := locate.Locator{Source: m, Rules: locate.Rules{Match: "shop-*", Globals: "globals-*.sql"}, Now: func() time.Time { return now }}.Locate(t.Context())
	if err != nil || len(b.Findings) != 1 || b.Findings[0].Code != "globals_old" {
		t.Errorf("old roles: %+v, %v", b.Findings, err)
	}
}

// TestCreation checks which file creates the database of a dump.
func TestCreation(t *testing.T) {
	for name, c := range map[string]struct{ files, want string }{
		"beside it":                          {"globals-1.sql shop_1.createdb.sql shop_1.dump", "globals-1.sql shop_1.createdb.sql shop_1.dump"},
		"of a plain dump":                    {"shop_1.createdb.sql shop_1.sql", "shop_1.createdb.sql shop_1.sql"},
		"encrypted":                          {"shop_1.createdb.sql.age shop_1.sql.gz.age", "shop_1.createdb.sql.age shop_1.sql.gz.age"},
		"written last":                       {"shop_1.dump shop_1.createdb.sql", "shop_1.createdb.sql shop_1.dump"},
		"of another run":                     {"shop_1.createdb.sql shop_2.dump", "shop_2.dump"},
		"of another folder":                  {"a/shop_1.createdb.sql b/shop_1.dump", "b/shop_1.dump"},
		"of a database whose name is longer": {"shop_1.createdb.sql shop_1_b.createdb.sql shop_1.dump", "shop_1.createdb.sql shop_1.dump"},
	} {
		m := &sourcetest.Memory{}
		for i, key := range strings.Fields(c.files) {
			m.PutAt(key, []byte("x"), now.Add(time.Duration(i-100)*time.Minute))
		}
		rules := locate.Rules{Match: "shop_*", Creation: ".createdb.sql", MinSize: 1}
		if strings.Contains(c.files, "globals") {
			rules.Globals = "globals-*.sql"
		}
		b, err := locate.Locator{Source: m, Rules: rules, Now: func() time.Time { return now }}.Locate(t.Context())
		if err != nil || chosen(b) != c.want {
			t.Errorf("%s: %s, %v; want %s", name, chosen(b), err, c.want)
		}
	}
}

// TestRetention checks which listings have what must be kept.
func TestRetention(t *testing.T) {
	day := 24 * time.Hour
	full, empty := "x", ""
	for name, c := range map[string]struct {
		ages  []time.Duration
		old   string // content of all but the newest
		keep  time.Duration
		gap   time.Duration
		short bool
	}{
		"enough":             {[]time.Duration{0, day, 2 * day, 3 * day}, full, 3 * day, 26 * time.Hour, false},
		"too young":          {[]time.Duration{0, day}, full, 3 * day, 0, true},
		"a gap":              {[]time.Duration{0, day, 3 * day}, full, 0, 26 * time.Hour, true},
		"a gap long ago":     {[]time.Duration{0, day, 2 * day, 30 * day}, full, day, 26 * time.Hour, false},
		"the old ones empty": {[]time.Duration{0, day, 2 * day, 3 * day}, empty, 3 * day, 0, true},
	} {
		m := &sourcetest.Memory{}
		for i, age := range c.ages {
			content := c.old
			if i == 0 {
				content = full
			}
			m.PutAt("shop-"+string(rune('a'+i))+".dump", []byte(content), now.Add(-age))
		}
		for _, want := range []string{"", "shop-a.dump"} {
			_, err := locate.Locator{Source: m, Rules: locate.Rules{Keep: c.keep, Gap: c.gap, Want: want}, Now: func() time.Time { return now }}.Locate(t.Context())
			if short := err != nil && outcome.AsFailure(err).Code == outcome.RetentionShort; short != c.short {
				t.Errorf("%s, asked for %q: %v", name, want, err)
			}
		}
	}
}
