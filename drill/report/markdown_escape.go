package report

import (
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// zeroWidthSpace, between @ and a name, keeps the mention from notifying anyone.
const zeroWidthSpace = "&#8203;"

// escaper escapes everything that has a meaning in GitHub's Markdown: markup,
// HTML, tables, formulas, mentions, references and automatic links.
var escaper = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "|", "&#124;", "$", "<span>$</span>",
	"@", "@"+zeroWidthSpace, "#", "#"+zeroWidthSpace, "://", `:\//`, "www.", `www\.`,
)

// prose returns a text from any source as one escaped line of Markdown.
func prose(s string) string { return escaper.Replace(shortened(clean(s))) }

// code returns a name, a path or a statement as code. One that would need an
// escape is returned as prose, because backticks allow none.
func code(s string) string {
	s = shortened(clean(s))
	if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "`|\\") {
		return escaper.Replace(s)
	}
	return "`" + s + "`"
}

// maxRunes is about the length of maxLines of the text report.
const maxRunes = maxLines * defaultWidth

func shortened(s string) string {
	short := words.Shorten(s, maxRunes)
	if len(short) == len(s) {
		return s
	}
	return short + " (the JSON has all)"
}

var backticks = regexp.MustCompile("`+")

// fenceFor returns a fence that is longer than every run of backticks in the
// lines, so that none of them can end it.
func fenceFor(lines []string) string {
	longest := 2
	for _, line := range lines {
		for _, run := range backticks.FindAllString(line, -1) {
			longest = max(longest, len(run))
		}
	}
	return strings.Repeat("`", longest+1)
}
