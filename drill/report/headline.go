package report

import (
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// headline writes the verdict in one line, with the stages that were skipped and
// the number of unknown checks.
func (p *printer) headline(r outcome.Result) {
	word, paint := headWord(r), p.verdictPaint(r.Verdict)
	if isSoundCheck(r) {
		paint = p.green
	}
	p.block(paint(word)+"  "+p.bold(clean(r.Database))+"  ", sentence(r))
}

// headWord returns the verdict in capitals, or OK for a check that found nothing
// wrong. That of a restore into a real server is about the restore.
func headWord(r outcome.Result) string {
	switch {
	case isSoundCheck(r):
		return "OK"
	case r.Kind == outcome.KindRestore:
		return restoreWord(r)
	}
	return strings.ToUpper(string(r.Verdict))
}

// Meaning returns what a result means, in one sentence.
func Meaning(r outcome.Result) string {
	if r.Kind == outcome.KindCheck {
		return checkSentence(r)
	}
	if r.Kind == outcome.KindRestore {
		return restoreMeaning(r)
	}
	return words.Join("; ", verdictMeaning(r), skipped(r), unknownChecks(r))
}

// sentence returns what follows the verdict and the database in the headline.
func sentence(r outcome.Result) string {
	return Meaning(r) + " (" + words.Elapsed(r.Times.Total) + ")"
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

// location returns where in the backup the failure is.
func location(f outcome.FailureReport) string {
	line, offset := "", ""
	if f.Line > 0 {
		line = "line " + words.Number(f.Line) + " of the dump"
	}
	if f.Offset > 0 {
		offset = "byte " + words.Number(f.Offset) + " of the file"
	}
	return words.Join(", ", line, offset)
}

// mentions reports whether a message contains a name as a whole word.
func mentions(message, name string) bool {
	name = regexp.QuoteMeta(strings.ToValidUTF8(name, "�"))
	return name != "" && regexp.MustCompile(`(^|[^\pL\pN_.])`+name+`($|[^\pL\pN_])`).MatchString(message)
}

// verdictMeaning says what the verdict means for this backup.
func verdictMeaning(r outcome.Result) string {
	switch {
	case r.Failure != nil:
		return meaningOf(*r.Failure) + ": " + words.Join(" in ", string(r.Failure.Code), string(r.Failure.Stage))
	case r.Verdict != outcome.VerdictPassed:
		return "nothing is known about the backup"
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

// meaningOf says what a failure means. It distinguishes a failure of the release
// from one of the backup.
func meaningOf(f outcome.FailureReport) string {
	if f.Stage == outcome.Migrate && f.Class == outcome.ClassApp {
		return "the backup restores, but the release fails on it"
	}
	if f.Code == outcome.RestoreTimeout {
		return "not proved in time" // nothing shows that the rest would have passed
	}
	return meaning(f.Class)
}

func meaning(c outcome.Class) string {
	switch c {
	case outcome.ClassBackup:
		return "the backup cannot be relied on"
	case outcome.ClassSchema:
		return "the schema cannot be restored"
	case outcome.ClassApp:
		return "restored, but the application does not run on it"
	case outcome.ClassBudget:
		return "over budget"
	case outcome.ClassUsage:
		return "not drilled"
	case outcome.ClassInternal:
		return "nothing is known about the backup, because of a bug in drillgres"
	default:
		return "nothing is known about the backup"
	}
}

// skipped names the stages that were skipped. A release that is not rehearsed
// takes nothing away from the verdict on the backup.
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
		return "verified less, skipped: " + strings.Join(names, ", ")
	default:
		return "skipped: " + strings.Join(names, ", ")
	}
}

// detailsOf returns what is known about a failure besides its message. It omits
// what the message already mentions.
func detailsOf(f outcome.FailureReport) (details []fact) {
	add := func(label, text, name string) {
		if text != "" && !mentions(f.Message, name) {
			details = append(details, fact{label, text})
		}
	}
	add("SQLSTATE ", f.SQLState, f.SQLState)
	add("in: ", f.Statement, "")
	add("on: ", f.Object, f.Object)
	add("by: function ", f.Function, f.Function)
	add("at: ", location(f), "")
	if f.Cascades > 0 {
		details = append(details, fact{"", words.Count(f.Cascades, "further error") + " followed from it"})
	}
	return details
}

// failure writes what failed, why, where, and what to do.
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
