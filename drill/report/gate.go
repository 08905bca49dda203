package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
)

// Answers writes one line for several databases: the worst of their answers,
// and each one's.
func Answers(w io.Writer, results []outcome.Result, o Options) error {
	p := newPrinter(o)
	worst := outcome.Go
	var each []string
	for _, r := range results {
		worst = worse(worst, r.Gate.Decision)
		each = append(each, clean(r.Database)+" "+string(r.Gate.Decision))
	}
	said := decision(worst)
	p.block(p.decisionPaint(worst)(said)+"  ", said+"  ", counted(len(results), "database")+": "+strings.Join(each, ", "))
	p.blank()
	return p.writeTo(w)
}

// worse is the answer that counts of two: what is known to break comes before
// what is not known.
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

// answer is go, no-go or unknown in the first line, and what was asked.
func (p *printer) answer(r outcome.Result) {
	g := *r.Gate
	said := decision(g.Decision)
	label, bare := p.decisionPaint(g.Decision)(said)+"  "+p.bold(clean(r.Database))+"  ", said+"  "+clean(r.Database)+"  "
	why := g.Why
	if len(r.TellErrors) > 0 {
		why += "; but not all could be told of it (exit code " + fmt.Sprint(r.ExitCode) + ")"
	}
	p.block(label, bare, why)
	var rows [][]cell
	add := func(name, text string) {
		if text != "" {
			rows = append(rows, []cell{{name, p.bold}, {text: text}})
		}
	}
	add("candidate", joined(" ", g.Candidate, digest(g.CandidateDigest)))
	add("asked", asked(g))
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

// digest is as much of a digest as tells two images apart; the JSON has all.
func digest(d string) string {
	const enough = len("sha256:") + 12
	if len(d) > enough {
		d = d[:enough] + "…"
	}
	if d == "" {
		return ""
	}
	return "(" + d + ")"
}

func asked(g outcome.Gate) string {
	by, of := "", ""
	if g.AskedBy != "" {
		by = "by " + g.AskedBy
	}
	if g.Commit != "" {
		of = "for commit " + g.Commit
	}
	return joined(", ", joined(" ", by, of), "backups of at most "+locate.Span(seconds(g.MaxBackupAge)))
}

// onRecord is an answer that rests on a drill on record: there is no drill of
// its own to show.
func (p *printer) onRecord(r outcome.Result) {
	p.answer(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	if on := r.Gate.RestsOn; on != "" {
		p.blank()
		p.table([][]cell{
			{{"rests on", p.bold}, {text: "run " + on}},
			{{"backup", p.bold}, {text: r.Backup.URI}},
			{{"", nil}, {text: joined(", ", sized(r.Backup), format(r.Backup))}},
		})
	}
	p.leftBehind(r)
	p.blank()
	p.line(p.dim("run " + clean(r.RunID) + ", drillgres " + clean(r.Drillgres)))
}

// pastAnswer is an answer among past drills. One from the record is no drill,
// whatever its verdict says.
func pastAnswer(r outcome.Result, verdict string) string {
	if r.OnRecord() {
		return "gate " + clean(string(r.Gate.Decision))
	}
	return verdict + ", gate " + clean(string(r.Gate.Decision))
}
