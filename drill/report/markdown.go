package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Markdown writes drills as GitHub's Markdown, in the words of Text. Text from a
// backup, a server or an application is escaped. The output has at most limit
// bytes, or any length if limit is 0; what does not fit is omitted with a note.
func Markdown(w io.Writer, results []outcome.Result, limit int) error {
	var p page
	if len(results) > 1 && results[0].Gate != nil {
		p.answers(results)
	} else if len(results) > 1 {
		p.overview(results)
	}
	for _, r := range results {
		if r.Kind == outcome.KindCheck {
			p.check(r, len(results) > 1)
			continue
		}
		p.drill(r)
	}
	return p.writeTo(w, limit)
}

// overview adds a table of several databases under the worst verdict.
func (p *page) overview(results []outcome.Result) {
	worst := results[outcome.Worst(results)]
	p.paragraph("## " + markedWord(worst) + " " + words.Count(len(results), "database") + ", the worst is " + prose(worst.Database))
	var rows [][]string
	for _, r := range results {
		rows = append(rows, []string{prose(r.Database), markedWord(r), prose(sentence(r))})
	}
	p.table([]string{"database", "verdict", ""}, ":--- :--- :---", rows)
}

// drill adds one drill: the verdict first, then what failed, why and what to do,
// then what was drilled and how it went.
func (p *page) drill(r outcome.Result) {
	if r.Kind == outcome.KindAnswer {
		p.recordedAnswer(r)
		return
	}
	if r.Gate != nil {
		p.answer(r)
	}
	p.paragraph("## " + markedWord(r) + " " + prose(r.Database))
	p.paragraph(prose(sentence(r)))
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.facts(factsOf(r))
	p.stages(r)
	p.migration(r.Migration)
	p.checks(r.Checks)
	p.findings(r.Findings)
	p.leftBehind(r)
	p.paragraph("run " + code(r.RunID) + ", drillgres " + prose(r.Drillgres))
}

// markedWord returns the word that a result begins with, after a symbol.
func markedWord(r outcome.Result) string {
	if isSoundCheck(r) {
		return "✅ " + headWord(r)
	}
	return verdictWord(r.Verdict)
}

// verdictWord returns the verdict in capitals, after a symbol.
func verdictWord(v outcome.Verdict) string {
	mark := "⚠️"
	switch v {
	case outcome.VerdictPassed:
		mark = "✅"
	case outcome.VerdictFailed:
		mark = "❌"
	}
	return mark + " " + prose(strings.ToUpper(string(v)))
}

// failure adds the first line of the message as text, and the others, such as an
// application's log, as a block.
func (p *page) failure(f outcome.FailureReport) {
	message, more, _ := strings.Cut(strings.TrimRight(f.Message, "\n"), "\n")
	p.paragraph("**error:** " + prose(message))
	if more != "" {
		p.block(strings.Split(more, "\n"))
	}
	var details []string
	for _, d := range detailsOf(f) {
		text := prose(d.text)
		if d.label == "in: " {
			text = code(d.text)
		}
		details = append(details, d.label+text)
	}
	if len(details) > 0 {
		p.bullets(details)
	}
	if f.Hint != "" {
		p.paragraph("**hint:** " + prose(f.Hint))
	}
	p.paragraph(code("drillgres explain " + string(f.Code)))
}

func (p *page) facts(facts []fact) {
	var rows [][]string
	for _, f := range facts {
		text := prose(f.text)
		if f.label == "backup" {
			text = code(f.text)
		}
		if f.label == "" {
			rows[len(rows)-1][1] += "<br>" + text
			continue
		}
		rows = append(rows, []string{"**" + f.label + "**", text})
	}
	if len(rows) > 0 {
		p.table([]string{"", ""}, ":--- :---", rows)
	}
}

// migration adds what a release's migrations did, first as a whole, then
// statement by statement.
func (p *page) migration(m *outcome.Migration) {
	if m == nil {
		return
	}
	p.facts(migrationFacts(m))
	lines, more := statementLines(m)
	var rows [][]string
	for _, l := range lines {
		statement := l.sql
		if statement != "" {
			statement = code(statement)
		}
		rows = append(rows, []string{l.time, statement, prose(l.lock), l.held, prose(l.blocks)})
	}
	if len(rows) > 0 {
		p.table([]string{"time", "statement", "lock", "held", "would block"}, "---: :--- :--- ---: :---", rows)
	}
	if more > 0 {
		p.paragraph("and " + words.Count(more, "statement") + " that locked no existing table")
	}
}

func (p *page) stages(r outcome.Result) {
	if len(r.Stages) == 0 {
		return
	}
	var rows [][]string
	for _, s := range r.Stages {
		rows = append(rows, []string{prose(string(s.Stage)), emphasize(statusWord(s.Status)), stageTime(s), prose(detail(r, s))})
	}
	p.table([]string{"stage", "status", "time", ""}, ":--- :--- ---: :---", rows)
}

// emphasize makes FAILED bold and leaves every other status as it is.
func emphasize(status string) string {
	if status == "FAILED" {
		return "**FAILED**"
	}
	return status
}

// checks lists the checks that failed or are unknown. The others are only
// counted.
func (p *page) checks(checks []outcome.Check) {
	var rows [][]string
	for _, c := range checks {
		status := "unknown"
		switch c.Status {
		case outcome.CheckFailed:
			status = "FAILED"
		case outcome.CheckPassed, outcome.CheckNotConfigured:
			continue
		}
		grounds := ""
		if c.RestsOn != "" {
			grounds = "rests on " + c.RestsOn
		}
		rows = append(rows, []string{emphasize(status), prose(string(c.Stage)), prose(words.Join("; ", words.Join(": ", c.Name, resultText(c)), grounds))})
	}
	if len(rows) == 0 {
		return
	}
	p.paragraph("**checks** " + tally(checks, ""))
	p.table([]string{"status", "stage", "check"}, ":--- :--- :---", rows)
}

func (p *page) findings(findings []outcome.Finding) {
	if len(findings) == 0 {
		return
	}
	p.paragraph("**findings**")
	var items []string
	for _, f := range findings {
		item := code(f.Code) + ": " + prose(f.Message)
		if f.Hint != "" {
			item += "<br>hint: " + prose(f.Hint)
		}
		items = append(items, item)
	}
	p.bullets(items)
}

func (p *page) leftBehind(r outcome.Result) {
	if len(r.Leftovers) > 0 {
		p.paragraph("**not removed** (drillgres clean removes it):")
		p.bullets(escapeAll(r.Leftovers))
	}
	if len(r.TellErrors) > 0 {
		p.paragraph("**not recorded or sent** (the verdict is unaffected):")
		p.bullets(escapeAll(r.TellErrors))
	}
}

func escapeAll(texts []string) (escaped []string) {
	for _, text := range texts {
		escaped = append(escaped, prose(text))
	}
	return escaped
}

// MarkdownError writes an error that occurred before any drill, such as an invalid
// config.
func MarkdownError(w io.Writer, f outcome.FailureReport, limit int) error {
	var p page
	p.paragraph("## " + verdictWord(f.Class.Verdict()) + " drillgres")
	p.paragraph(fmt.Sprintf("%s: %s", meaning(f.Class), code(string(f.Code))))
	p.failure(f)
	return p.writeTo(w, limit)
}
