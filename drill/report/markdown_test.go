package report

import (
	"bytes"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/outcome"
)

func markdownOf(t *testing.T, limit int, results ...outcome.Result) string {
	t.Helper()
	var out bytes.Buffer
	if err := Markdown(&out, results, limit); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestMarkdown(t *testing.T) {
	for name, r := range map[string]outcome.Result{
		"passed": passed(), "without_app": withoutApp(), "truncated": truncated(), "restore_failed": restoreFailed(),
		"app_failed": appFailed(), "engineless": engineless(), "drifted": drifted(), "locking": locking(), "empty": {},
	} {
		t.Run(name, func(t *testing.T) { golden(t, name+".md", []byte(markdownOf(t, 0, r))) })
	}
	crm := passed()
	crm.Database = "crm"
	golden(t, "several.md", []byte(markdownOf(t, 0, crm, truncated())))
}

// TestMarkdownSaysWhatTextSays checks that the Markdown has every word of the text
// report.
func TestMarkdownSaysWhatTextSays(t *testing.T) {
	word := regexp.MustCompile(`[\pL\d.]+`)
	for _, r := range []outcome.Result{passed(), withoutApp(), truncated(), restoreFailed(), appFailed(), engineless(), drifted(), locking()} {
		var text bytes.Buffer
		if err := Text(&text, r, Options{}); err != nil {
			t.Fatal(err)
		}
		plain := strings.NewReplacer(`\`, "", zeroWidthSpace, "", "<span>", "", "</span>", "").Replace(markdownOf(t, 0, r))
		for _, w := range word.FindAllString(text.String(), -1) {
			if !strings.Contains(plain, w) {
				t.Errorf("%s: %q is not in the Markdown", r.Verdict, w)
			}
		}
	}
}

// hostile is a text from a dump, a server or an application that contains markup.
const hostile = "@acme/team <img src=x onerror=alert(1)> [click](javascript:x) **bold** _it_ `code` | a | b |\r\n" +
	"# heading\n::error::x\n```\n</details>\n<!-- \\| \\` ![i](http://evil.test/p.png) www.evil.test https://evil.test a@evil.test &lt; $x$ ~~s~~ #12 \x1b[31m\x00\xff\u202E"

func hostileResult() outcome.Result {
	r := appFailed()
	r.Database, r.Backup.URI, r.Failure.Message, r.Failure.Statement = hostile, hostile, hostile, hostile
	r.Failure.Hint, r.Failure.Object, r.Failure.SQLState, r.Failure.Code = hostile, hostile, hostile, outcome.Code(hostile)
	r.Checks[2].Name, r.Checks[2].Saw, r.Leftovers[0], r.TellErrors[0], r.RunID, r.Drillgres = hostile, hostile, hostile, hostile, hostile, hostile
	r.Findings = []outcome.Finding{{Code: hostile, Message: hostile, Hint: hostile}}
	r.Postgres.Image, r.Postgres.Version, r.Isolation.Outbound = hostile, hostile, hostile
	r.Stages[0].Details["matched"], r.Stages[2].Details["format"], r.Stages[3].Details["owner"] = hostile, hostile, hostile
	return r
}

func TestHostileMarkdown(t *testing.T) {
	out := markdownOf(t, 0, hostileResult(), hostileResult())
	golden(t, "hostile.md", []byte(out))
	if !utf8.ValidString(out) || strings.ContainsAny(out, "\x1b\x00\r\u202E") {
		t.Error("control characters get through")
	}
	// Nothing in code has a meaning, neither in blocks nor in spans.
	out = strings.ReplaceAll(out, `\]`, "")
	rest := regexp.MustCompile("(?ms)^````text\n.*?^````$").ReplaceAllString(out, "")
	for _, what := range []string{"<img", "](", "@acme", "a@evil", "https://", "www.evil", "\n::", "\n# ", "```", "<!--", "</details", " #12", " $x$", "~~"} {
		if strings.Contains(rest, what) {
			t.Errorf("%q is not escaped in:\n%s", what, rest)
		}
	}
	// Every row of a table has its header's columns.
	columns := 0
	for line := range strings.SplitSeq(rest, "\n") {
		bars := strings.Count(line, "|")
		switch {
		case !strings.HasPrefix(line, "|"):
			columns = 0
		case columns == 0:
			columns = bars
		case bars != columns:
			t.Errorf("a row has %d bars, want %d: %s", bars, columns, line)
		}
	}
}

func TestMarkdownIsCutBetweenLines(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	r := hostileResult()
	r.Failure.Message = "boot failed: ŷ\n" + strings.Repeat("→ log line ``` \n", 20)
	whole := markdownOf(t, 0, r)
	for limit := len(whole); limit > 0; limit -= 7 {
		out := markdownOf(t, limit, r)
		if len(out) > limit || !utf8.ValidString(out) {
			t.Fatalf("limit %d: %d bytes, UTF-8 %t", limit, len(out), utf8.ValidString(out))
		}
		if limit == len(whole) {
			if out != whole {
				t.Error("what fits is cut")
			}
			continue
		}
		if out == "" {
			continue
		}
		body, ok := strings.CutSuffix(out, cutNote)
		if !ok {
			t.Fatalf("limit %d: no note: %q", limit, out)
		}
		if n := strings.Count(body, "\n````"); n%2 != 0 {
			t.Fatalf("limit %d: a block is left open:\n%s", limit, body)
		}
		for line := range strings.Lines(strings.TrimSpace(body)) {
			if strings.HasPrefix(line, "|") && !strings.HasSuffix(strings.TrimSpace(line), "|") {
				t.Fatalf("limit %d: half a row: %q", limit, line)
			}
		}
		if body != "" && !strings.HasSuffix(body, "\n\n") {
			t.Fatalf("limit %d: the note is part of the text before it: %q", limit, body)
		}
	}
}

func TestMarkdownCheckAndError(t *testing.T) {
	soundCheck := checksOfTwo()[1] // only in the table
	soundCheck.Database, soundCheck.Findings = "wiki", nil
	var out bytes.Buffer
	err := errors.Join(Markdown(&out, append(checksOfTwo(), soundCheck), 0), MarkdownError(&out, outcome.FailureReport{
		Code: outcome.ConfigInvalid, Class: outcome.ClassUsage, Message: "1 problems in drillgres.yaml:\ndrillgres.yaml:4: databases.shop.backup.min_sise: unknown key",
		Hint: "correct them and run drillgres config validate",
	}, 0))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "check.md", out.Bytes())
	if err := Markdown(brokenPipe{}, []outcome.Result{passed()}, 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
