package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Markdown writes drills as GitHub's Markdown, in the words of Text. Nothing in
// it that came from a backup, a server or an application is more than text. It
// is limit bytes long at most, 0 for any length: what does not fit is left out,
// and a note says so.
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

// overview tells of several databases which one counts: the worst.
func (p *page) overview(results []outcome.Result) {
	counts := results[outcome.Worst(results)]
	p.paragraph("## " + markedWord(counts) + " " + words.Count(len(results), "database") + ", of which the worst counts: " + prose(counts.Database))
	var rows [][]string
	for _, r := range results {
		rows = append(rows, []string{prose(r.Database), markedWord(r), prose(sentence(r))})
	}
	p.table([]string{"database", "verdict", ""}, ":--- :--- :---", rows)
}

// drill is one drill: the verdict first, then what failed, why and what to do,
// then what was drilled and how it went.
func (p *page) drill(r outcome.Result) {
	if r.Kind == outcome.KindAnswer {
		p.onRecord(r)
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

// markedWord is the word that a result begins with, with a mark for the eye.
func markedWord(r outcome.Result) string {
	if sound(r) {
		return "✅ " + headWord(r)
	}
	return verdictWord(r.Verdict)
}

// verdictWord is the verdict as a headline has it, with a mark for the eye.
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

// failure shows the first line of the message as text, and what follows it,
// such as an application's log, line by line.
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

// migration is what a release's migrations did, as a whole and then statement
// by statement.
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
		p.paragraph("and " + words.Count(more, "statement") + " that took no lock on a table that existed before")
	}
}

func (p *page) stages(r outcome.Result) {
	if len(r.Stages) == 0 {
		return
	}
	var rows [][]string
	for _, s := range r.Stages {
		rows = append(rows, []string{prose(string(s.Stage)), strong(statusWord(s.Status)), lasted(s), prose(detail(r, s))})
	}
	p.table([]string{"stage", "status", "time", ""}, ":--- :--- ---: :---", rows)
}

// strong makes FAILED stand out, and nothing else.
func strong(status string) string {
	if status == "FAILED" {
		return "**FAILED**"
	}
	return status
}

// checks lists what did not hold or is not known; what passed is only counted.
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
		ground := ""
		if c.RestsOn != "" {
			ground = "rests on " + c.RestsOn
		}
		rows = append(rows, []string{strong(status), prose(string(c.Stage)), prose(words.Join("; ", words.Join(": ", c.Name, seen(c)), ground))})
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
		p.bullets(all(r.Leftovers))
	}
	if len(r.TellErrors) > 0 {
		p.paragraph("**not told** (the drill itself is not affected):")
		p.bullets(all(r.TellErrors))
	}
}

func all(texts []string) (escaped []string) {
	for _, text := range texts {
		escaped = append(escaped, prose(text))
	}
	return escaped
}

// MarkdownError is an error that came before any drill, such as a config that
// cannot be read.
func MarkdownError(w io.Writer, f outcome.FailureReport, limit int) error {
	var p page
	p.paragraph("## " + verdictWord(f.Class.Verdict()) + " drillgres")
	p.paragraph(fmt.Sprintf("%s: %s", meaning(f.Class), code(string(f.Code))))
	p.failure(f)
	return p.writeTo(w, limit)
}
