package words

import (
	"fmt"
	"time"
)

// Elapsed returns a duration in seconds as text: 0.01s, 14.2s, 2m05s, 1h02m.
func Elapsed(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 995*time.Millisecond:
		return fmt.Sprintf("%.2fs", seconds)
	case d < 59950*time.Millisecond:
		return fmt.Sprintf("%.1fs", seconds)
	}
	switch d = d.Round(time.Second); {
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	default:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
}

const day = 24 * time.Hour

// Span returns an age or a limit in its two largest units: 250ms, 45s, 12m 10s,
// 26h 3m, 2d 4h. Below two days it counts hours, as configs do. It rounds up, so
// that an age beyond a limit is shown as larger: 26h 1m for a limit of 26h. A
// negative span is 0s.
func Span(d time.Duration) string {
	if d = max(d, 0); d > 0 && d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	if d = roundUp(d, time.Second); d < time.Minute {
		return fmt.Sprintf("%ds", d/time.Second)
	}
	if d < time.Hour {
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	}
	if d = roundUp(d, time.Minute); d < 2*day {
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	}
	return twoUnits(roundUp(d, time.Hour), day, "d", time.Hour, "h")
}

func roundUp(d, unit time.Duration) time.Duration { return (d + unit - 1).Truncate(unit) }

func twoUnits(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d%s", d/large, largeName)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprintf(" %d%s", rest, smallName)
	}
	return text
}

// Moment returns a point in time as text, in UTC.
func Moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
