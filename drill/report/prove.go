package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
	"github.com/drillgres/drillgres/drill/words"
)

// Proved writes the negative control of one database's drill: the verdict first,
// then one line for each broken copy.
func Proved(w io.Writer, r prove.Report, o Options) error {
	p := newPrinter(o)
	p.controlHeadline(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.controls(r)
	p.notApplicable(r.Controls)
	p.leftBehind(outcome.Result{Leftovers: r.Leftovers, TellErrors: r.TellErrors})
	p.blank()
	p.line(p.dim("run " + clean(r.Intact.RunID) + " drilled the intact backup, " + clean(r.Intact.Backup)))
	return p.writeTo(w)
}

func (p *printer) controlHeadline(r prove.Report) {
	verdict, paint := "PASSED", p.green
	switch {
	case r.Held:
	case r.Failure != nil && r.Failure.Class.Verdict() == outcome.VerdictUnproved && r.Failure.Code != outcome.ControlFailed:
		verdict, paint = "UNPROVED", p.yellow
	default:
		verdict, paint = "FAILED", p.red
	}
	p.block(paint(verdict)+"  "+p.bold(clean(r.Database))+"  ", controlSummary(r)+" ("+words.Elapsed(r.Seconds())+")")
}

// controlSummary says how many of the drilled copies failed with the right
// code.
func controlSummary(r prove.Report) string {
	detected, drilled, none := 0, 0, 0
	for _, c := range r.Controls {
		switch c.Status {
		case prove.Held:
			detected, drilled = detected+1, drilled+1
		case prove.NotHeld:
			drilled++
		case prove.NotApplicable:
			none++
		}
	}
	broken, left := "", ""
	if drilled > 0 {
		broken = fmt.Sprintf("%d of %s failed with the right code", detected, words.Count(drilled, "broken copy"))
	}
	if none > 0 {
		left = words.Count(none, "control") + " not applicable"
	}
	intact := "the intact backup passed"
	if r.Intact.Verdict != outcome.VerdictPassed {
		intact = "the intact backup did not pass: " + words.Join(" in ", string(r.Intact.Code), string(r.Intact.Stage))
	}
	return words.Join(", ", broken, intact, left)
}

// controls writes the table of copies and the result of each drill.
func (p *printer) controls(r prove.Report) {
	rows := [][]cell{{{"control", p.bold}, {"status", p.bold}, {"result of the drill", p.bold}, {"time", p.bold}, {"damage", p.bold}}}
	intact := cell{"passed", p.green}
	if r.Intact.Verdict != outcome.VerdictPassed {
		intact = cell{"NOT PASSED", p.verdictPaint(r.Intact.Verdict)}
	}
	rows = append(rows, []cell{
		plain("intact"), intact, plain(drillResult(r.Intact.Verdict, r.Intact.Code, r.Intact.Stage)),
		plain(words.Elapsed(r.Intact.Seconds)), plain("none"),
	})
	for _, c := range r.Controls {
		duration := ""
		if c.Status == prove.Held || c.Status == prove.NotHeld {
			duration = words.Elapsed(c.Seconds)
		}
		rows = append(rows, []cell{
			plain(c.Control), p.control(c.Status), plain(drillResult(c.Verdict, c.Code, c.Stage)),
			plain(duration), plain(c.Did),
		})
	}
	p.blank()
	p.table(rows)
}

func (p *printer) control(s prove.Status) cell {
	switch s {
	case prove.Held:
		return cell{"passed", p.green}
	case prove.NotHeld:
		return cell{"FAILED", p.red}
	case prove.NotApplicable:
		return cell{"n/a", p.yellow}
	default:
		return cell{"not reached", p.dim}
	}
}

func drillResult(v outcome.Verdict, code outcome.Code, stage outcome.Stage) string {
	if code == "" {
		return string(v)
	}
	return words.Join(" in ", string(code), string(stage))
}

// notApplicable says why a control could not be run: such damage cannot be
// detected in this backup.
func (p *printer) notApplicable(controls []prove.Proof) {
	none := slices.DeleteFunc(slices.Clone(controls), func(c prove.Proof) bool { return c.Status != prove.NotApplicable })
	if len(none) == 0 {
		return
	}
	p.blank()
	p.line(p.bold("not applicable"))
	for _, c := range none {
		p.block("  "+p.yellow(clean(c.Control))+": ", c.Reason)
		if c.Hint != "" {
			p.block("    hint: ", c.Hint)
		}
	}
}
