package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// size is a number of bytes for a person: 512 B, 4.1 MiB.
func size(bytes int64) string {
	const step = 1024
	if bytes < step {
		return fmt.Sprintf("%d B", bytes)
	}
	value, units := float64(bytes)/step, []string{"KiB", "MiB", "GiB", "TiB"}
	for len(units) > 1 && value >= step-0.05 {
		value, units = value/step, units[1:]
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}

// took is a duration that was measured, in seconds: 0.01s, 14.2s, 2m05s, 1h02m.
func took(seconds float64) string {
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

// span is a time between events, for a person: 45s, 12m, 3h, 2d 4h.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < day:
		return withRest(int(d.Hours()), "h", int(d.Minutes())%60, "m")
	default:
		return withRest(int(d/day), "d", int(d%day/time.Hour), "h")
	}
}

func withRest(n int, unit string, rest int, restUnit string) string {
	if rest == 0 {
		return fmt.Sprintf("%d%s", n, unit)
	}
	return fmt.Sprintf("%d%s %d%s", n, unit, rest, restUnit)
}

// number is a whole number with its thousands apart: 300,000.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// counted is a number with its noun: 1 table, 12 tables, 1 check failed.
func counted[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(int64(n)) + " " + noun + "s"
}

// moment is a point in time, in UTC as everywhere in drillgres.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// joined are the texts that are not empty.
func joined(separator string, texts ...string) string {
	var some []string
	for _, text := range texts {
		if text != "" {
			some = append(some, text)
		}
	}
	return strings.Join(some, separator)
}
