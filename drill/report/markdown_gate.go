package report

import "github.com/drillgres/drillgres/drill/outcome"

// answer adds go, no-go or unknown, why, and what was requested.
func (p *page) answer(r outcome.Result) {
	p.paragraph("# " + decisionMark(r.Gate.Decision) + " " + prose(decision(r.Gate.Decision)) + " " + prose(r.Database))
	p.paragraph(prose(r.Gate.Why))
	p.facts(answerFacts(*r.Gate))
}

// answers adds one line for several databases.
func (p *page) answers(results []outcome.Result) {
	worst, each := combine(results)
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

// recordedAnswer adds an answer that has no drill of its own.
func (p *page) recordedAnswer(r outcome.Result) {
	p.answer(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.facts(restsOn(r))
	p.leftBehind(r)
	p.paragraph("run " + code(r.RunID) + ", drillgres " + prose(r.Drillgres))
}
