package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/prove"
	"github.com/drillgres/drillgres/drill/words"
)

// Proved writes the negative control of one database's drill: the verdict
// first, then a line for each broken copy.
func Proved(w io.Writer, r prove.Report, o Options) error {
	p := newPrinter(o)
	p.provedHeadline(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.controls(r)
	p.impossible(r.Controls)
	p.leftBehind(outcome.Result{Leftovers: r.Leftovers, TellErrors: r.TellErrors})
	p.blank()
	p.line(p.dim("run " + clean(r.Intact.RunID) + " is the drill of the intact backup, " + clean(r.Intact.Backup)))
	return p.writeTo(w)
}

func (p *printer) provedHeadline(r prove.Report) {
	verdict, paint := "HELD", p.green
	switch {
	case r.Held:
	case r.Failure != nil && r.Failure.Class.Verdict() == outcome.VerdictUnproved && r.Failure.Code != outcome.ControlFailed:
		verdict, paint = "UNPROVED", p.yellow
	default:
		verdict, paint = "NOT HELD", p.red
	}
	p.block(paint(verdict)+"  "+p.bold(clean(r.Database))+"  ", proved(r)+" ("+words.Elapsed(r.Seconds())+")")
}

// proved says how many copies went red, of those that were drilled.
func proved(r prove.Report) string {
	red, drilled, none := 0, 0, 0
	for _, c := range r.Controls {
		switch c.Status {
		case prove.Held:
			red, drilled = red+1, drilled+1
		case prove.NotHeld:
			drilled++
		case prove.NotApplicable:
			none++
		}
	}
	broken, left := "", ""
	if drilled > 0 {
		broken = fmt.Sprintf("%d of %s went red with the right code", red, words.Count(drilled, "broken copy"))
	}
	if none > 0 {
		left = words.Count(none, "control") + " not applicable"
	}
	green := "the intact backup is green"
	if r.Intact.Verdict != outcome.VerdictPassed {
		green = "the intact backup is not green: " + words.Join(" in ", string(r.Intact.Code), string(r.Intact.Stage))
	}
	return words.Join(", ", broken, green, left)
}

// controls is the table: what the drill said of each copy.
func (p *printer) controls(r prove.Report) {
	rows := [][]cell{{{"control", p.bold}, {"", nil}, {"the drill said", p.bold}, {"time", p.bold}, {"what was done", p.bold}}}
	green := cell{"green", p.green}
	if r.Intact.Verdict != outcome.VerdictPassed {
		green = cell{"NOT GREEN", p.verdictPaint(r.Intact.Verdict)}
	}
	rows = append(rows, []cell{
		plain("intact"), green, plain(saidOf(r.Intact.Verdict, r.Intact.Code, r.Intact.Stage)),
		plain(words.Elapsed(r.Intact.Seconds)), plain("nothing"),
	})
	for _, c := range r.Controls {
		duration := ""
		if c.Status == prove.Held || c.Status == prove.NotHeld {
			duration = words.Elapsed(c.Seconds)
		}
		rows = append(rows, []cell{
			plain(c.Control), p.control(c.Status), plain(saidOf(c.Verdict, c.Code, c.Stage)),
			plain(duration), plain(c.Did),
		})
	}
	p.blank()
	p.table(rows)
}

func (p *printer) control(s prove.Status) cell {
	switch s {
	case prove.Held:
		return cell{"held", p.green}
	case prove.NotHeld:
		return cell{"NOT HELD", p.red}
	case prove.NotApplicable:
		return cell{"n/a", p.yellow}
	default:
		return cell{"not reached", p.dim}
	}
}

func saidOf(v outcome.Verdict, code outcome.Code, stage outcome.Stage) string {
	if code == "" {
		return string(v)
	}
	return words.Join(" in ", string(code), string(stage))
}

// impossible says why a control could not be carried out: such damage would
// not show in this backup.
func (p *printer) impossible(controls []prove.Proof) {
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
