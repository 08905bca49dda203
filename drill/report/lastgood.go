package report

import (
	"fmt"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/lastgood"
	"github.com/drillgres/drillgres/drill/locate"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// mostKeys is how many backups a line of a search names.
const mostKeys = 5

// LastGood writes the result of a search for the newest backup that restores: the answer first,
// then one line for each backup that a drill says something about. next is the command that
// continues with the answer; empty: there is none.
func LastGood(w io.Writer, r lastgood.Report, next string, o Options) error {
	p := newPrinter(o)
	p.searchHeadline(r)
	if r.Failure != nil {
		p.failure(*r.Failure)
	}
	p.looked(r)
	p.unlooked(r)
	p.findings(r.Findings)
	p.leftBehind(outcome.Result{Leftovers: r.Leftovers, TellErrors: r.TellErrors})
	if next != "" {
		p.blank()
		p.line("next: " + clean(next))
	}
	return p.writeTo(w)
}

func (p *printer) searchHeadline(r lastgood.Report) {
	word, paint := "UNKNOWN", p.yellow
	switch r.Answer {
	case lastgood.Found:
		word, paint = "FOUND", p.green
	case lastgood.None:
		word, paint = "NONE", p.red
	case lastgood.Unfinished:
	}
	cost := fmt.Sprintf(" (%s, %s)", words.Count(r.Drills, "drill"), words.Elapsed(r.FinishedAt.Sub(r.StartedAt).Seconds()))
	p.block(paint(word)+"  "+p.bold(clean(r.Database))+"  ", searchAnswer(r)+cost)
}

// searchAnswer returns the answer of a search in one sentence.
func searchAnswer(r lastgood.Report) string {
	among := words.Count(len(r.Backups), "backup")
	if r.Older > 0 {
		among += " since --since"
	}
	known := "no backup is known to restore"
	if r.Backup != nil {
		known = locate.Show(r.Backup.Key) + " restores"
	}
	switch {
	case r.Answer == lastgood.None:
		return "no backup restores, of " + among
	case r.Answer == lastgood.Unfinished && r.Failure != nil:
		return "the search ended early; " + known
	case r.Answer == lastgood.Unfinished && r.Backup == nil:
		return "drills are missing; " + known
	case r.Answer == lastgood.Unfinished:
		return "a newer backup may restore too; " + known
	case r.Backup.Key == r.Backups[0].Key:
		return words.Join(", ", "the newest backup restores: "+locate.Show(r.Backup.Key), back(r, "", " old"))
	default:
		return words.Join(": ", back(r, "go back ", ""), locate.Show(r.Backup.Key)+" is the newest backup that restores, of "+among)
	}
}

// back returns how far back the answer is, between two texts; empty: unknown.
func back(r lastgood.Report, before, after string) string {
	if r.AgeSeconds == nil {
		return ""
	}
	return before + words.Span(time.Duration(*r.AgeSeconds*float64(time.Second)).Truncate(time.Minute)) + after
}

// looked writes the table of the backups that a drill says something about.
func (p *printer) looked(r lastgood.Report) {
	rows := [][]cell{{{"backup", p.bold}, {"from", p.bold}, {"restores", p.bold}, {"known by", p.bold}, {"because", p.bold}}}
	for _, b := range r.Backups {
		if b.KnownBy == "" {
			continue
		}
		rows = append(rows, []cell{plain(locate.Show(b.Key)), plain(fromWhen(b)), p.restores(b.State), plain(knownBy(b)), plain(because(b))})
	}
	if len(rows) > 1 {
		p.blank()
		p.table(rows)
	}
}

func fromWhen(b lastgood.Backup) string {
	if b.Best().IsZero() {
		return "unknown"
	}
	return words.Moment(b.Best())
}

func (p *printer) restores(s lastgood.State) cell {
	switch s {
	case lastgood.Good:
		return cell{"yes", p.green}
	case lastgood.Bad:
		return cell{"NO", p.red}
	default:
		return cell{"unknown", p.yellow}
	}
}

func knownBy(b lastgood.Backup) string {
	if b.KnownBy == lastgood.ByRecord {
		return "drill of " + b.Drilled.UTC().Format(time.DateOnly)
	}
	return "drill now, " + words.Elapsed(b.Seconds)
}

func because(b lastgood.Backup) string {
	result := drillResult(b.Verdict, b.Code, b.Stage)
	switch {
	case b.State == lastgood.Good && b.Code == outcome.ContentDrifted:
		return result + ", which was accepted"
	case b.State == lastgood.Good && b.Code != "":
		return result + ", after it was restored and verified"
	case b.State == lastgood.Unknown && b.Code == "":
		return b.Message
	}
	return result
}

// unlooked writes which backups may restore besides the answer, and why.
func (p *printer) unlooked(r lastgood.Report) {
	if len(r.Open)+len(r.Skipped)+len(r.Assumed) > 0 {
		p.blank()
	}
	p.keys("not drilled and may restore: ", r.Open)
	if len(r.Open) > 0 && r.Failure == nil {
		p.line("  hint: raise --max-drills; drills on record are not repeated")
	}
	p.keys("could not be drilled and may restore: ", r.Skipped)
	p.keys("not drilled and counted as broken, because an older one is: ", r.Assumed)
	if r.Contradicted && len(r.Assumed) > 0 {
		p.block("  note: ", "a backup that is older than one that restores is broken, so newer ones may restore: drill them with drillgres run --backup")
	}
}

func (p *printer) keys(label string, keys []string) {
	if len(keys) == 0 {
		return
	}
	shown := make([]string, 0, len(keys))
	for _, key := range keys {
		shown = append(shown, locate.Show(key))
	}
	p.block(label, words.List(shown, mostKeys))
}
