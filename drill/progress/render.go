package progress

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// The columns of the marks, and the widths of the others.
const (
	stageWidth   = 9 // provision
	elapsedWidth = 6 // 59.9s, 59m59s
	barWidth     = 16
	leastWidth   = 20
	usualHeight  = 24
	usualWidth   = 80
)

var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// painter colors texts, and knows the time and the width of what is drawn.
type painter struct {
	color bool
	now   time.Time
	width int
}

func (p painter) paint(code, text string) string {
	if !p.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p painter) green(s string) string  { return p.paint("32", s) }
func (p painter) red(s string) string    { return p.paint("1;31", s) }
func (p painter) yellow(s string) string { return p.paint("33", s) }
func (p painter) cyan(s string) string   { return p.paint("36", s) }
func (p painter) bold(s string) string   { return p.paint("1", s) }
func (p painter) dim(s string) string    { return p.paint("2", s) }

// spin returns the mark of what runs.
func (p painter) spin() string {
	return p.cyan(string(spinner[p.now.UnixMilli()/redrawEvery.Milliseconds()%int64(len(spinner))]))
}

// render returns the lines of the block. It has fewer lines than the terminal's height, and no
// line fills the width, because a terminal may wrap there. A height of 0 means no limit.
func (b *Block) render(now time.Time, width, height int) []string {
	if width <= 0 {
		width = usualWidth
	}
	p := painter{color: b.o.Color, now: now, width: max(width, leastWidth) - 1}
	var lines []string
	if len(b.drills) == 1 {
		lines = p.drill(*b.drills[0], height)
	} else {
		lines = p.list(b.drills, b.began, height)
	}
	for i, line := range lines {
		lines[i] = ansi.Truncate(strings.TrimRight(line, " "), width-1, "…")
	}
	return lines
}

// drill returns the lines of one drill: how it is as a whole, and its stages.
func (p painter) drill(d shown, height int) []string {
	rows := make([]string, 0, len(d.stages))
	current := 0
	for i, s := range d.stages {
		rows = append(rows, p.stage(d, s))
		if s.running() || s.status != "" && s.status != outcome.StageNotReached {
			current = i
		}
	}
	if room := height - 2; height > 0 && len(rows) > room { // the stages around the current one
		room = max(room, 1)
		from := min(max(current-room/2, 0), len(rows)-room)
		rows = rows[from : from+room]
	}
	return append([]string{p.whole(d)}, rows...)
}

// whole returns the line about a drill as a whole.
func (p painter) whole(d shown) string {
	if d.verdict != "" {
		return p.finished(d, p.bold(d.title))
	}
	spin, doing := " ", ""
	if d.current() == nil {
		spin, doing = p.spin(), d.between()+", "
	}
	return spin + " " + p.bold(d.title) + "  " + doing + words.Join(", ", seconds(p.now.Sub(d.began)), p.left(d))
}

const maxTitle = 60

// stage returns the line of a stage.
func (p painter) stage(d shown, s stage) string {
	name := fmt.Sprintf("%-*s", stageWidth, s.name)
	took := fmt.Sprintf("  %*s  ", elapsedWidth, words.Elapsed(s.seconds))
	untimed := strings.Repeat(" ", elapsedWidth+4)
	switch s.status {
	case outcome.StagePassed:
		start := "  " + p.green("✓") + " " + name + took
		return p.fit(start+s.moved(s.seconds), start+s.moved(0))
	case outcome.StageFailed:
		return "  " + p.red("✗") + " " + name + took + p.red("FAILED "+string(s.code))
	case outcome.StageSkipped:
		return "  " + p.yellow("–") + " " + name + untimed + p.yellow("skipped: "+s.reason)
	}
	usual, known := d.usual.seconds(s.name, d.size)
	switch {
	case s.running():
		return p.running(d, s, "  "+p.spin()+" "+name)
	case d.failed():
		return p.dim("    " + name + untimed + "not reached")
	case known:
		return p.dim("    " + name + untimed + "usually " + words.Elapsed(usual))
	}
	return p.dim("    " + string(s.name))
}

// running returns the line of the stage that runs, with as much about it as the width allows.
func (p painter) running(d shown, s stage, start string) string {
	elapsed := p.now.Sub(s.began)
	start += fmt.Sprintf("  %*s  ", elapsedWidth, seconds(elapsed))
	bar, percent := p.bar(s), s.percent()
	amount, rate, left := s.amount(), s.rate(elapsed.Seconds()), p.stageLeft(d, s)
	return p.fit(
		start+words.Join("  ", bar, percent, words.Join(", ", amount, rate, left)),
		start+words.Join("  ", bar, percent, words.Join(", ", rate, left)),
		start+words.Join("  ", percent, words.Join(", ", rate, left)),
		start+words.Join("  ", percent, left),
		start+percent,
	)
}

// fit returns the first of several lines that fits the width, or the last one.
func (p painter) fit(lines ...string) string {
	for _, line := range lines {
		if ansi.StringWidth(line) <= p.width {
			return line
		}
	}
	return lines[len(lines)-1]
}

// bar draws how much of a known total is done.
func (p painter) bar(s stage) string {
	if s.total <= 0 {
		return ""
	}
	full := int(barWidth * min(s.done, s.total) / s.total)
	return p.cyan(strings.Repeat("━", full)) + p.dim(strings.Repeat("─", barWidth-full))
}

func (s stage) percent() string {
	if s.total <= 0 {
		return ""
	}
	return fmt.Sprintf("%3d%%", 100*min(s.done, s.total)/s.total)
}

// amount returns how much is done: 210.4 MiB of 412.0 MiB, or 12 of 30 tables.
func (s stage) amount() string {
	switch {
	case s.done == 0 && s.total == 0:
		return ""
	case !inBytes(s.name):
		return words.Number(s.done) + " of " + words.Count(s.total, "table")
	case s.total == 0:
		return words.Size(s.done)
	}
	return words.Size(s.done) + " of " + words.Size(s.total)
}

// For a shorter time a rate says more about the clock than about the stage.
const leastForRate = 0.5

func (s stage) rate(elapsed float64) string {
	if !inBytes(s.name) || s.done == 0 || elapsed < leastForRate {
		return ""
	}
	return words.Rate(s.done, elapsed)
}

// moved returns how much a stage moved that has ended, and how fast.
func (s stage) moved(seconds float64) string {
	if !inBytes(s.name) || s.done == 0 {
		return ""
	}
	return words.Join(", ", words.Size(s.done), s.rate(seconds))
}

func seconds(d time.Duration) string { return words.Elapsed(d.Seconds()) }

// current returns the stage that runs, or nil.
func (d shown) current() *stage {
	i := slices.IndexFunc(d.stages, stage.running)
	if i < 0 {
		return nil
	}
	return &d.stages[i]
}

// between returns what a drill does while no stage runs.
func (d shown) between() string {
	switch first, last := d.stages[0], d.stages[len(d.stages)-1]; {
	case d.failed(), last.status != "":
		return "cleaning up"
	case first.status == "":
		return "starting"
	}
	return "continuing"
}

// failed reports whether a stage has failed.
func (d shown) failed() bool {
	return slices.ContainsFunc(d.stages, func(s stage) bool { return s.status == outcome.StageFailed })
}

// finished returns the line of a drill that ended.
func (p painter) finished(d shown, title string) string {
	long, short := p.outcome(d)
	start := p.mark(d) + " " + title + "  "
	return p.fit(start+long, start+short)
}

func (p painter) mark(d shown) string {
	switch d.verdict {
	case outcome.VerdictPassed:
		return p.green("✓")
	case outcome.VerdictFailed:
		return p.red("✗")
	default:
		return p.yellow("?")
	}
}

// outcome returns how a drill ended, and the same in fewer words.
func (p painter) outcome(d shown) (long, short string) {
	took := " in " + seconds(d.ended.Sub(d.began))
	code, stage := string(d.failure.Code), ""
	if d.failure.Stage != "" {
		stage = " (" + string(d.failure.Stage) + ")"
	}
	switch d.verdict {
	case outcome.VerdictPassed:
		return p.green("passed") + took, p.green("passed")
	case outcome.VerdictFailed:
		return p.red("FAILED "+code+stage) + took, p.red("FAILED " + code)
	default:
		return p.yellow("UNPROVED "+code+stage) + took, p.yellow("UNPROVED " + code)
	}
}
