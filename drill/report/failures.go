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

A drill that does not pass ends in one code, of the first thing that did not hold. This page says of every code what is the case, what to do,
and how to tell it from its neighbours; ` + "`drillgres explain CODE`" + ` prints the same. Codes are never renamed.

A code's class says whose fault it is. Verdict and exit code follow from the class: a machine that could not carry out the drill knows
nothing of the backup, and never says that it failed.

| class | whose | verdict | exit code |
|---|---|---|---|
`

const failuresExits = `
A drill that passed exits with 0, or with 7 where it could not be recorded or notified. Any other exit code is to be treated as a failure.

What an operator should know besides, and what changes no verdict, is a [finding](#findings).

## Codes by stage

Each code stands under the first stage that can find it.

| stage | codes |
|---|---|
`

// FailuresDoc writes docs/failures.md.
func FailuresDoc(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(failuresHead)
	for _, c := range classes {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %d |\n", c, whose(c), c.Verdict(), c.ExitCode())
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

// group are the codes that one stage is the first to find.
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

// codeSection explains one code under a heading that is its anchor.
func codeSection(b *bytes.Buffer, e outcome.Entry) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n", e.Code, markdown(e.Cause))
	fmt.Fprintf(b, "- **remedy:** %s\n", markdown(e.Remedy))
	fmt.Fprintf(b, "- **class:** `%s`, verdict %s, exit code %d\n", e.Class, e.Class.Verdict(), e.Class.ExitCode())
	fmt.Fprintf(b, "- **stages:** %s\n", stagesOf(e))
	for _, n := range e.Neighbours {
		fmt.Fprintf(b, "- **not** %s, if %s\n", link(n.Code), markdown(n.Tell))
	}
	fmt.Fprintf(b, "\nExample: %s\n", markdown(e.Example.Case))
	fence(b, printed(e.Example))
	if len(e.Messages) > 0 {
		b.WriteString("\nIn the field:\n")
		fence(b, e.Messages...)
	}
}

func fence(b *bytes.Buffer, lines ...string) {
	fmt.Fprintf(b, "\n```text\n%s\n```\n", strings.Join(lines, "\n"))
}

func findingsSection(b *bytes.Buffer) {
	b.WriteString("\n## Findings\n\n| finding | stage | meaning | what to do |\n|---|---|---|---|\n")
	for _, f := range outcome.Findings {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", f.Code, f.Stage, markdown(f.Meaning), markdown(f.Remedy))
	}
}

// markdown keeps a text from being read as anything but text.
func markdown(text string) string {
	return strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "<", `\<`, "[", `\[`, "|", `\|`).Replace(text)
}
