package actions

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func TestCommands(t *testing.T) {
	var out bytes.Buffer
	Mask(&out, "canary-token", "-----BEGIN KEY-----\r\nca%nary-line\n\nabc\n", "no", "1234", "canary-token")
	Group(&out, "shop: restore")
	EndGroup(&out)
	Error(&out, Place{File: "db/a,b:c%.yaml", Line: 3, Column: 7}, "shop: 100%", "expected 1,\nsaw \x1b[31m2: 50%\r\n::error::forged")
	Warning(&out, Place{File: "drillgres.yaml"}, "t", "m")
	Error(&out, Place{Line: 9}, "title\n::error::forged", "m")
	path := filepath.Join("testdata", "commands.txt")
	if *update {
		if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s (run with -update if this is intended):\n%s", path, diff)
	}
}

// isCommand reports whether the runner reads a line as a command.
func isCommand(line string) bool {
	return strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[")
}

var lineEnd = regexp.MustCompile(`\r\n|\r|\n`)

func TestDefuse(t *testing.T) {
	const text = "::error::a\n  ::set-output name=verdict::passed\r\t::x\r\n\u2028\u00a0::y\nfine :: here\n##[error]z\n" +
		"a ##[command]\n###[b]\n:: c\n: :d\n:\n:e\n:::f\n#[g]\nhttp://h:1"
	for _, chunk := range []int{1, 2, 3, 7, len(text)} {
		var out bytes.Buffer
		w := Defuse(&out)
		for rest := text; rest != ""; {
			n := min(chunk, len(rest))
			if m, err := io.WriteString(w, rest[:n]); m != n || err != nil {
				t.Fatalf("%d, %v", m, err)
			}
			rest = rest[n:]
		}
		for _, line := range lineEnd.Split(out.String(), -1) {
			if isCommand(line) {
				t.Errorf("in pieces of %d: %q is a command", chunk, line)
			}
		}
		back := strings.NewReplacer(`\u003a`, ":", `\u005b`, "[").Replace(out.String())
		if diff := cmp.Diff(text, back); diff != "" {
			t.Errorf("more than the command is changed:\n%s", diff)
		}
		if !strings.Contains(out.String(), "fine :: here\n") || !strings.Contains(out.String(), "\n:e\n") {
			t.Errorf("a line that is not a command is changed: %q", out.String())
		}
	}
}

func TestDefusedJSONKeepsItsValue(t *testing.T) {
	value := map[string]string{"message": "::error::x\n##[error]y", "::##[": "\\##["}
	var out bytes.Buffer
	enc := json.NewEncoder(Defuse(&out))
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		t.Fatal(err)
	}
	var back map[string]string
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(value, back); diff != "" || strings.Contains(out.String(), "##[") {
		t.Errorf("%s\n%s", diff, out.String())
	}
}

// outputs reads a file of outputs in the way that the runner does.
func outputs(t *testing.T, path string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"); len(lines) > 0; {
		name, end, ok := strings.Cut(lines[0], "<<")
		if !ok {
			t.Fatalf("not an output: %q", lines[0])
		}
		var value []string
		for lines = lines[1:]; lines[0] != end; lines = lines[1:] {
			value = append(value, lines[0])
		}
		got[name], lines = strings.Join(value, "\n"), lines[1:]
	}
	return got
}

func TestOutputs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "output")
	const forged = "one\nEOF\nverdict=passed\nverdict<<EOF\npassed\nEOF\n"
	if err := SetOutputs(path, Output{"verdict", "failed"}, Output{"message", forged}, Output{"empty", ""}); err != nil {
		t.Fatal(err)
	}
	if err := SetOutputs(path, Output{"code", "smoke_failed"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"verdict": "failed", "message": forged, "empty": "", "code": "smoke_failed"}
	if diff := cmp.Diff(want, outputs(t, path)); diff != "" {
		t.Error(diff)
	}
	if SetOutputs(filepath.Join(path, "nowhere"), Output{"a", "b"}) == nil {
		t.Error("no error for a file that cannot be written")
	}
}

func TestSummaryIsAppended(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary")
	fill := func(most int) func(io.Writer, int) error {
		return func(w io.Writer, limit int) error {
			_, err := io.WriteString(w, strings.Repeat("x", min(limit, most)))
			return err
		}
	}
	for i, want := range []int{5, SummaryLimit, SummaryLimit} {
		if err := AddSummary(path, fill([]int{5, 2 * SummaryLimit, 1}[i])); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() != int64(want) {
			t.Errorf("%v, %d bytes, want %d", err, info.Size(), want)
		}
	}
}
