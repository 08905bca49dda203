package report

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// tally counts the checks of a stage, or of all with an empty stage.
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

// checks lists what did not hold or is not known; what passed is only counted.
func (p *printer) checks(checks []outcome.Check) {
	var rows [][]cell
	for _, c := range checks {
		switch c.Status {
		case outcome.CheckFailed:
			rows = append(rows, []cell{{"FAILED", p.red}, plain(string(c.Stage)), {text: p.withGround(words.Join(": ", c.Name, seen(c)), c)}})
		case outcome.CheckUnknown:
			rows = append(rows, []cell{{"unknown", p.yellow}, plain(string(c.Stage)), {text: p.withGround(words.Join(": ", c.Name, seen(c)), c)}})
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

// checkIndent is the room that status and stage take in front of a check.
const checkIndent = len("  unknown  verify  ")

// withGround adds what a check rests on where that takes two lines at most; the
// JSON has it always.
func (p *printer) withGround(text string, c outcome.Check) string {
	with := text + "; rests on " + c.RestsOn
	if c.RestsOn == "" || ansi.StringWidth(clean(with)) > 2*(p.width-checkIndent) {
		return text
	}
	return with
}

// seen is what there is to say of a check that did not pass.
func seen(c outcome.Check) string {
	if c.Status == outcome.CheckFailed {
		return Contrast(c)
	}
	return c.Saw
}

// Contrast sets what was seen against what was expected.
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

// findings are what an operator should know although it changes no verdict.
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
