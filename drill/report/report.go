// Package report shows what a drill found: as text and Markdown for a person,
// as JSON and JUnit XML for programs.
package report

import (
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// Options holds the settings of the text output.
type Options struct {
	Color bool
	Width int // in characters; 0: 100
}

// Text writes one drill so that it fits on one screen: the verdict first, then
// what failed, why and what to do, then what was drilled and how it went. A gate's
// answer comes before the verdict. A check is one line, with what is wrong below
// it.
func Text(w io.Writer, r outcome.Result, o Options) error {
	p := newPrinter(o)
	if r.Kind == outcome.KindAnswer {
		p.recordedAnswer(r)
		return p.writeTo(w)
	}
	if r.Kind == outcome.KindCheck {
		p.check(r)
		return p.writeTo(w)
	}
	if r.Gate != nil {
		p.answer(r)
		p.blank()
	}
	p.headline(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.facts(r)
	p.stages(r)
	p.migration(r.Migration)
	p.checks(r.Checks)
	p.findings(r.Findings)
	p.leftBehind(r)
	p.blank()
	p.line(p.dim("run " + clean(r.RunID) + ", drillgres " + clean(r.Drillgres)))
	return p.writeTo(w)
}

// leftBehind lists what did not work after the verdict.
func (p *printer) leftBehind(r outcome.Result) {
	if len(r.Leftovers) > 0 {
		p.blank()
		p.line(p.yellow("not removed") + " (drillgres clean removes it):")
		p.bullets(r.Leftovers)
	}
	if len(r.TellErrors) > 0 {
		p.blank()
		p.line(p.yellow("not recorded or sent") + " (the verdict is unaffected):")
		p.bullets(r.TellErrors)
	}
}
