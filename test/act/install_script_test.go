package act

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestInstallScript runs install.sh on a server with a release. A release whose checksum,
// provenance or version is wrong is not installed.
func TestInstallScript(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("install.sh is not for Windows")
	}
	for _, tt := range []struct {
		name, version string
		spoil         func(t *testing.T, release string)
		provenance    int // gh's exit code; -1: gh is not installed
		says          string
	}{
		{"the newest", "", nil, 0, "installed drillgres 0.1.0"},
		{"by its tag", "v0.1.0", nil, 0, "installed drillgres 0.1.0"},
		{"without gh", "v0.1.0", nil, -1, "only its checksum"},
		{"a release that does not exist", "v9.9.9", nil, 0, "of release v9.9.9 cannot be downloaded"},
		{"a flag", "--help", nil, 0, "is not the name of a release"},
		{"a way out", "../../x", nil, 0, "is not the name of a release"},
		{"another version than its name", "v0.1.0", func(t *testing.T, release string) {
			packRelease(t, release, "#!/bin/sh\necho drillgres v0.1.1\n")
		}, 0, "contains drillgres v0.1.1"},
		{"another archive", "v0.1.0", func(t *testing.T, release string) {
			appendTo(t, filepath.Join(release, archiveName), "x")
		}, 0, "does not have the checksum"},
		{"without a checksum", "v0.1.0", func(t *testing.T, release string) {
			write(t, filepath.Join(release, "checksums.txt"), strings.Repeat("0", 64)+"  another.tar.gz\n", 0o600)
		}, 0, "does not have the checksum"},
		{"unknown provenance", "v0.1.0", nil, 1, "nothing proves that"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, prefix := t.TempDir(), filepath.Join(t.TempDir(), "prefix")
			release := filepath.Join(dir, "release")
			makeRelease(t, release)
			if tt.spoil != nil {
				tt.spoil(t, release)
			}
			path := "/usr/bin:/bin"
			if tt.provenance >= 0 {
				write(t, filepath.Join(dir, "gh"), fakeGH, 0o700)
				path = dir + ":" + path
			}
			cmd := exec.CommandContext(t.Context(), "sh", "../../install.sh")
			cmd.Env = []string{"PATH=" + path, "HOME=" + dir, "PREFIX=" + prefix, "VERSION=" + tt.version, "DRILLGRES_SITE=" + releases(t, release), fmt.Sprintf("PROVENANCE=%d", tt.provenance)}
			out, err := cmd.CombinedOutput()
			if !strings.Contains(string(out), tt.says) {
				t.Errorf("%v\n%s", err, out)
			}
			checkInstalled(t, prefix, err == nil)
		})
	}
}

// releases serves a release like GitHub, and returns the address.
func releases(t *testing.T, release string) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/releases/download/v0.1.0/", http.StripPrefix("/releases/download/v0.1.0/", http.FileServer(http.Dir(release))))
	mux.Handle("/releases/latest", http.RedirectHandler("/releases/tag/v0.1.0", http.StatusFound))
	mux.HandleFunc("/releases/tag/v0.1.0", func(http.ResponseWriter, *http.Request) {})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL + "/releases"
}

// checkInstalled wants every file of the release below the prefix, or nothing.
func checkInstalled(t *testing.T, prefix string, want bool) {
	t.Helper()
	for _, file := range []string{
		"bin/drillgres", "share/man/man1/drillgres.1", "share/man/man1/drillgres-run.1", "share/bash-completion/completions/drillgres",
		"share/zsh/site-functions/_drillgres", "share/fish/vendor_completions.d/drillgres.fish",
	} {
		if _, err := os.Stat(filepath.Join(prefix, file)); (err == nil) != want {
			t.Errorf("%s: %v", file, err)
		}
	}
}
