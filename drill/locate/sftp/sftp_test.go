package sftp_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/locate/sftp"
	"github.com/drillgres/drillgres/drill/locate/sourcetest"
	"github.com/drillgres/drillgres/drill/outcome"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	server := start(t)
	sourcetest.Run(t, func(t *testing.T) sourcetest.Place {
		root := t.TempDir()
		return sourcetest.Place{
			Source: server.source(t, root),
			Put:    func(t testing.TB, key string, content []byte) { write(t, filepath.Join(root, key), content) },
			Remove: func(t testing.TB, key string) {
				if err := os.Remove(filepath.Join(root, key)); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
	if n := server.connected.Load(); n > 11 {
		t.Errorf("11 sources made %d connections", n)
	}
}

func TestURLs(t *testing.T) {
	isolate(t)
	for url, want := range map[string]string{
		"sftp://u@h/srv/b":          "sftp://u@h/srv/b",
		"sftp://u@h:2222/srv/b/":    "sftp://u@h:2222/srv/b",
		"sftp://u@h/":               "sftp://u@h/",
		"sftp://u@h/~":              "sftp://u@h/~",
		"sftp://u@h/~/b":            "sftp://u@h/~/b",
		"sftp://u@h/~b":             "sftp://u@h/~b",
		"sftp://u@[::1]/b%0A%20c":   "sftp://u@[::1]/b%0A c",
		"sftp://u%40d@h.example/a":  "sftp://u%40d@h.example/a",
		"sftp://u:hunter2@h/b":      "",
		"sftp://u@h/b?x=hunter2":    "",
		"sftp://u@h/b#hunter2":      "",
		"sftp://u@h":                "",
		"sftp://u@/b":               "",
		"sftp://u@-oProxy=hunter2/": "",
		"sftp://u@h%zzhunter2/b":    "",
	} {
		s, err := sftp.New(url, config.SFTP{})
		switch {
		case want == "" && (err == nil || outcome.AsFailure(err).Code != outcome.ConfigInvalid || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%s: %v", url, err)
		case want != "" && err != nil:
			t.Errorf("%s: %v", url, err)
		case want != "" && s.URI(locate.Object{}) != want:
			t.Errorf("%s is %s", url, s.URI(locate.Object{}))
		}
	}
}

func TestSingleFile(t *testing.T) {
	server := start(t)
	root := t.TempDir()
	write(t, filepath.Join(root, "dump.txt"), []byte("dump"))
	s := server.source(t, root+"/dump.txt")
	b, err := locate.Locator{Source: s, Rules: locate.Rules{Match: "shop-*"}}.Locate(t.Context())
	if err != nil || b.Key != "dump.txt" || b.URI != server.url(root+"/dump.txt") {
		t.Fatalf("chose %q, %s (%v)", b.Key, b.URI, err)
	}
	if got := string(sourcetest.Read(t, s, b.Object, 1, 2)); got != "um" {
		t.Errorf("read %q", got)
	}
}

func TestHomeDirectory(t *testing.T) {
	root := t.TempDir()
	server := start(t, "ForceCommand internal-sftp -d "+root)
	write(t, filepath.Join(root, "prod/shop.dump"), []byte("dump"))
	s := server.source(t, "/~/prod")
	o := sourcetest.Find(t, s, "shop.dump")
	if got := string(sourcetest.Read(t, s, o, 0, 4)); got != "dump" || s.URI(o) != server.url("/~/prod/shop.dump") {
		t.Errorf("read %q from %s", got, s.URI(o))
	}
}

func TestLinks(t *testing.T) {
	server := start(t)
	root, outside := t.TempDir(), t.TempDir()
	write(t, filepath.Join(root, "old/shop.dump"), []byte("dump"))
	write(t, filepath.Join(outside, "other.dump"), []byte("another"))
	for name, target := range map[string]string{
		"latest": "old/shop.dump", "absolute": filepath.Join(root, "old/shop.dump"), "elsewhere": filepath.Join(outside, "other.dump"),
		"unmounted": "/nowhere/shop.dump", "rotated": "old/gone.dump", "dir": outside, "itself": "itself", "old/up": "../latest",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	s := server.source(t, root)
	got := map[string]locate.Object{}
	for _, o := range sourcetest.List(t, s) {
		got[o.Key] = o
	}
	for key, same := range map[string]string{"old/shop.dump": "", "latest": "old/shop.dump", "absolute": "old/shop.dump", "old/up": "old/shop.dump", "elsewhere": "", "unmounted": ""} {
		o, listed := got[key]
		if !listed || o.SameAs != same || o.Broken != (key == "unmounted") {
			t.Errorf("%s: %t, %+v", key, listed, o)
		}
		delete(got, key)
	}
	if len(got) > 0 {
		t.Errorf("also listed %v", got)
	}
}

func TestMissingDirectory(t *testing.T) {
	server := start(t)
	_, err := server.source(t, "/nowhere/backups").List(t.Context())
	want(t, err, outcome.SourceNotFound, server.url("/nowhere/backups")+" does not exist", "correct the path in backup.from")
	_, err = server.source(t, os.DevNull).List(t.Context())
	want(t, err, outcome.SourceNotFound, "neither a directory nor a regular file", "")
}

// TestDenied lets the server refuse requests, because the superuser may read everything.
func TestDenied(t *testing.T) {
	server := start(t, "ForceCommand internal-sftp -P opendir")
	root := t.TempDir()
	write(t, filepath.Join(root, "shop.dump"), []byte("dump"))
	_, err := server.source(t, root).List(t.Context())
	want(t, err, outcome.SourceDenied, root+" cannot be read by "+server.login, "grant user "+server.login)

	server.configure(t, "ForceCommand internal-sftp -P open")
	s := server.source(t, root)
	_, err = s.ReadRange(t.Context(), sourcetest.Find(t, s, "shop.dump"), 0, 1)
	want(t, err, outcome.SourceDenied, "shop.dump cannot be read by "+server.login, "grant user "+server.login)
}

func TestUnreadableDirectories(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser may read everything")
	}
	server := start(t)
	root := t.TempDir()
	write(t, filepath.Join(root, "shop.dump"), []byte("dump"))
	deny := func(name string) {
		if err := os.Mkdir(filepath.Join(root, name), 0); err != nil {
			t.Fatal(err)
		}
	}
	deny("lost+found")
	s := server.source(t, root)
	sourcetest.Find(t, s, "shop.dump")
	deny("private")
	_, err := s.List(t.Context())
	want(t, err, outcome.SourceDenied, root+"/private cannot be read by", "grant user")
}

func TestNoSFTP(t *testing.T) {
	server := start(t, "Subsystem other internal-sftp")
	_, err := server.source(t, "/").List(t.Context())
	want(t, err, outcome.SourceUnreachable, "does not start SFTP", "Subsystem sftp")
}

func TestKeyOutside(t *testing.T) {
	isolate(t)
	s, err := sftp.New("sftp://u@127.0.0.1/srv", config.SFTP{})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"../x", "a/../../x", "/etc/passwd", "a//b", ""} {
		_, err := s.ReadRange(t.Context(), locate.Object{Key: key}, 0, 1)
		want(t, err, outcome.SourceDenied, "is outside sftp://u@127.0.0.1/srv", "")
	}
}

func TestUnchanged(t *testing.T) {
	server := start(t)
	root := t.TempDir()
	name := filepath.Join(root, "shop.dump")
	write(t, name, []byte("dump"))
	s := server.source(t, root)
	o := sourcetest.Find(t, s, "shop.dump")
	if err := s.Unchanged(t.Context(), o); err != nil {
		t.Error(err)
	}
	if err := os.Chtimes(name, time.Time{}, o.ModifiedAt.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	want(t, s.Unchanged(t.Context(), o), outcome.BackupChanged, "was rewritten while it was read", "")
	_, err := s.ReadRange(t.Context(), o, 0, 1)
	want(t, err, outcome.BackupChanged, "was rewritten while it was read", "")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	want(t, s.Unchanged(t.Context(), o), outcome.BackupChanged, "was removed", "")
}

// TestShorterWhileItIsRead truncates a file whose end is not yet requested.
func TestShorterWhileItIsRead(t *testing.T) {
	server := start(t)
	root := t.TempDir()
	name := filepath.Join(root, "shop.dump")
	write(t, name, bytes.Repeat([]byte("x"), 8<<20))
	s := server.source(t, root)
	o := sourcetest.Find(t, s, "shop.dump")
	r, err := s.ReadRange(t.Context(), o, 0, o.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	first := make([]byte, 10)
	if _, err := r.Read(first); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 4<<20); err != nil {
		t.Fatal(err)
	}
	n, err := readAll(r)
	want(t, err, outcome.BackupChanged, "became shorter while it was read", "")
	if n+10 != 4<<20 {
		t.Errorf("read %d bytes before the new end", n+10)
	}
}
