package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// Answers writes one line for several databases: the worst decision, and the
// decision of each.
func Answers(w io.Writer, results []outcome.Result, o Options) error {
	p := newPrinter(o)
	worst, each := combine(results)
	p.block(p.decisionPaint(worst)(decision(worst))+"  ", each)
	p.blank()
	return p.writeTo(w)
}

// combine returns the worst decision of several databases, and a text with the
// decision of each.
func combine(results []outcome.Result) (worst outcome.Decision, text string) {
	worst = outcome.Go
	var each []string
	for _, r := range results {
		worst = worse(worst, r.Gate.Decision)
		each = append(each, clean(r.Database)+" "+string(r.Gate.Decision))
	}
	return worst, words.Count(len(results), "database") + ": " + strings.Join(each, ", ")
}

// worse returns the worse of two decisions. What is known to break comes before
// what is unknown.
func worse(a, b outcome.Decision) outcome.Decision {
	for _, d := range []outcome.Decision{outcome.NoGo, outcome.Unknown} {
		if a == d || b == d {
			return d
		}
	}
	if a == outcome.Go && b == outcome.Go {
		return outcome.Go
	}
	return outcome.Unknown
}

// answer writes go, no-go or unknown in the first line, and what was requested.
func (p *printer) answer(r outcome.Result) {
	g := *r.Gate
	why := g.Why
	if len(r.TellErrors) > 0 {
		why += "; but the answer could not be recorded or sent everywhere (exit code " + fmt.Sprint(r.ExitCode) + ")"
	}
	p.block(p.decisionPaint(g.Decision)(decision(g.Decision))+"  "+p.bold(clean(r.Database))+"  ", why)
	p.factTable(answerFacts(g))
}

// answerFacts returns what was requested.
func answerFacts(g outcome.Gate) (facts []fact) {
	if g.Candidate != "" {
		facts = append(facts, fact{"candidate", words.Join(" ", g.Candidate, digest(g.CandidateDigest))})
	}
	return append(facts, fact{"requested", request(g)})
}

func (p *printer) factTable(facts []fact) {
	var rows [][]cell
	for _, f := range facts {
		rows = append(rows, []cell{{f.label, p.bold}, {text: f.text}})
	}
	if len(rows) > 0 {
		p.blank()
		p.table(rows)
	}
}

func decision(d outcome.Decision) string { return strings.ToUpper(clean(string(d))) }

func (p *printer) decisionPaint(d outcome.Decision) func(string) string {
	switch d {
	case outcome.Go:
		return p.green
	case outcome.NoGo:
		return p.red
	default:
		return p.yellow
	}
}

// digest returns the first characters of a digest in parentheses. The JSON has
// all of it.
func digest(d string) string {
	const enough = len("sha256:") + 12
	if d == "" {
		return ""
	}
	return "(" + words.Shorten(d, enough) + ")"
}

func request(g outcome.Gate) string {
	by, of := "", ""
	if g.AskedBy != "" {
		by = "by " + g.AskedBy
	}
	if g.Commit != "" {
		of = "for commit " + g.Commit
	}
	return words.Join(", ", words.Join(" ", by, of), "backup at most "+words.Span(seconds(g.MaxBackupAge))+" old")
}

// recordedAnswer writes an answer that rests on a recorded drill. It has no drill
// of its own to show.
func (p *printer) recordedAnswer(r outcome.Result) {
	p.answer(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.factTable(restsOn(r))
	p.leftBehind(r)
	p.blank()
	p.line(p.dim("run " + clean(r.RunID) + ", drillgres " + clean(r.Drillgres)))
}

// restsOn describes the recorded drill that decided.
func restsOn(r outcome.Result) []fact {
	if r.Gate.RestsOn == "" {
		return nil
	}
	return []fact{
		{"rests on", "run " + r.Gate.RestsOn},
		{"backup", r.Backup.URI},
		{"", words.Join(", ", sized(r.Backup), format(r.Backup))},
	}
}

// pastAnswer describes an answer in the list of past drills. An answer from the
// record has no verdict of its own.
func pastAnswer(r outcome.Result, verdict string) string {
	if r.Kind == outcome.KindAnswer {
		return "gate " + clean(string(r.Gate.Decision))
	}
	return verdict + ", gate " + clean(string(r.Gate.Decision))
}
