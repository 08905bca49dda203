package report

import (
	"io"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// StateWord returns a state as a heading has it.
func StateWord(s fleet.State) string {
	word := strings.ReplaceAll(string(s), "_", " ")
	if s == fleet.Failed {
		return strings.ToUpper(word)
	}
	return word
}

// WallSummary counts the databases by state: 5 databases: 1 failed, 4 verified.
func WallSummary(f fleet.Fleet) string {
	var parts []string
	for _, s := range fleet.States {
		n := 0
		for _, d := range f.Databases {
			if d.State == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, words.Number(n)+" "+strings.ReplaceAll(string(s), "_", " "))
		}
	}
	if len(parts) == 0 {
		return "no database in the config"
	}
	return words.Count(len(f.Databases), "database") + ": " + strings.Join(parts, ", ")
}

// AheadText says how many drills of a clock that is ahead do not count. It is empty if there
// are none.
func AheadText(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 drill of a clock that is ahead is not counted"
	default:
		return words.Count(n, "drill") + " of a clock that is ahead are not counted"
	}
}

// aheadNotes returns the same for each database that has such drills.
func aheadNotes(f fleet.Fleet) (notes []string) {
	for _, d := range slices.Concat(f.Databases, f.Former) {
		if d.Ahead > 0 {
			notes = append(notes, d.Name+": "+AheadText(d.Ahead))
		}
	}
	return notes
}

// AgeText returns the age of the last verified backup.
func AgeText(d fleet.Database) string {
	age, known := d.Age()
	switch {
	case known:
		return words.Span(age)
	case d.IsVerified():
		return "age unknown"
	default:
		return "never verified"
	}
}

// RecoveryText returns how long the last passed drill took to recover, or to restore if
// it does not say how long a recovery takes.
func RecoveryText(d fleet.Database) string {
	switch r := d.Recovery; {
	case r == nil || r.Profile == "fast":
		return "unknown"
	case r.Recovery == 0:
		return words.Elapsed(r.Restore)
	default:
		return words.Elapsed(r.Recovery)
	}
}

// NextText returns when the next drill is due, by the rhythm of the last ones.
func NextText(d fleet.Database, now time.Time) string {
	switch until := d.Next.Sub(now); {
	case d.Next.IsZero():
		return "unknown"
	case until < 0:
		return words.Span(-until.Truncate(time.Minute)) + " late"
	default:
		return "in " + words.Span(until.Truncate(time.Minute))
	}
}

// of returns a value and its target.
func of(value string, target time.Duration) string {
	if target == 0 {
		return value
	}
	return value + " of " + words.Span(target)
}

// Marks returns one mark per drill, oldest first: ✓ passed, ✗ failed, ? unproved.
func Marks(newestFirst []record.Entry) string {
	var marks strings.Builder
	for _, e := range slices.Backward(newestFirst) {
		switch e.Verdict {
		case outcome.VerdictPassed:
			marks.WriteString("✓")
		case outcome.VerdictFailed:
			marks.WriteString("✗")
		default:
			marks.WriteString("?")
		}
	}
	return marks.String()
}

var wallColumns = []string{"database", "state", "last verified backup", "recovery", "next drill", "last 30"}

func wallRow(d fleet.Database, now time.Time) []string {
	return []string{d.Name, StateWord(d.State), of(AgeText(d), d.Targets.Age), of(RecoveryText(d), d.Targets.Total), NextText(d, now), Marks(d.Recent)}
}

// Wall writes the state of all databases, the worst first.
func Wall(w io.Writer, f fleet.Fleet, o Options) error {
	p := newPrinter(o)
	p.block("", WallSummary(f))
	p.wall(f.Databases, f.At)
	if len(f.Former) > 0 {
		p.blank()
		p.line("in the history, but not in the config:")
		p.wall(f.Former, f.At)
	}
	if notes := aheadNotes(f); len(notes) > 0 {
		p.blank()
		for _, note := range notes {
			p.line(clean(note))
		}
	}
	return p.writeTo(w)
}

func (p *printer) wall(databases []fleet.Database, now time.Time) {
	if len(databases) == 0 {
		return
	}
	var head []cell
	for _, name := range wallColumns {
		head = append(head, cell{name, p.bold})
	}
	rows := [][]cell{head}
	for _, d := range databases {
		var row []cell
		for _, text := range wallRow(d, now) {
			row = append(row, plain(text))
		}
		row[1].paint = p.statePaint(d.State)
		rows = append(rows, row)
	}
	p.blank()
	p.table(rows)
}

func (p *printer) statePaint(s fleet.State) func(string) string {
	switch s {
	case fleet.Proved:
		return p.green
	case fleet.Failed, fleet.Never, fleet.Overdue:
		return p.red
	default:
		return p.yellow
	}
}

// WallMarkdown writes the state of all databases as GitHub's Markdown.
func WallMarkdown(w io.Writer, f fleet.Fleet) error {
	var p page
	p.paragraph("## Restore drills")
	p.paragraph(prose(WallSummary(f)))
	p.wall(f.Databases, f.At)
	if len(f.Former) > 0 {
		p.paragraph("In the history, but not in the config:")
		p.wall(f.Former, f.At)
	}
	for _, note := range aheadNotes(f) {
		p.paragraph(prose(note))
	}
	p.paragraph("As of " + prose(words.Moment(f.At)))
	return p.writeTo(w, 0)
}

func (p *page) wall(databases []fleet.Database, now time.Time) {
	var rows [][]string
	for _, d := range databases {
		var row []string
		for _, text := range wallRow(d, now) {
			row = append(row, prose(text))
		}
		rows = append(rows, row)
	}
	if len(rows) > 0 {
		p.table(wallColumns, ":--- :--- :--- :--- :--- :---", rows)
	}
}
