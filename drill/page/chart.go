package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// The drawing of a chart, in its own units.
const (
	chartWidth  = 300.0
	chartHeight = 120.0
	chartLeft   = 4.0
	chartRight  = 296.0
	chartTop    = 18.0
	chartBottom = 100.0
)

// chart is the trend of one value. Its numbers are already coordinates.
type chart struct {
	Title, Desc, Last string
	Top               string   // label of the upper edge
	Lines             []string // points of unbroken lines
	Dots              []dot    // values between two gaps
	Gaps              []gap    // drills without a value
	TargetY, Target   string   // empty: no target
	From, To          string   // days of the first and the last drill
}

type dot struct{ X, Y string }

// gap marks a drill that did not pass.
type gap struct{ X, Class string }

// quantity is what a chart is about.
type quantity struct {
	title  string
	target time.Duration
	value  func(fleet.Point) float64 // 0: unknown
	text   func(float64) string
	tops   []float64
}

func charts(d fleet.Database) (list []chart) {
	if len(d.Points) < 2 {
		return nil
	}
	for _, q := range []quantity{
		{"Data loss (RPO)", d.Targets.Age, rpoOf, func(s float64) string { return words.Span(duration(s)) }, secondTops},
		{"Recovery time (RTO)", d.Targets.Total, func(p fleet.Point) float64 { return p.Recovery }, elapsedText, secondTops},
		{"Restore time", d.Targets.Restore, func(p fleet.Point) float64 { return p.Restore }, elapsedText, secondTops},
		{"Size of the backup", 0, func(p fleet.Point) float64 { return float64(p.Size) }, func(b float64) string { return words.Size(int64(b)) }, byteTops()},
	} {
		list = append(list, q.draw(d.Points))
	}
	return list
}

func rpoOf(p fleet.Point) float64 {
	if p.RPO == nil {
		return 0
	}
	return *p.RPO
}

// elapsedText returns a round duration without its zeros: 30m, 1h.
func elapsedText(seconds float64) string {
	if d := duration(seconds); d == d.Truncate(time.Minute) && d >= time.Minute {
		return words.Span(d)
	}
	return words.Elapsed(seconds)
}

// draw returns the chart of a database's drills, oldest first.
func (q quantity) draw(points []fleet.Point) chart {
	c := chart{Title: q.title, From: dayOf(points[0].At), To: dayOf(points[len(points)-1].At)}
	var values []float64
	for _, p := range points {
		if v := q.value(p); v > 0 {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		c.Last = "unknown"
		c.Desc = "No drill of these days says it."
		return c
	}
	last, least, most := values[len(values)-1], slices.Min(values), slices.Max(values)
	c.Last = q.text(last)
	c.Desc = fmt.Sprintf("%s: last %s, lowest %s, highest %s, in %s", q.title, q.text(last), q.text(least), q.text(most), words.Count(len(points), "drill"))
	top := q.top(most)
	if q.target > 0 && q.target.Seconds() > top {
		top = q.target.Seconds() * 1.25 // room for its label
		c.Top = ""
	} else {
		c.Top = q.text(top)
	}
	if q.target > 0 {
		c.TargetY, c.Target = decimal(height(q.target.Seconds(), top)), target(q.target)
		c.Desc += ", " + c.Target
		if height(q.target.Seconds(), top)-chartTop < 12 {
			c.Top = "" // it would be printed over the target
		}
	}
	c.plot(q, points, top)
	return c
}

// plot draws the values as lines that break at drills without one.
func (c *chart) plot(q quantity, points []fleet.Point, top float64) {
	first, last := points[0].At, points[len(points)-1].At
	var line []dot
	end := func() {
		switch {
		case len(line) == 1:
			c.Dots = append(c.Dots, line[0])
		case len(line) > 1:
			c.Lines = append(c.Lines, joined(line))
		}
		line = nil
	}
	for _, p := range points {
		x := chartLeft
		if span := last.Sub(first); span > 0 {
			x += (chartRight - chartLeft) * float64(p.At.Sub(first)) / float64(span)
		}
		if p.Verdict != outcome.VerdictPassed {
			c.Gaps = append(c.Gaps, gap{decimal(x), verdictClass(p.Verdict)})
		}
		if v := q.value(p); v > 0 {
			line = append(line, dot{decimal(x), decimal(height(v, top))})
			continue
		}
		end()
	}
	end()
}

func joined(line []dot) string {
	var text strings.Builder
	for i, d := range line {
		if i > 0 {
			text.WriteByte(' ')
		}
		text.WriteString(d.X + "," + d.Y)
	}
	return text.String()
}

func height(value, top float64) float64 {
	return chartBottom - (chartBottom-chartTop)*min(max(value/top, 0), 1)
}

func dayOf(t time.Time) string { return t.UTC().Format("2006-01-02") }

// top returns a round value above all values.
func (q quantity) top(most float64) float64 {
	for _, t := range q.tops {
		if t >= most {
			return t
		}
	}
	return most
}

const (
	minute = 60.0
	hour   = 60 * minute
	oneDay = 24 * hour
)

// secondTops are round durations.
var secondTops = []float64{
	1, 2, 5, 10, 20, 30, minute, 2 * minute, 5 * minute, 10 * minute, 20 * minute, 30 * minute, hour, 2 * hour, 3 * hour, 6 * hour, 12 * hour,
	oneDay, 2 * oneDay, 4 * oneDay, 7 * oneDay, 14 * oneDay, 30 * oneDay, 90 * oneDay, 365 * oneDay,
}

// byteTops returns round sizes.
func byteTops() (tops []float64) {
	for unit := 1.0; unit < 1e18; unit *= 1024 {
		for _, n := range []float64{1, 2, 5, 10, 20, 50, 100, 200, 500} {
			tops = append(tops, n*unit)
		}
	}
	return tops
}
