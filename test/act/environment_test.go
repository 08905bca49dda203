package act

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestEnvironment checks which values of the secret environment are masked, and what the
// following steps get.
func TestEnvironment(t *testing.T) {
	const key = "KEY<<END\n-----BEGIN KEY-----\ncanary=line\nEND\n"
	for name, c := range map[string]struct {
		text, masked, set string
		fails             bool
	}{
		"nothing":           {"", "", "", false},
		"values":            {"A=canary\nB=500%\nC=no\n\nD=a=b=c", "canary 500%25 a=b=c", "A=canary\nB=500%\nC=no\n\nD=a=b=c\n", false},
		"from Windows":      {"A=canary\r\nB=other\r", "canary other", "A=canary\nB=other\n", false},
		"a bare \\r":        {"A=cana\rry", "cana%0Dry", "A=cana\rry\n", false},
		"several lines":     {key + "A=canary", "-----BEGIN KEY----- canary=line canary", key + "A=canary\n", false},
		"with Windows' end": {strings.ReplaceAll(key, "\n", "\r\n"), "-----BEGIN KEY----- canary=line", key + "\n", false},
		"without its end":   {"KEY<<END\ncanary", "canary", "", true},
		"not quoted":        {"A=-----BEGIN KEY-----\ncanary\n", "-----BEGIN KEY----- canary", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "env")
			cmd := exec.CommandContext(t.Context(), "bash", "../../.github/actions/drill/environment.sh")
			cmd.Env = append(os.Environ(), "ENVIRONMENT="+c.text, "GITHUB_ENV="+file)
			out, err := cmd.Output()
			if (err != nil) != c.fails {
				t.Errorf("%v", err)
			}
			var masked []string
			for line := range strings.Lines(string(out)) {
				secret, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "::add-mask::")
				if !ok {
					t.Errorf("printed %q", line)
				}
				masked = append(masked, secret)
			}
			if diff := cmp.Diff(c.masked, strings.Join(masked, " ")); diff != "" {
				t.Errorf("masked (-want +got):\n%s", diff)
			}
			set, _ := os.ReadFile(file)
			if diff := cmp.Diff(c.set, string(set)); diff != "" {
				t.Errorf("set (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPinned checks that a release is refused whose action installs another one.
func TestPinned(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "cp", "-R", "../../.github/.", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pinned := func(tag string) string {
		out, _ := exec.CommandContext(t.Context(), "bash", filepath.Join(dir, "pinned"), tag).CombinedOutput()
		return string(out)
	}
	if out := pinned("v9.9.9"); !strings.Contains(out, "actions/drill/action.yml does not") || !strings.Contains(out, "workflows/restore-drill.yml does not") {
		t.Errorf("another version is accepted: %s", out)
	}
	for _, name := range []string{"actions/drill/action.yml", "workflows/restore-drill.yml"} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, strings.ReplaceAll(string(text), "default: latest", "default: v9.9.9"), 0o600)
	}
	if out := pinned("v9.9.9"); out != "" {
		t.Errorf("the release's own version: %s", out)
	}
}
