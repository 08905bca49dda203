package report

import (
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
)

// headline is the verdict in one line: also which stages were left out.
func (p *printer) headline(r outcome.Result) {
	verdict := strings.ToUpper(string(r.Verdict))
	label := p.verdictPaint(r.Verdict)(verdict) + "  " + p.bold(clean(r.Database)) + "  "
	p.block(label, verdict+"  "+clean(r.Database)+"  ", joined("; ", said(r), skipped(r))+" ("+took(r.Times.Total)+")")
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

// said is what the verdict means for this backup.
func said(r outcome.Result) string {
	switch {
	case r.Failure != nil:
		return meaning(r.Failure.Class) + ": " + joined(" in ", string(r.Failure.Code), string(r.Failure.Stage))
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

// skipped names the stages that the config leaves out.
func skipped(r outcome.Result) string {
	var names []string
	for _, s := range r.Stages {
		if s.Status == outcome.StageSkipped {
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

// failure tells what failed, why, and what to do.
func (p *printer) failure(f outcome.FailureReport) {
	p.blank()
	p.block(p.red("error: "), "error: ", f.Message)
	if f.SQLState != "" {
		p.line("       SQLSTATE " + clean(f.SQLState))
	}
	if f.Statement != "" {
		p.block("       in: ", "       in: ", f.Statement)
	}
	if f.Cascades > 0 {
		p.line("       " + counted(f.Cascades, "further error") + " followed from it")
	}
	if f.Hint != "" {
		p.block(p.yellow("hint:  "), "hint:  ", f.Hint)
	}
	p.line(p.dim("       drillgres explain " + clean(string(f.Code))))
}
