package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

const failuresHead = `# Failures and findings

<!-- Generated from the catalogue in drill/outcome by make golden: do not edit. -->

A drill that does not pass ends with the code of the first thing that failed. This page explains each code: its cause, its remedy and how to
distinguish it from similar codes. ` + "`drillgres explain CODE`" + ` prints the same. Codes are never renamed.

The class of a code says whose fault it is, and determines the verdict and the exit code. If a machine cannot run the drill, nothing is known
about the backup, so the verdict is never ` + "`failed`" + `.

| class | whose fault | verdict | exit code |
|---|---|---|---|
`

const failuresExits = `
A drill that passed exits with 0, or with 7 if it could not be recorded or sent. Treat any other exit code as a failure.

A [finding](#findings) is something else that an operator should know. It does not change the verdict.

## Codes by stage

Each code is listed under the first stage that can find it.

| stage | codes |
|---|---|
`

// FailuresDoc writes docs/failures.md.
func FailuresDoc(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(failuresHead)
	for _, c := range classes {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d |\n", c, classMeaning(c), c.Verdict(), c.ExitCode())
	}
	b.WriteString(failuresExits)
	groups := byFirstStage(outcome.Catalogue)
	for _, g := range groups {
		links := make([]string, len(g.entries))
		for i, e := range g.entries {
			links[i] = link(e.Code)
		}
		fmt.Fprintf(&b, "| %s | %s |\n", g.stage, strings.Join(links, ", "))
	}
	for _, g := range groups {
		fmt.Fprintf(&b, "\n## %s\n", g.stage)
		for _, e := range g.entries {
			codeSection(&b, e)
		}
	}
	findingsSection(&b)
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write the failures page: %w", err)
	}
	return nil
}

// group holds the codes that one stage is the first to find.
type group struct {
	stage   string
	entries []outcome.Entry
}

func byFirstStage(entries []outcome.Entry) (groups []group) {
	for _, e := range entries {
		stage := "any stage"
		if len(e.Stages) > 0 {
			stage = string(e.Stages[0])
		}
		i := slices.IndexFunc(groups, func(g group) bool { return g.stage == stage })
		if i < 0 {
			i, groups = len(groups), append(groups, group{stage: stage})
		}
		groups[i].entries = append(groups[i].entries, e)
	}
	return groups
}

func link(c outcome.Code) string { return fmt.Sprintf("[%[1]s](#%[1]s)", c) }

// codeSection writes the explanation of one code under a heading that is its
// anchor.
func codeSection(b *bytes.Buffer, e outcome.Entry) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", e.Code, escapeMarkdown(e.Cause))
	fmt.Fprintf(b, "- **remedy:** %s\n", escapeMarkdown(e.Remedy))
	fmt.Fprintf(b, "- **class:** `%s`, verdict %s, exit code %d\n", e.Class, e.Class.Verdict(), e.Class.ExitCode())
	fmt.Fprintf(b, "- **stages:** %s\n", stagesOf(e))
	for _, n := range e.Neighbours {
		fmt.Fprintf(b, "- %s instead, if %s\n", link(n.Code), escapeMarkdown(n.Tell))
	}
	fmt.Fprintf(b, "\nExample: %s\n", escapeMarkdown(e.Example.Case))
	fence(b, printedMessage(e.Example))
	if len(e.Messages) > 0 {
		b.WriteString("\nMessages of Postgres and other programs:\n")
		fence(b, e.Messages...)
	}
}

func fence(b *bytes.Buffer, lines ...string) {
	fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.Join(lines, "\n"))
}

func findingsSection(b *bytes.Buffer) {
	b.WriteString("\n## Findings\n\n| finding | stage | meaning | remedy |\n|---|---|---|---|\n")
	for _, f := range outcome.Findings {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.Code, f.Stage, escapeMarkdown(f.Meaning), escapeMarkdown(f.Remedy))
	}
}

// escapeMarkdown escapes the characters that have a meaning in Markdown.
func escapeMarkdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "<", `\<`, "[", `\[`, "|", `\|`).Replace(text)
}
