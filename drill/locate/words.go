package locate

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bytes is a number of bytes as a person reads it: 812 B, 1.5 MiB.
func Bytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n)/1024, 0
	for value >= 1024 && unit < len("KMGTPE")-1 {
		value /= 1024
		unit++
	}
	return fmt.Sprintf("%.1f %ciB", value, "KMGTPE"[unit])
}

// Span is a duration in its two largest units: 3d 4h, 26h, 5m 10s.
func Span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return twoUnits(d, 24*time.Hour, "d", time.Hour, "h")
	case d >= time.Hour:
		return twoUnits(d, time.Hour, "h", time.Minute, "m")
	case d >= time.Minute:
		return twoUnits(d, time.Minute, "m", time.Second, "s")
	default:
		return d.Round(time.Millisecond).String()
	}
}

func twoUnits(d, big time.Duration, bigName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d%s", d/big, bigName)
	if rest := d % big / small; rest > 0 {
		text += fmt.Sprintf(" %d%s", rest, smallName)
	}
	return text
}

// Show is a key fit to be printed: as it is, or quoted where it holds what
// would disturb a terminal or a line of text.
func Show(key string) string {
	odd := func(r rune) bool { return r == unicode.ReplacementChar || r == ' ' || r == '"' || !unicode.IsPrint(r) }
	if key == "" || strings.ContainsFunc(key, odd) {
		return strconv.Quote(key)
	}
	return key
}

// Escape is a key fit to be part of a URI that people read: only what cannot
// be printed is percent-encoded.
func Escape(key string) string {
	var b strings.Builder
	for len(key) > 0 {
		r, size := utf8.DecodeRuneInString(key)
		if valid := r != utf8.RuneError || size > 1; valid && unicode.IsPrint(r) {
			b.WriteString(key[:size])
		} else {
			for _, c := range []byte(key[:size]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		}
		key = key[size:]
	}
	return b.String()
}
