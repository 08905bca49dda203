package page

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	rootRule = regexp.MustCompile(`:root\{([^}]*)\}`)
	variable = regexp.MustCompile(`--([a-z-]+):#([0-9a-f]{3,6})`)
)

// TestContrast checks the contrast that WCAG 2.1 AA asks for, in every theme: 4.5 for text
// (criterion 1.4.3), and 3 for drawings (criterion 1.4.11).
func TestContrast(t *testing.T) {
	style, err := files.ReadFile("templates/style.css")
	if err != nil {
		t.Fatal(err)
	}
	themes := rootRule.FindAllStringSubmatch(string(style), -1)
	if len(themes) != 3 {
		t.Fatalf("%d themes: want light, dark and print", len(themes))
	}
	for _, theme := range themes {
		color := map[string]float64{}
		for _, m := range variable.FindAllStringSubmatch(theme[1], -1) {
			color[m[1]] = luminance(m[2])
		}
		pairs := []struct {
			front, back string
			least       float64
		}{
			{"text", "page", 4.5},
			{"quiet", "page", 4.5},
			{"link", "page", 4.5},
			{"text", "soft", 4.5},
			{"quiet", "soft", 4.5},
			{"good", "page", 4.5},
			{"bad", "page", 4.5},
			{"warn", "page", 4.5},
			{"good", "good-soft", 4.5},
			{"bad", "bad-soft", 4.5},
			{"warn", "warn-soft", 4.5},
			{"good", "soft", 3},
			{"bad", "soft", 3},
		}
		for _, p := range pairs {
			if got := contrast(color[p.front], color[p.back]); got < p.least {
				t.Errorf("%s on %s has a contrast of %.2f, want %.1f, in %s", p.front, p.back, got, p.least, theme[1])
			}
		}
	}
	for class, background := range badgeColors {
		if got := contrast(1, luminance(strings.TrimPrefix(background, "#"))); got < 4.5 {
			t.Errorf("a badge that is %s has a contrast of %.2f", class, got)
		}
	}
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// luminance returns the relative luminance of a colour in hexadecimal, as WCAG defines it.
func luminance(hex string) float64 {
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	total := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			panic(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		total += weight * c
	}
	return total
}
