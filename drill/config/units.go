package config

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

var longUnits = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)([dwy])`)

// unitOf holds the longer units. A year has the days of a leap year, so that a retention in
// years is never too short.
var unitOf = map[string]time.Duration{"d": day, "w": 7 * day, "y": 366 * day}

// ParseDuration parses a duration such as 26h, 90s, 7d, 2w, 3y or 1d12h. It returns an
// error if the duration is negative.
func ParseDuration(s string) (Duration, error) {
	bad := fmt.Errorf("%s is not a duration (want 26h, 7d, 2w)", quoted(s))
	var total float64
	rest := s
	for m := longUnits.FindStringSubmatch(rest); m != nil; m = longUnits.FindStringSubmatch(rest) {
		count, _ := strconv.ParseFloat(m[1], 64) // digits, by the expression above
		total += count * float64(unitOf[m[2]])
		rest = rest[len(m[0]):]
	}
	if total >= math.MaxInt64 || s == "" {
		return 0, bad
	}
	if rest == "" {
		return Duration(total), nil
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || rest[0] == '-' || rest[0] == '+' || total+float64(d) >= math.MaxInt64 {
		return 0, bad
	}
	return Duration(total) + Duration(d), nil
}

// String returns the duration in the notation of the config: 26h, 7d, 1m30s.
func (d Duration) String() string {
	t := time.Duration(d)
	if t > 0 && t%day == 0 {
		return fmt.Sprintf("%dd", t/day)
	}
	s := t.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// ParsePercent parses a percentage between 0% and 100% such as 20% or 2.5%. off is
// 100%.
func ParsePercent(s string) (Percent, error) {
	if s == "off" {
		return 100, nil
	}
	digits, found := strings.CutSuffix(s, "%")
	percent, err := strconv.ParseFloat(digits, 64)
	if !found || err != nil || !percentPattern.MatchString(digits) || percent > 100 {
		return 0, fmt.Errorf("%s is not a percentage (want 20%%, 2.5%%, off)", quoted(s))
	}
	return Percent(percent), nil
}

var percentPattern = regexp.MustCompile(`^[0-9]+(?:\.[0-9]+)?$`)

// String returns the percentage in the notation of the config.
func (p Percent) String() string { return strconv.FormatFloat(float64(p), 'f', -1, 64) + "%" }

var sizePattern = regexp.MustCompile(`^([0-9]+)(\.[0-9]+)? ?([A-Za-z]*)$`)

var sizeUnits = map[string]int64{
	"": 1, "b": 1,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
}

// ParseSize parses a number of bytes such as 512, 1MiB, 1.5GiB or 20GB. It rounds
// down to whole bytes.
func ParseSize(s string) (Size, error) {
	bad := fmt.Errorf("%s is not a size (want 512MiB, 4GiB, 20GB)", quoted(s))
	m := sizePattern.FindStringSubmatch(s)
	if m == nil {
		return 0, bad
	}
	unit, known := sizeUnits[strings.ToLower(m[3])]
	whole, err := strconv.ParseInt(m[1], 10, 64)
	if !known || err != nil || whole > (math.MaxInt64-unit)/unit || (m[2] != "" && unit == 1) {
		return 0, bad
	}
	if m[2] == "" {
		return Size(whole * unit), nil
	}
	part, _ := new(big.Rat).SetString("0" + m[2]) // digits, by the expression above
	part.Mul(part, new(big.Rat).SetInt64(unit))
	return Size(whole*unit + new(big.Int).Quo(part.Num(), part.Denom()).Int64()), nil
}

// String returns the size in the notation of the config: 512MiB, 1500B.
func (s Size) String() string {
	for _, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		if n := Size(sizeUnits[strings.ToLower(unit)]); s >= n && s%n == 0 {
			return fmt.Sprintf("%d%s", s/n, unit)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}
