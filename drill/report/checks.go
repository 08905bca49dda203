package report

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// tally counts the checks of a stage, or of all stages if stage is empty.
func tally(checks []outcome.Check, stage outcome.Stage) string {
	counts := map[outcome.CheckStatus]int{}
	for _, c := range checks {
		if stage == "" || c.Stage == stage {
			counts[c.Status]++
		}
	}
	var parts []string
	for _, status := range []outcome.CheckStatus{outcome.CheckPassed, outcome.CheckFailed, outcome.CheckUnknown, outcome.CheckNotConfigured} {
		n := counts[status]
		if n == 0 {
			continue
		}
		amount := words.Number(n)
		if len(parts) == 0 {
			amount = words.Count(n, "check")
		}
		parts = append(parts, amount+" "+strings.ReplaceAll(string(status), "_", " "))
	}
	return strings.Join(parts, ", ")
}

// checks lists the checks that failed or are unknown. The others are only
// counted.
func (p *printer) checks(checks []outcome.Check) {
	var rows [][]cell
	for _, c := range checks {
		switch c.Status {
		case outcome.CheckFailed:
			rows = append(rows, []cell{{"FAILED", p.red}, plain(string(c.Stage)), {text: p.withGrounds(words.Join(": ", c.Name, resultText(c)), c)}})
		case outcome.CheckUnknown:
			rows = append(rows, []cell{{"unknown", p.yellow}, plain(string(c.Stage)), {text: p.withGrounds(words.Join(": ", c.Name, resultText(c)), c)}})
		}
	}
	if len(rows) == 0 {
		return
	}
	p.blank()
	p.line(p.bold("checks") + "  " + tally(checks, ""))
	for i := range rows {
		rows[i][0].text = "  " + rows[i][0].text
	}
	p.table(rows)
}

// checkIndent is the width of status and stage before a check.
const checkIndent = len("  unknown  verify  ")

// withGrounds adds what a check rests on, unless that takes more than two lines.
// The JSON always has it.
func (p *printer) withGrounds(text string, c outcome.Check) string {
	with := text + "; rests on " + c.RestsOn
	if c.RestsOn == "" || ansi.StringWidth(clean(with)) > 2*(p.width-checkIndent) {
		return text
	}
	return with
}

// resultText describes the result of a check that did not pass.
func resultText(c outcome.Check) string {
	if c.Status == outcome.CheckFailed {
		return Contrast(c)
	}
	return c.Saw
}

// Contrast returns what a check expected and what it saw.
func Contrast(c outcome.Check) string {
	expected, saw := "", ""
	if c.Expect != "" {
		expected = "expected " + c.Expect
	}
	if c.Saw != "" {
		saw = "saw " + c.Saw
	}
	return words.Join(", ", expected, saw)
}

// findings lists the findings with their hints.
func (p *printer) findings(findings []outcome.Finding) {
	if len(findings) == 0 {
		return
	}
	p.blank()
	p.line(p.bold("findings"))
	for _, f := range findings {
		p.block("  "+p.yellow(clean(f.Code))+": ", f.Message)
		if f.Hint != "" {
			p.block("    hint: ", f.Hint)
		}
	}
}
