package progress

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// list returns one line a drill, and one about all of them. If the terminal is too low, those
// that run and those that did not pass come first, and the others are counted.
func (p painter) list(drills []*shown, began time.Time, height int) []string {
	shownDrills, hidden := drills, []*shown(nil)
	if room := height - 2; height > 0 && len(drills) > room { // one row for what is hidden
		room = max(room-1, 1)
		sorted := slices.Clone(drills)
		slices.SortStableFunc(sorted, func(a, b *shown) int { return cmp.Compare(a.rank(), b.rank()) })
		shownDrills, hidden = sorted[:room], sorted[room:]
	}
	width := 0
	for _, d := range drills {
		width = max(width, ansi.StringWidth(d.title))
	}
	width = min(width, p.width/3)
	var lines []string
	for _, d := range shownDrills {
		title := ansi.Truncate(d.title, width, "…")
		lines = append(lines, p.one(*d, title+strings.Repeat(" ", width-ansi.StringWidth(title))))
	}
	if len(hidden) > 0 {
		lines = append(lines, p.dim("  … and "+counted(hidden)))
	}
	return append(lines, p.tally(drills, began))
}

// ranks are the states of a drill, in the order in which a person must see them.
var ranks = [...]string{"running", "failed", "unproved", "waiting", "passed"}

// rank returns the index in ranks.
func (d *shown) rank() int {
	switch {
	case d.verdict == "" && !d.began.IsZero():
		return 0
	case d.verdict == outcome.VerdictFailed:
		return 1
	case d.verdict == outcome.VerdictUnproved:
		return 2
	case d.verdict == "":
		return 3
	default:
		return 4
	}
}

// one returns the line of one drill of several.
func (p painter) one(d shown, title string) string {
	switch {
	case d.verdict != "":
		return p.finished(d, title)
	case d.began.IsZero():
		return p.dim("  " + title + "  waiting")
	}
	start := p.spin() + " " + title + "  "
	elapsed := seconds(p.now.Sub(d.began))
	s := d.current()
	if s == nil {
		return start + words.Join(", ", d.between(), elapsed)
	}
	start += fmt.Sprintf("%-*s", stageWidth, s.name) + "  "
	percent, rate, left := s.percent(), s.rate(p.now.Sub(s.began).Seconds()), p.left(d)
	return p.fit(
		start+words.Join("  ", p.bar(*s), percent, words.Join(", ", rate, elapsed, left)),
		start+words.Join("  ", percent, words.Join(", ", rate, elapsed, left)),
		start+words.Join("  ", percent, words.Join(", ", elapsed, left)),
		start+words.Join("  ", percent, elapsed),
		start+percent,
	)
}

// tally returns the line about all drills.
func (p painter) tally(drills []*shown, began time.Time) string {
	ended := 0
	for _, d := range drills {
		if d.verdict != "" {
			ended++
		}
	}
	line := fmt.Sprintf("  %d of %d done", ended, len(drills))
	if n := count(drills, outcome.VerdictFailed); n > 0 {
		line += ", " + p.red(fmt.Sprintf("%d failed", n))
	}
	if n := count(drills, outcome.VerdictUnproved); n > 0 {
		line += ", " + p.yellow(fmt.Sprintf("%d unproved", n))
	}
	return p.fit(line+", "+seconds(p.now.Sub(began)), line)
}

func count(drills []*shown, verdict outcome.Verdict) (n int) {
	for _, d := range drills {
		if d.verdict == verdict {
			n++
		}
	}
	return n
}

// counted describes drills that are not shown: 2 more waiting, or 12 more: 8 waiting, 4 passed.
func counted(drills []*shown) string {
	number := [len(ranks)]int{}
	for _, d := range drills {
		number[d.rank()]++
	}
	var texts []string
	for rank, n := range number {
		switch n {
		case 0:
		case len(drills):
			return fmt.Sprintf("%d more %s", n, ranks[rank])
		default:
			texts = append(texts, fmt.Sprintf("%d %s", n, ranks[rank]))
		}
	}
	return fmt.Sprintf("%d more: %s", len(drills), strings.Join(texts, ", "))
}
