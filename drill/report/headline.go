package report

import (
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// headline is the verdict in one line: also which stages were left out, and how
// many checks came to no end.
func (p *printer) headline(r outcome.Result) {
	word, paint := headWord(r), p.verdictPaint(r.Verdict)
	if sound(r) {
		paint = p.green
	}
	p.block(paint(word)+"  "+p.bold(clean(r.Database))+"  ", sentence(r))
}

// headWord is the verdict in capitals, or OK for a check that found nothing wrong.
func headWord(r outcome.Result) string {
	if sound(r) {
		return "OK"
	}
	return strings.ToUpper(string(r.Verdict))
}

// sentence is what follows the verdict and the database in the headline.
func sentence(r outcome.Result) string {
	if r.Kind == outcome.KindCheck {
		return checked(r) + " (" + words.Elapsed(r.Times.Total) + ")"
	}
	return words.Join("; ", said(r), skipped(r), unsure(r)) + " (" + words.Elapsed(r.Times.Total) + ")"
}

func (p *printer) verdictPaint(v outcome.Verdict) func(string) string {
	switch v {
	case outcome.VerdictPassed:
		return p.green
	case outcome.VerdictFailed:
		return p.red
	default:
		return p.yellow
	}
}

// place is where in the backup the failure lies.
func place(f outcome.FailureReport) string {
	line, offset := "", ""
	if f.Line > 0 {
		line = "line " + words.Number(f.Line) + " of the dump"
	}
	if f.Offset > 0 {
		offset = "byte " + words.Number(f.Offset) + " of the file"
	}
	return words.Join(", ", line, offset)
}

// names tells whether a message has the name, and not only within another word.
func names(message, name string) bool {
	name = regexp.QuoteMeta(strings.ToValidUTF8(name, "�"))
	return name != "" && regexp.MustCompile(`(^|[^\pL\pN_.])`+name+`($|[^\pL\pN_])`).MatchString(message)
}

// said is what the verdict means for this backup.
func said(r outcome.Result) string {
	switch {
	case r.Failure != nil:
		return meaningOf(*r.Failure) + ": " + words.Join(" in ", string(r.Failure.Code), string(r.Failure.Stage))
	case r.Verdict != outcome.VerdictPassed:
		return "nothing is known"
	case ranApp(r.Stages):
		return "the backup restores, and the application runs on it"
	default:
		return "the backup restores"
	}
}

func ranApp(stages []outcome.StageReport) bool {
	for _, s := range stages {
		if s.Stage == outcome.App {
			return s.Status == outcome.StagePassed
		}
	}
	return false
}

// meaningOf tells a release that does not hold from a backup that does not.
func meaningOf(f outcome.FailureReport) string {
	if f.Stage == outcome.Migrate && f.Class == outcome.ClassApp {
		return "the backup holds, the release does not"
	}
	return meaning(f.Class)
}

func meaning(c outcome.Class) string {
	switch c {
	case outcome.ClassBackup:
		return "the backup does not hold"
	case outcome.ClassSchema:
		return "the schema does not restore"
	case outcome.ClassApp:
		return "restored, but the application does not run on it"
	case outcome.ClassBudget:
		return "over budget"
	case outcome.ClassUsage:
		return "not drilled"
	case outcome.ClassInternal:
		return "nothing is known, a bug in drillgres"
	default:
		return "nothing is known"
	}
}

// skipped names the stages that the config leaves out. Without a release the
// backup is proved no less.
func skipped(r outcome.Result) string {
	var names []string
	for _, s := range r.Stages {
		if s.Status == outcome.StageSkipped && s.Stage != outcome.Migrate {
			names = append(names, string(s.Stage))
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case r.Verdict == outcome.VerdictPassed:
		return "proved less, skipped: " + strings.Join(names, ", ")
	default:
		return "skipped: " + strings.Join(names, ", ")
	}
}

// detailsOf are what is known of a failure besides its message. What that says
// already is not said again.
func detailsOf(f outcome.FailureReport) (details []fact) {
	add := func(label, text, told string) {
		if text != "" && !names(f.Message, told) {
			details = append(details, fact{label, text})
		}
	}
	add("SQLSTATE ", f.SQLState, f.SQLState)
	add("in: ", f.Statement, "")
	add("on: ", f.Object, f.Object)
	add("by: function ", f.Function, f.Function)
	add("at: ", place(f), "")
	if f.Cascades > 0 {
		details = append(details, fact{"", words.Count(f.Cascades, "further error") + " followed from it"})
	}
	return details
}

// failure tells what failed, why, where, and what to do.
func (p *printer) failure(f outcome.FailureReport) {
	p.blank()
	p.block(p.red("error: "), f.Message)
	for _, d := range detailsOf(f) {
		p.block("       "+d.label, d.text)
	}
	if f.Hint != "" {
		p.block(p.yellow("hint:  "), f.Hint)
	}
	p.line(p.dim("       drillgres explain " + clean(string(f.Code))))
}
