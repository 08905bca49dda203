package dir_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/dir"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestConformance(t *testing.T) {
	sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
		root := t.TempDir()
		return sourcetest.Place{
			Source: source(t, root),
			Put:    func(t testing.TB, key string, content []byte) { write(t, filepath.Join(root, key), content) },
			Remove: func(t testing.TB, key string) {
				if err := os.Remove(filepath.Join(root, key)); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

func TestNewRefuses(t *testing.T) {
	for _, from := range []string{"", "file://backups/shop.dump", "file:///backups?old", "file://"} {
		if _, err := dir.New(from); err == nil {
			t.Errorf("%q was accepted", from)
		} else {
			sourcetest.WantCode(t, err, outcome.ConfigInvalid)
		}
	}
}

func TestSingleFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "shop 1.dump")
	write(t, name, []byte("dump"))
	for _, from := range []string{name, "file://" + name, "file://" + strings.ReplaceAll(name, " ", "%20")} {
		s := source(t, from)
		o := sourcetest.Find(t, s, "shop 1.dump")
		if got := string(sourcetest.Read(t, s, o, 0, o.Size)); got != "dump" {
			t.Errorf("%s: read %q", from, got)
		}
		if s.LocalPath(o) != name || s.URI(o) != "file://"+name {
			t.Errorf("%s: path %q, URI %q", from, s.LocalPath(o), s.URI(o))
		}
	}
}

func TestSingleFileIsChosenWhateverItsName(t *testing.T) {
	for _, base := range []string{".hidden", "dump.txt", "dump.json"} {
		name := filepath.Join(t.TempDir(), base)
		write(t, name, []byte("dump"))
		b, err := locate.Locator{Source: source(t, name), Rules: locate.Rules{Match: "shop-*"}}.Locate(t.Context())
		if err != nil || b.Key != base {
			t.Errorf("%s: chose %q (%v)", base, b.Key, err)
		}
	}
}

func TestMissingSource(t *testing.T) {
	_, err := source(t, filepath.Join(t.TempDir(), "nowhere")).List(t.Context())
	sourcetest.WantCode(t, err, outcome.SourceNotFound)
	_, err = source(t, os.DevNull).List(t.Context())
	sourcetest.WantCode(t, err, outcome.SourceNotFound)
}

func TestDenied(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	root := t.TempDir()
	locked := filepath.Join(root, "locked")
	if err := os.Mkdir(locked, 0o000); err != nil {
		t.Fatal(err)
	}
	_, err := source(t, root).List(t.Context())
	sourcetest.WantCode(t, err, outcome.SourceDenied)

	write(t, filepath.Join(root, "shop.dump"), []byte("dump"))
	if err := os.Rename(locked, filepath.Join(root, "lost+found")); err != nil {
		t.Fatal(err)
	}
	s := source(t, root)
	o := sourcetest.Find(t, s, "shop.dump")
	if err := os.Chmod(filepath.Join(root, "shop.dump"), 0o000); err != nil {
		t.Fatal(err)
	}
	_, err = s.ReadRange(t.Context(), o, 0, 1)
	sourcetest.WantCode(t, err, outcome.SourceDenied)
}

func TestLinks(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(outside, "deep", "other.dump"), []byte("other"))
	write(t, filepath.Join(outside, "shop.dump"), []byte("dump"))
	link(t, filepath.Join(outside, "shop.dump"), filepath.Join(root, "latest.dump"))
	link(t, filepath.Join(outside, "deep"), filepath.Join(root, "deep"))
	link(t, filepath.Join(outside, "gone"), filepath.Join(root, "broken.dump"))

	s := source(t, root)
	var listed []string
	for _, o := range sourcetest.List(t, s) {
		listed = append(listed, fmt.Sprintf("%s %t", o.Key, o.Broken))
	}
	if diff := cmp.Diff([]string{"broken.dump true", "latest.dump false"}, listed); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
	if got := s.LocalPath(sourcetest.Find(t, s, "latest.dump")); got != filepath.Join(outside, "shop.dump") {
		t.Errorf("the link is read at %s", got)
	}

	linked := filepath.Join(t.TempDir(), "backups")
	link(t, outside, linked)
	if !slices.ContainsFunc(sourcetest.List(t, source(t, linked)), func(o locate.Object) bool { return o.Key == "deep/other.dump" }) {
		t.Error("a source that is itself a link was not listed")
	}
}

// TestLinksAreNotCounted gives one backup several names: by links in the folder, as
// backup tools make them for the latest and the weekly one.
func TestLinksAreNotCounted(t *testing.T) {
	root := t.TempDir()
	last := filepath.Join(root, "last", "shop-20261123-020000.sql.gz")
	write(t, last, []byte("dump"))
	write(t, filepath.Join(root, "last", "shop-20261122-020000.sql.gz"), []byte("dump"))
	yesterday := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(filepath.Join(root, "last", "shop-20261122-020000.sql.gz"), yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	link(t, "last/shop-20261123-020000.sql.gz", filepath.Join(root, "zz-latest.sql.gz"))
	link(t, last, filepath.Join(root, "last", "zz-latest.sql.gz"))
	for match, want := range map[string]struct {
		key   string
		count int
	}{
		"":           {"last/shop-20261123-020000.sql.gz", 2},
		"zz-latest*": {"zz-latest.sql.gz", 2},
	} {
		b, err := locate.Locator{Source: source(t, root), Rules: locate.Rules{Match: match}}.Locate(t.Context())
		if err != nil || b.Key != want.key || b.Matched != want.count || len(b.Findings) > 0 {
			t.Errorf("%q: %s of %d, %+v, %v; want %+v", match, b.Key, b.Matched, b.Findings, err, want)
		}
	}
	for _, name := range []string{"daily/shop-20261123.sql.gz", "weekly/shop-202648.sql.gz"} {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(last, name); err != nil {
			t.Skipf("no hard links here: %v", err)
		}
	}
	b, err := locate.Locator{Source: source(t, root)}.Locate(t.Context())
	if err != nil || b.Key != "weekly/shop-202648.sql.gz" || b.Matched != 2 || len(b.Findings) > 0 {
		t.Errorf("hard links: %s of %d, %+v, %v", b.Key, b.Matched, b.Findings, err)
	}
}

// TestBrokenLinkIsAMissingVolume checks that a volume that is not mounted is not
// mistaken for a missing backup. A link to a backup that was removed is none.
func TestBrokenLinkIsAMissingVolume(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		there  string
		code   outcome.Code
	}{
		"the volume is not mounted":            {filepath.Join(t.TempDir(), "volume", "backups"), "", outcome.SourceNotFound},
		"the volume is not mounted, notes are": {filepath.Join(t.TempDir(), "volume"), "README.md", outcome.SourceNotFound},
		"the latest backup was removed":        {"shop-1.dump", "", outcome.BackupMissing},
		"another backup is there":              {filepath.Join(t.TempDir(), "volume"), "shop-1.dump", ""},
	} {
		root := t.TempDir()
		link(t, c.target, filepath.Join(root, "latest"))
		if c.there != "" {
			write(t, filepath.Join(root, c.there), []byte("dump"))
		}
		_, err := locate.Locator{Source: source(t, root)}.Locate(t.Context())
		if c.code == "" && err != nil || c.code != "" && (err == nil || outcome.AsFailure(err).Code != c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	root := filepath.Join(t.TempDir(), "backups")
	link(t, filepath.Join(t.TempDir(), "volume"), root)
	_, err := source(t, root).List(t.Context())
	sourcetest.WantCode(t, err, outcome.SourceNotFound)
}

func TestKeysOutsideTheSourceAreRefused(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "secret"), []byte("secret"))
	s := source(t, filepath.Join(root, "backups"))
	write(t, filepath.Join(root, "backups", "shop.dump"), []byte("dump"))
	for _, key := range []string{"../secret", "/etc/passwd", "a/../../secret", ""} {
		o := locate.Object{Key: key, Size: 6}
		if path := s.LocalPath(o); path != "" {
			t.Errorf("%q is read at %s", key, path)
		}
		if _, err := s.ReadRange(t.Context(), o, 0, 1); err == nil {
			t.Errorf("%q was read", key)
		}
	}
}

func TestUnchanged(t *testing.T) {
	root := t.TempDir()
	name := filepath.Join(root, "shop.dump")
	write(t, name, []byte("dump"))
	s := source(t, root)
	o := sourcetest.Find(t, s, "shop.dump")
	if err := s.Unchanged(t.Context(), o); err != nil {
		t.Errorf("untouched: %v", err)
	}
	if err := os.Chtimes(name, time.Time{}, o.ModifiedAt.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	sourcetest.WantCode(t, s.Unchanged(t.Context(), o), outcome.BackupChanged)
	write(t, name, []byte("dump, longer"))
	sourcetest.WantCode(t, s.Unchanged(t.Context(), o), outcome.BackupChanged)
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	sourcetest.WantCode(t, s.Unchanged(t.Context(), o), outcome.BackupChanged)
}

func TestDirectoryFormatIsOneBackup(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"toc.dat", "3344.dat.gz"} {
		write(t, filepath.Join(root, "shop.dir", name), []byte("x"))
	}
	for _, from := range []string{root, filepath.Join(root, "shop.dir")} {
		b, err := locate.Locator{Source: source(t, from)}.Locate(t.Context())
		if err != nil || len(b.Members) != 2 || b.Size != 2 || source(t, from).LocalPath(b.Object) != filepath.Join(root, "shop.dir") || b.URI != "file://"+filepath.Join(root, "shop.dir") {
			t.Errorf("%s: %+v, %v", from, b, err)
		}
	}
}

func source(t *testing.T, from string) *dir.Source {
	t.Helper()
	s, err := dir.New(from)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}
