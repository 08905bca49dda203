package report

import "github.com/drillgres/drillgres/drill/outcome"

// answer is go, no-go or unknown, why, and what was asked.
func (p *page) answer(r outcome.Result) {
	p.paragraph("# " + decisionMark(r.Gate.Decision) + " " + prose(decision(r.Gate.Decision)) + " " + prose(r.Database))
	p.paragraph(prose(r.Gate.Why))
	p.facts(answerFacts(*r.Gate))
}

// answers are those of several databases in one line.
func (p *page) answers(results []outcome.Result) {
	worst, each := together(results)
	p.paragraph("# " + decisionMark(worst) + " " + prose(decision(worst)) + " " + prose(each))
}

func decisionMark(d outcome.Decision) string {
	switch d {
	case outcome.Go:
		return "✅"
	case outcome.NoGo:
		return "❌"
	default:
		return "⚠️"
	}
}

// onRecord is an answer without a drill of its own.
func (p *page) onRecord(r outcome.Result) {
	p.answer(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.facts(restsOn(r))
	p.leftBehind(r)
	p.paragraph("run " + code(r.RunID) + ", drillgres " + prose(r.Drillgres))
}
