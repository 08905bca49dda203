package report

import (
	"regexp"
	"strings"

	"github.com/drillgres/drillgres/drill/words"
)

// silent keeps a mention from reaching anybody: between @ and the name stands
// a space of no width, as dependency bots put it.
const silent = "&#8203;"

// meaningless takes the meaning from whatever GitHub's Markdown would read: marks,
// HTML, tables, formulas, mentions, references and links that make themselves.
var meaningless = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "~", `\~`,
	"<", "&lt;", ">", "&gt;", "&", "&amp;", "|", "&#124;", "$", "<span>$</span>",
	"@", "@"+silent, "#", "#"+silent, "://", `:\//`, "www.", `www\.`,
)

// prose is a text from anywhere as one line of Markdown that says just that.
func prose(s string) string { return meaningless.Replace(bounded(clean(s))) }

// code is a name, a path or a statement, set as such where that can be done
// without an escape: within backticks there is none.
func code(s string) string {
	s = bounded(clean(s))
	if strings.TrimSpace(s) == "" || strings.ContainsAny(s, "`|\\") {
		return meaningless.Replace(s)
	}
	return "`" + s + "`"
}

// mostRunes is about what maxLines of the text report hold.
const mostRunes = maxLines * defaultWidth

func bounded(s string) string {
	short := words.Shorten(s, mostRunes)
	if len(short) == len(s) {
		return s
	}
	return short + " (the JSON has all)"
}

var backticks = regexp.MustCompile("`+")

// fenceFor is longer than every run of backticks in the lines, so that none of
// them can end it.
func fenceFor(lines []string) string {
	longest := 2
	for _, line := range lines {
		for _, run := range backticks.FindAllString(line, -1) {
			longest = max(longest, len(run))
		}
	}
	return strings.Repeat("`", longest+1)
}
