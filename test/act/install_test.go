package act

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// TestInstallOfARelease has the action install what only looks like a release
// of GitHub's: a program in place of gh hands it out. A release whose checksum
// or provenance does not hold is not run.
func TestInstallOfARelease(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the release is a zip there")
	}
	tests := []struct {
		name, version string
		spoil         func(t *testing.T, release string)
		provenance    int // gh's exit code
		says          string
	}{
		{"it holds", "v0.1.0", nil, 0, "drillgres v0.1.0 runs"},
		{"the latest holds", "latest", nil, 0, "drillgres v0.1.0 runs"},
		{"another version than the asked one", "v0.2.0", nil, 0, "release v0.2.0 contains drillgres 0.1.0"},
		{"another version than its name", "v0.1.0", func(t *testing.T, release string) {
			packRelease(t, release, "#!/bin/sh\necho drillgres v0.1.1\n")
		}, 0, "contains another version than 0.1.0"},
		{"the archive is another", "v0.1.0", func(t *testing.T, release string) {
			appendTo(t, filepath.Join(release, archiveName), "x")
		}, 0, "does not have the checksum"},
		{"it has no checksum", "v0.1.0", func(t *testing.T, release string) {
			write(t, filepath.Join(release, "checksums.txt"), strings.Repeat("0", 64)+"  another.tar.gz\n", 0o600)
		}, 0, "does not have the checksum"},
		{"its provenance is unknown", "v0.1.0", nil, 1, "nothing proves that"},
		{"the version is a flag", "--repo=evil/evil", nil, 0, "want a tag"},
		{"the version is a command", "$(touch owned)", nil, 0, "want a tag"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			release := filepath.Join(dir, "release")
			makeRelease(t, release)
			if tt.spoil != nil {
				tt.spoil(t, release)
			}
			write(t, filepath.Join(dir, "gh"), fakeGH, 0o700)
			cmd := exec.CommandContext(t.Context(), "bash", "../../.github/actions/drill/install.sh")
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "RUNNER_TEMP="+dir, "RUNNER_ARCH=", "GITHUB_OUTPUT="+filepath.Join(dir, "output"),
				"DRILL_VERSION="+tt.version, "DRILL_ACTION=unused", "RELEASE="+release, fmt.Sprintf("PROVENANCE=%d", tt.provenance))
			out, err := cmd.CombinedOutput()
			if (err == nil) != strings.HasSuffix(tt.says, "runs") || !strings.Contains(string(out), tt.says) {
				t.Errorf("%v\n%s", err, out)
			}
			output, _ := os.ReadFile(filepath.Join(dir, "output"))
			if (err == nil) != strings.HasPrefix(string(output), "binary="+dir) {
				t.Errorf("outputs %q", output)
			}
			if err != nil && strings.Contains(string(out), "runs") && !strings.Contains(tt.name, "version than") {
				t.Errorf("what does not hold was run:\n%s", out)
			}
		})
	}
}

var regexpResult = regexp.MustCompile(`<[^<]*/result\.json>`)

var archiveName = fmt.Sprintf("drillgres_0.1.0_%s_%s.tar.gz", runtime.GOOS, runtime.GOARCH)

// fakeGH hands out a release: gh release download, and gh attestation verify.
const fakeGH = `#!/usr/bin/env bash
set -euo pipefail
case "$1 $2" in
"release download")
	while [[ $1 != --dir ]]; do shift; done
	cp "$RELEASE"/* "$2/"
	;;
"attestation verify")
	[[ $* == *"--repo drillgres/drillgres --signer-workflow drillgres/drillgres/.github/workflows/release.yml"* ]] || exit 9
	exit "$PROVENANCE"
	;;
esac
`

// besides are the files of a release besides the program.
var besides = []string{"man/drillgres.1", "man/drillgres-run.1", "completions/drillgres.bash", "completions/_drillgres", "completions/drillgres.fish"}

func makeRelease(t *testing.T, release string) {
	t.Helper()
	if err := os.Mkdir(release, 0o700); err != nil {
		t.Fatal(err)
	}
	packRelease(t, release, "#!/bin/sh\necho drillgres v0.1.0 runs\n")
}

// packRelease writes the archive of a release that contains script as the program, and
// its checksum.
func packRelease(t *testing.T, release, script string) {
	t.Helper()
	program := t.TempDir()
	write(t, filepath.Join(program, "drillgres"), script, 0o700)
	for _, folder := range []string{"man", "completions"} {
		if err := os.Mkdir(filepath.Join(program, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range besides {
		write(t, filepath.Join(program, file), file, 0o600)
	}
	archive := filepath.Join(release, archiveName)
	if out, err := exec.CommandContext(t.Context(), "tar", "-czf", archive, "-C", program, "drillgres", "man", "completions").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(release, "checksums.txt"), fmt.Sprintf("%x  %s\n", sha256.Sum256(content), archiveName), 0o600)
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	was, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(was)+text, 0o600)
}

// TestActionPassesItsInputs runs the action's script with a program that says
// how it was called: inputs are arguments, whatever they hold.
func TestActionPassesItsInputs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "drillgres"), "#!/usr/bin/env bash\nprintf '<%s>' \"$@\"\nexit 6\n", 0o700)
	tests := []struct {
		name string
		env  []string
		want string
		exit int
	}{
		{"a drill of everything", []string{"DRILL_COMMAND=run"}, "<run><--config><drillgres.yaml><--output><RESULT><-->", 6},
		{
			"a gate",
			[]string{
				"DRILL_COMMAND=gate", "DRILL_DATABASE=shop crm", "DRILL_CANDIDATE=ghcr.io/acme/shop:1 43", "DRILL_MIGRATIONS=migrations/*.sql",
				"DRILL_MAX_BACKUP_AGE=26h", "DRILL_REQUIRE_DRILL=24h", "DRILL_BACKUP=a key",
			},
			"<gate><--config><drillgres.yaml><--output><RESULT><--backup=a key><--candidate=ghcr.io/acme/shop:1 43>" +
				"<--migrations=migrations/*.sql><--max-backup-age=26h><--require-drill=24h><--><shop><crm>", 6,
		},
		{
			"what would be code",
			[]string{"DRILL_COMMAND=run", "DRILL_CONFIG=$(touch owned); `touch owned`", "DRILL_DATABASE=--keep * \"x"},
			"<run><--config><$(touch owned); `touch owned`><--output><RESULT><--><--keep><*><\"x>", 6,
		},
		{"another command", []string{"DRILL_COMMAND=clean"}, "only run, check and gate", 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "bash", "../../.github/actions/drill/drill.sh")
			cmd.Env = append(os.Environ(), "RUNNER_TEMP="+dir, "DRILL_BINARY="+filepath.Join(dir, "drillgres"), "DRILL_CONFIG=drillgres.yaml",
				"DRILL_DATABASE=", "DRILL_BACKUP=", "DRILL_CANDIDATE=", "DRILL_MIGRATIONS=", "DRILL_MAX_BACKUP_AGE=", "DRILL_REQUIRE_DRILL=")
			cmd.Env = append(cmd.Env, tt.env...)
			out, _ := cmd.CombinedOutput()
			result := regexpResult.ReplaceAllString(string(out), "<RESULT>")
			if !strings.Contains(result, tt.want) || cmd.ProcessState.ExitCode() != tt.exit {
				t.Errorf("exit %d, want %d:\n%s\n%s", cmd.ProcessState.ExitCode(), tt.exit, result, tt.want)
			}
			if _, err := os.Stat("owned"); err == nil {
				t.Error("an input was run")
			}
		})
	}
}
