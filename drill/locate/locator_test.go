package locate_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

var now = time.Date(2024, 5, 3, 6, 0, 0, 0, time.UTC)

// place returns a source with the given objects.
func place(objects ...object) *sourcetest.Memory {
	var m sourcetest.Memory
	for _, o := range objects {
		m.PutAt(o.key, []byte(o.content), now.Add(-o.age))
	}
	return &m
}

type object struct {
	key     string
	age     time.Duration
	content string
}

func locator(s locate.Source, r locate.Rules) locate.Locator {
	return locate.Locator{Source: s, Rules: r, Now: func() time.Time { return now }}
}

func TestLocateChooses(t *testing.T) {
	hour := time.Hour
	tests := map[string]struct {
		there []object
		rules locate.Rules
		want  string
	}{
		"the newest": {
			[]object{{"a.dump", 3 * hour, "x"}, {"old/z.dump", 9 * hour, "x"}, {"new/b.dump", hour, "x"}}, locate.Rules{}, "new/b.dump",
		},
		"of two of the same age, the greater key": {
			[]object{{"shop-0502.dump", hour, "x"}, {"shop-0503.dump", hour, "x"}, {"shop-0501.dump", hour, "x"}}, locate.Rules{}, "shop-0503.dump",
		},
		"the newest that matches": {
			[]object{{"shop-1.dump", 2 * hour, "x"}, {"crm-1.dump", hour, "x"}}, locate.Rules{Match: "shop-*.dump"}, "shop-1.dump",
		},
		"no sidecars, temporary or hidden files": {
			[]object{
				{"shop.dump", 9 * hour, "x"},
				{"shop.dump.md5", hour, "x"},
				{"shop.dump.SIG", hour, "x"},
				{"shop.dump.asc", hour, "x"},
				{"shop.json", hour, "x"},
				{"backup.log", hour, "x"},
				{"README.txt", hour, "x"},
				{"next.dump.tmp", hour, "x"},
				{"next.dump.part", hour, "x"},
				{"next.dump~", hour, "x"},
				{".next.dump", hour, "x"},
				{".snapshots/shop.dump", hour, "x"},
			}, locate.Rules{}, "shop.dump",
		},
		"no sidecars although they match": {
			[]object{{"shop-1", 9 * hour, "x"}, {"shop-1.md5", hour, "x"}, {"shop-1.tmp", hour, "x"}}, locate.Rules{Match: "shop-*"}, "shop-1",
		},
		"a name like a sidecar, if the pattern names it": {
			[]object{{"dump.sql", 9 * hour, "x"}, {"dump.txt", hour, "x"}}, locate.Rules{Match: "*.txt"}, "dump.txt",
		},
		"no notes, scripts or files of the cluster": {
			[]object{
				{"shop_2024-05-02.dump", 9 * hour, "x"},
				{"README.md", hour, "x"},
				{"README", hour, "x"},
				{"LICENSE", hour, "x"},
				{"restore.sh", hour, "x"},
				{"shop.metadata", hour, "x"},
				{"globals.sql", hour, "x"},
				{"globals-20240503.sql.gz", hour, "x"},
				{"pg_globals_2024-05-03T02:00:00+00:00.sql.age", hour, "x"},
				{"shop_globals.sql.gz.enc", hour, "x"},
				{"roles.sql", hour, "x"},
				{"shop_2024-05-03.createdb.sql", hour, "x"},
				{"hba_file_2024-05-03.out", hour, "x"},
				{"backup.log.1", hour, "x"},
				{"backup.log-20240502.gz", hour, "x"},
			}, locate.Rules{}, "shop_2024-05-02.dump",
		},
		"pg_back's dump, although its createdb file matches": {
			[]object{{"shop_1.sql", 9 * hour, "x"}, {"shop_1.createdb.sql", hour, "x"}}, locate.Rules{Match: "shop_*.sql"}, "shop_1.sql",
		},
		"Databasus' dump, although its metadata match": {
			[]object{{"shop-20240502-020000-x", 9 * hour, "x"}, {"shop-20240502-020000-x.metadata", hour, "x"}}, locate.Rules{Match: "shop-*"}, "shop-20240502-020000-x",
		},
		"the globals, if the pattern names them": {
			[]object{{"shop.sql", hour, "x"}, {"globals-1.sql.gz", 9 * hour, "x"}}, locate.Rules{Match: "globals-*"}, "globals-1.sql.gz",
		},
		"a database with a name like a note": {
			[]object{{"readme-1.dump", hour, "x"}, {"my_global_shop-1.sql", 9 * hour, "x"}}, locate.Rules{Match: "my_*"}, "my_global_shop-1.sql",
		},
		"the rotated copies of one database": {
			[]object{
				{"daily/shop-mon.sql.gz", hour, "x"},
				{"weekly/shop-w18.sql.zst", 30 * hour, "x"},
				{"shop-latest.dump", 50 * hour, "x"},
				{"2024/05/shop_2024-May-01T02h00m00Z.dump", 55 * hour, "x"},
				{"shop-28391-x7k2p.dump", 60 * hour, "x"},
				{"shop.1f0c1a4e-6a3b-4d0e-9c3a-0a1b2c3d4e5f.dump", 70 * hour, "x"},
				{"old/SHOP-deadbeef1.dump.age", 80 * hour, "x"},
			}, locate.Rules{}, "daily/shop-mon.sql.gz",
		},
		"an armored backup without its plain file": {
			[]object{{"shop.dump.asc", hour, "x"}}, locate.Rules{}, "shop.dump.asc",
		},
		"any name": {
			[]object{{"db_20240503", hour, "x"}}, locate.Rules{}, "db_20240503",
		},
		"the latest by name": {
			[]object{{"a.dump", 3 * hour, "x"}, {"b.dump", hour, "x"}}, locate.Rules{Want: "latest"}, "b.dump",
		},
		"the named one, however old": {
			[]object{{"a.dump", 300 * hour, "x"}, {"b.dump", hour, "x"}}, locate.Rules{Want: "a.dump", MaxAge: 26 * hour}, "a.dump",
		},
		"the one named by the end of its key": {
			[]object{{"x/y/a.dump", hour, "x"}, {"x/b.dump", hour, "x"}}, locate.Rules{Want: "/y/a.dump"}, "x/y/a.dump",
		},
		"the one named by its URI": {
			[]object{{"y/a.dump", hour, "x"}, {"x/b.dump", hour, "x"}}, locate.Rules{Want: "memory:///x/b.dump"}, "x/b.dump",
		},
		"the named one although it does not match": {
			[]object{{"a.sql", hour, "x"}, {"b.dump", hour, "x"}}, locate.Rules{Want: "a.sql", Match: "*.dump"}, "a.sql",
		},
		"a whole key before the end of another": {
			[]object{{"a.dump", hour, "x"}, {"old/a.dump", 2 * hour, "x"}}, locate.Rules{Want: "a.dump"}, "a.dump",
		},
		"just within its limits": {
			[]object{{"a.dump", 26 * hour, "1234"}}, locate.Rules{MaxAge: 26 * hour, MinSize: 4}, "a.dump",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			b, err := locator(place(test.there...), test.rules).Locate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if b.Key != test.want || b.URI != "memory:///"+test.want {
				t.Errorf("chose %s (%s), want %s", b.Key, b.URI, test.want)
			}
			if len(b.Findings) > 0 {
				t.Errorf("findings: %v", b.Findings)
			}
		})
	}
}

func TestLocateFails(t *testing.T) {
	hour := time.Hour
	two := []object{{"shop-1.dump", 30 * hour, "1234"}, {"shop-2.dump", 28 * hour, "1234"}, {"notes.txt", hour, "x"}}
	tests := map[string]struct {
		there []object
		rules locate.Rules
		code  outcome.Code
		want  string
	}{
		"an empty place": {nil, locate.Rules{}, outcome.BackupMissing, "memory:/// contains no objects"},
		"nothing that looks like a backup": {
			[]object{{"notes.txt", hour, "x"}},
			locate.Rules{},
			outcome.BackupMissing,
			"nothing looks like a backup among 1 object in memory:///, the newest of them notes.txt from 2024-05-03T05:00:00Z",
		},
		"nothing that matches": {
			two,
			locate.Rules{Match: "crm-*"},
			outcome.BackupMissing,
			`backup.match "crm-*" matches nothing among 3 objects in memory:///, the newest of them notes.txt from 2024-05-03T05:00:00Z`,
		},
		"an old one": {
			two,
			locate.Rules{MaxAge: 26 * hour},
			outcome.BackupStale,
			"the newest backup, shop-2.dump, is 28h old (from 2024-05-02T02:00:00Z); backup.max_age allows 26h",
		},
		"a small one": {
			two,
			locate.Rules{MinSize: 1 << 20},
			outcome.BackupTooSmall,
			"shop-2.dump has only 4 B; backup.min_size requires 1.0 MiB",
		},
		"an empty one": {
			[]object{{"shop.dump", hour, ""}},
			locate.Rules{MinSize: 1},
			outcome.BackupEmpty,
			"shop.dump is empty: 0 bytes, written 2024-05-03T05:00:00Z",
		},
		"an empty one that was named": {
			[]object{{"shop.dump", hour, ""}},
			locate.Rules{Want: "shop.dump"},
			outcome.BackupEmpty,
			"shop.dump is empty: 0 bytes, written 2024-05-03T05:00:00Z",
		},
		"a named one that does not exist": {
			two,
			locate.Rules{Want: "shop-3.dump"},
			outcome.ConfigInvalid,
			"shop-3.dump is not among 3 objects in memory:///; similar: shop-2.dump, shop-1.dump",
		},
		"a name that two backups have": {
			[]object{{"x/a.dump", hour, "x"}, {"y/a.dump", hour, "x"}},
			locate.Rules{Want: "a.dump"},
			outcome.ConfigInvalid,
			"2 backups in memory:/// match a.dump: ",
		},
		"a named file that does not exist": {nil, locate.Rules{File: true}, outcome.ConfigInvalid, "memory:/// contains no objects"},
		"an invalid pattern":               {two, locate.Rules{Match: "shop-["}, outcome.ConfigInvalid, "not a glob"},
		"a pattern with a folder":          {two, locate.Rules{Match: "shop/*.dump"}, outcome.ConfigInvalid, "contains a slash"},
		"an unprintable name": {
			[]object{{"a\x1b[31m.dump", hour, ""}}, locate.Rules{}, outcome.BackupEmpty, `"a\x1b[31m.dump" is empty`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := locator(place(test.there...), test.rules).Locate(t.Context())
			sourcetest.WantCode(t, err, test.code)
			if !strings.Contains(err.Error(), test.want) {
				t.Errorf("got\n%s\nwant it to contain\n%s", err, test.want)
			}
		})
	}
}

// TestMixedBackups checks when names of several databases are a finding.
func TestMixedBackups(t *testing.T) {
	hour := time.Hour
	mixed := []object{{"shop-1.dump", 2 * hour, "x"}, {"crm-1.dump", hour, "x"}, {"crm-0.dump", 9 * hour, "x"}}
	for name, c := range map[string]struct {
		there []object
		rules locate.Rules
		want  string
	}{
		"nothing says which":               {mixed, locate.Rules{}, "backups_mixed"},
		"the pattern says only the format": {mixed, locate.Rules{Match: "*.dump"}, "backups_mixed"},
		"the pattern says which":           {mixed, locate.Rules{Match: "crm-*.dump"}, ""},
		"the user says which":              {mixed, locate.Rules{Want: "shop-1.dump"}, ""},
		"of numbered databases":            {[]object{{"shard1-20260101.dump", hour, "x"}, {"shard2-20260101.dump", hour, "x"}}, locate.Rules{}, "backups_mixed"},
		"of numbers":                       {[]object{{"shop1.dump", hour, "x"}, {"shop2.dump", hour, "x"}}, locate.Rules{}, ""},
		"of short names":                   {[]object{{"grndb-20260101.dump", hour, "x"}, {"lndbx-20260101.dump", hour, "x"}}, locate.Rules{}, "backups_mixed"},
		"of jobs' pods":                    {[]object{{"shop-28912345-x7k2p.dump", hour, "x"}, {"shop-28912346-bcdfg.dump", hour, "x"}}, locate.Rules{}, ""},
		"in folders":                       {[]object{{"prod/2024.dump", hour, "x"}, {"staging/2024.dump", hour, "x"}}, locate.Rules{}, "backups_mixed"},
		"beside one made by hand":          {[]object{{"shop-1.dump", hour, "x"}, {"shop-before-upgrade.dump", hour, "x"}}, locate.Rules{}, "backups_mixed"},
	} {
		b, err := locator(place(c.there...), c.rules).Locate(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		checkFinding(t, b, c.want)
		if c.want != "" && (b.Key != c.there[len(c.there)-1].key && b.ModifiedAt != now.Add(-hour) || !strings.Contains(b.Findings[0].Hint, "backup.match")) {
			t.Errorf("%s: %s, %+v", name, b.Key, b.Findings)
		}
	}
	b, err := locator(place(mixed...), locate.Rules{}).Locate(t.Context())
	want := "the names of the 3 backups are of 2 kinds (crm-1.dump, shop-1.dump): the newest, crm-1.dump, may be of another database"
	if err != nil || b.Findings[0].Message != want || !strings.Contains(b.Findings[0].Hint, `"crm-*.dump"`) {
		t.Errorf("%+v, %v", b.Findings, err)
	}
}

// TestCopiedBackups copies an old backup, or all of them: the copy is the object that
// was written last.
func TestCopiedBackups(t *testing.T) {
	hour := time.Hour
	for name, c := range map[string]struct {
		there []object
		want  string
		code  string
	}{
		"an old one": {
			[]object{{"shop-2024-04-20.dump", hour, "x"}, {"shop-2024-05-01.dump", 52 * hour, "x"}, {"shop-2024-05-02.dump", 28 * hour, "x"}},
			"shop-2024-05-02.dump", "backup_copied",
		},
		"all of them, in another order": {
			[]object{{"shop_20240420T020000.dump", hour, "x"}, {"shop_20240502T020000.dump", 2 * hour, "x"}, {"shop_20240501T020000.dump", 3 * hour, "x"}},
			"shop_20240502T020000.dump", "backup_copied",
		},
		"the date of a version": {
			[]object{{"2024-03-01/shop-2024-05-03-v2024.03.01.dump", hour, "x"}, {"shop-2024-05-02-v2024.04.01.dump", 28 * hour, "x"}},
			"2024-03-01/shop-2024-05-03-v2024.03.01.dump", "",
		},
		"a backup that took a day": {
			[]object{{"shop-2024-05-02.dump", hour, "x"}, {"shop-2024-05-01.dump", 28 * hour, "x"}}, "shop-2024-05-02.dump", "",
		},
		"a newer one without a date": {
			[]object{{"shop.dump", hour, "x"}, {"shop-2024-05-01.dump", 28 * hour, "x"}}, "shop.dump", "",
		},
	} {
		b, err := locator(place(c.there...), locate.Rules{}).Locate(t.Context())
		if err != nil || b.Key != c.want {
			t.Errorf("%s: chose %s, %v", name, b.Key, err)
		}
		checkFinding(t, b, c.code)
	}
}

func TestFailureComesWithItsBackup(t *testing.T) {
	b, err := locator(place(object{"shop.dump", 48 * time.Hour, "1234"}), locate.Rules{MaxAge: time.Hour}).Locate(t.Context())
	sourcetest.WantCode(t, err, outcome.BackupStale)
	if b.URI != "memory:///shop.dump" || b.Size != 4 {
		t.Errorf("the failure comes with %+v", b)
	}
}

func TestLocateRecordsHowItChose(t *testing.T) {
	there := []object{{"old.dump", 2 * time.Hour, "x"}, {"new.dump", time.Hour, "x"}, {"newer.log", time.Minute, "x"}}
	for name, c := range map[string]struct {
		rules locate.Rules
		want  outcome.Chosen
		key   string
	}{
		"the newest":                {locate.Rules{}, outcome.ChosenLatest, "new.dump"},
		"by that word":              {locate.Rules{Want: "latest"}, outcome.ChosenLatest, "new.dump"},
		"the newest by its key":     {locate.Rules{Want: "new.dump"}, outcome.ChosenLatest, "new.dump"},
		"the newest by its URI":     {locate.Rules{Want: "memory:///new.dump"}, outcome.ChosenLatest, "new.dump"},
		"an older one":              {locate.Rules{Want: "old.dump"}, outcome.ChosenKey, "old.dump"},
		"one that does not match":   {locate.Rules{Want: "new.dump", Match: "old*"}, outcome.ChosenKey, "new.dump"},
		"a file":                    {locate.Rules{File: true}, outcome.ChosenFile, "new.dump"},
		"a key that does not exist": {locate.Rules{Want: "none.dump"}, outcome.ChosenKey, ""},
		"nothing that matches":      {locate.Rules{Match: "none*"}, outcome.ChosenLatest, ""},
		"an invalid pattern":        {locate.Rules{Match: "["}, outcome.ChosenLatest, ""},
	} {
		b, err := locator(place(there...), c.rules).Locate(t.Context())
		if b.Chosen != c.want || b.Key != c.key || (err == nil) != (c.key != "") {
			t.Errorf("%s: %q as %s, %v", name, b.Key, b.Chosen, err)
		}
	}
}

func TestLocateCountsMatchingObjects(t *testing.T) {
	b, err := locator(place(object{"a.dump", 1, "x"}, object{"b.dump", 2, "x"}, object{"b.log", 2, "x"}), locate.Rules{}).Locate(t.Context())
	if err != nil || b.Matched != 2 {
		t.Errorf("chosen from %d (%v)", b.Matched, err)
	}
}

func TestClockSkew(t *testing.T) {
	for ahead, want := range map[time.Duration]string{4 * time.Minute: "", 90 * time.Minute: "clock_skew"} {
		b, err := locator(place(object{"shop.dump", -ahead, "x"}), locate.Rules{MaxAge: time.Hour}).Locate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		checkFinding(t, b, want)
	}
}

func checkFinding(t *testing.T, b locate.Backup, want string) {
	t.Helper()
	got := ""
	for _, f := range b.Findings {
		got += f.Code
		if f.Message == "" || f.Hint == "" {
			t.Errorf("finding %+v has no message or no hint", f)
		}
	}
	if got != want {
		t.Errorf("findings %v, want %q", b.Findings, want)
	}
}

// writing is a source whose file grows with each listing.
type writing struct {
	*sourcetest.Memory
	key string
	n   int
}

func (w *writing) List(ctx context.Context) ([]locate.Object, error) {
	w.n++
	w.PutAt(w.key, make([]byte, w.n), now)
	return w.Memory.List(ctx)
}
