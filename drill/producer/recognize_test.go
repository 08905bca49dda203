package producer

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listing is a file of testdata/listings: a list of keys, as a source lists them. Lines
// that begin with # are comments, and those that begin with * are the dumps of the
// database shop.
type listing struct {
	name        string
	keys, dumps []string
}

func listings(t *testing.T, dir string) (all []listing) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %d listings in %s", err, len(files), dir)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l := listing{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		for line := range strings.Lines(string(text)) {
			key, isDump := strings.CutPrefix(strings.TrimSpace(line), "* ")
			if key == "" || strings.HasPrefix(key, "#") {
				continue
			}
			l.keys = append(l.keys, key)
			if isDump {
				l.dumps = append(l.dumps, key)
			}
		}
		all = append(all, l)
	}
	return all
}

// TestRecognize: the listings of a producer are named NAME.txt or NAME+VARIANT.txt.
func TestRecognize(t *testing.T) {
	for _, l := range listings(t, "recognized") {
		t.Run(l.name, func(t *testing.T) {
			if len(l.keys) < 5 {
				t.Errorf("%d keys: too few", len(l.keys))
			}
			want, _, _ := strings.Cut(l.name, "+")
			p, why, ok := Recognize(l.keys)
			if !ok || p.Name != want {
				t.Fatalf("got %q (%s), want %s", p.Name, why, want)
			}
			if why == "" || strings.Contains(why, "%!") {
				t.Errorf("why is %q", why)
			}
			slices.Reverse(l.keys)
			if again, _, _ := Recognize(l.keys); again.Name != want {
				t.Errorf("in another order: %q", again.Name)
			}
		})
	}
}

// TestRecognizeNothing: each of these may be by anyone.
func TestRecognizeNothing(t *testing.T) {
	all := listings(t, "unknown")
	if len(all) < 30 {
		t.Errorf("%d listings, want 30", len(all))
	}
	for _, l := range all {
		if p, why, ok := Recognize(l.keys); ok {
			t.Errorf("%s: got %s (%s)", l.name, p.Name, why)
		}
	}
}

// TestEverySignatureIsTested: a signature without a listing could be wrong unnoticed.
func TestEverySignatureIsTested(t *testing.T) {
	tested := map[string]bool{}
	for _, l := range listings(t, "recognized") {
		name, _, _ := strings.Cut(l.name, "+")
		tested[name] = true
	}
	for _, s := range signatures {
		if _, ok := Find(s.name); !ok {
			t.Errorf("no producer %s", s.name)
		}
		if !tested[s.name] {
			t.Errorf("no listing of %s", s.name)
		}
	}
}

// TestMatches: of the keys of a listing, the globs match those marked as dumps. Of the
// others they may match only what accompanies a dump: the locator skips it.
func TestMatches(t *testing.T) {
	marked := 0
	for _, l := range listings(t, "recognized") {
		name, _, _ := strings.Cut(l.name, "+")
		p, _ := Find(name)
		for _, key := range l.keys {
			isDump := slices.Contains(l.dumps, key)
			got := p.Matches(key, "shop")
			accompanies := notes.MatchString(key) || strings.Contains(key, ".createdb.") || strings.HasSuffix(key, ".metadata") || strings.HasSuffix(key, ".tmp")
			if isDump && !got || got && !isDump && !accompanies && len(l.dumps) > 0 {
				t.Errorf("%s: %s matches: %t", l.name, key, got)
			}
			if isDump {
				marked++
			}
		}
	}
	if marked < 40 {
		t.Errorf("%d dumps are marked: nothing is tested", marked)
	}
}

// TestMixture: half of the keys are not most of them, and two producers in one place are
// none.
func TestMixture(t *testing.T) {
	coolify := []string{"pg-dump-shop-1795748400.dmp", "pg-dump-shop-1795662000.dmp", "pg-dump-shop-1795575600.dmp"}
	zulip := []string{
		"zulip-backup-2026-11-25-03-00-00-a1b2c3d4.tar.gz", "zulip-backup-2026-11-26-03-00-00-a1b2c3d4.tar.gz", "zulip-backup-2026-11-27-03-00-00-a1b2c3d4.tar.gz",
	}
	others := []string{"a.dump", "b.dump", "c.dump"}
	for name, keys := range map[string][]string{
		"two producers": slices.Concat(coolify, zulip), "half of it": slices.Concat(coolify, others), "nothing": nil, "folders": {"last/", "daily/", ""},
	} {
		if p, why, ok := Recognize(keys); ok {
			t.Errorf("%s: got %s (%s)", name, p.Name, why)
		}
	}
	if p, _, ok := Recognize(append(coolify, "README.md", "coolify.log", others[0])); !ok || p.Name != "coolify" {
		t.Errorf("got %q, want coolify: notes do not count, and one of four may be something else", p.Name)
	}
}

// TestEqualFits: layouts that overlap are told apart by the number of keys, if it differs.
func TestEqualFits(t *testing.T) {
	keys := []string{"a1", "a2", "a3", "a4"}
	all, most := signature{name: "all", main: key(`a\d`)}, signature{name: "most", main: key(`a[123]`)}
	same := all
	same.name = "same"
	for _, c := range []struct {
		among []signature
		want  string
	}{
		{[]signature{most, all}, "all"},
		{[]signature{all, most}, "all"},
		{[]signature{all, all}, "all"},
		{[]signature{most}, "most"},
		{[]signature{all, same}, ""},
		{[]signature{all, same, most}, ""},
		{nil, ""},
	} {
		if f, ok := bestFit(c.among, keys); ok != (c.want != "") || ok && f.name != c.want {
			t.Errorf("got %q, %t, want %q", f.name, ok, c.want)
		}
	}
}

// FuzzRecognize: keys come from a listing of a bucket, and can be anything.
func FuzzRecognize(f *testing.F) {
	f.Add("last/shop-20261127-030000.sql.gz\ndaily/shop-20261127.sql.gz")
	f.Add("/\n//\n./\n.")
	f.Fuzz(func(t *testing.T, text string) {
		keys := strings.Split(text, "\n")
		p, why, ok := Recognize(keys)
		if ok != (p.Name != "") || ok != (why != "") {
			t.Errorf("got %q, %q, %t", p.Name, why, ok)
		}
		for _, p := range All() {
			p.Matches(keys[0], text)
		}
	})
}
