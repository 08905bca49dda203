package page

import (
	"fmt"
	"io"
	"net/url"
	"time"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/report"
	"github.com/drillgres/drillgres/drill/words"
)

// badgeView is a badge: a label, and the state on its colour.
type badgeView struct {
	Label, Text, Color       string
	LabelWidth, Width        int
	TextX, LabelX, TextWidth int
}

// White on each of these colours has a contrast of at least 4.5.
var badgeColors = map[string]string{"good": "#17693a", "bad": "#a3231f", "warn": "#8a5600"}

// Badge writes the state of a database as an SVG image. relative says how long ago it was
// verified, for an image that is made anew for each reader; otherwise the badge has the
// date, which does not become wrong in a file.
func Badge(w io.Writer, d fleet.Database, now time.Time, relative bool) error {
	label := words.Shorten(d.Name, maxLabel)
	v := badgeView{Label: label, Text: badgeText(d, now, relative), Color: badgeColors[stateOf(d, now).Class]}
	cleanAll(&v)
	v.LabelWidth, v.TextWidth = textWidth(v.Label), textWidth(v.Text)
	v.Width, v.LabelX, v.TextX = v.LabelWidth+v.TextWidth, v.LabelWidth/2, v.LabelWidth+v.TextWidth/2
	if err := templates.ExecuteTemplate(w, "badge.svg", v); err != nil {
		return fmt.Errorf("write badge: %w", err)
	}
	return nil
}

// maxLabel is the number of letters of a database's name in its badge.
const maxLabel = 40

func badgeText(d fleet.Database, now time.Time, relative bool) string {
	if d.State != fleet.Proved {
		return report.StateWord(d.State)
	}
	text := "verified " + d.LastVerified.Drilled.UTC().Format("2006-01-02")
	if relative {
		text = "verified " + ago(d.LastVerified.Drilled, now)
	}
	if _, known := d.Age(); !known {
		text += ", age unknown"
	}
	return text
}

// textWidth is about the width of a text of 11 pixels, with the space around it.
func textWidth(text string) int { return utf8.RuneCountInString(text)*7 + 14 }

// BadgeName returns the file name of a database's badge, which has no folder whatever the
// database is called.
func BadgeName(database string) string { return url.PathEscape(database) + ".svg" }
