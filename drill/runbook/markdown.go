package runbook

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/producer"
	"github.com/drillgres/drillgres/drill/words"
)

// book is a page that is being written.
type book struct {
	Runbook
	last *outcome.Result // nil: no drill is known
	tool producer.Producer
	text bytes.Buffer
}

// line writes a line of prose. Names in it must be marked with code.
func (b *book) line(format string, args ...any) {
	fmt.Fprintf(&b.text, format+"\n", args...)
}

func (b *book) section(title string) { b.line("\n## %s\n", title) }

func (b *book) item(format string, args ...any) { b.line("- "+format, args...) }

// commands writes lines for a shell.
func (b *book) commands(lines ...string) { b.block("sh", lines) }

// block writes lines as code, in a fence that none of them can end.
func (b *book) block(language string, lines []string) {
	longest := 2
	for i, line := range lines {
		lines[i] = clean(line)
		for _, run := range backticks.FindAllString(line, -1) {
			longest = max(longest, len(run))
		}
	}
	fence := strings.Repeat("`", longest+1)
	b.line("\n%s%s\n%s\n%s\n", fence, language, strings.Join(lines, "\n"), fence)
}

var backticks = regexp.MustCompile("`+")

// code returns a text as code within a line.
func code(text string) string {
	text = clean(text)
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

// codes returns texts as code, separated by commas.
func codes(texts []string) string {
	shown := make([]string, len(texts))
	for i, text := range texts {
		shown[i] = code(text)
	}
	return strings.Join(shown, ", ")
}

// clean makes one line of a text from a listing or a dump.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// cell returns a text for a table.
func cell(text string) string { return strings.ReplaceAll(clean(text), "|", "\\|") }

// quote returns a word of a command as a shell reads it.
func quote(word string) string { return words.Shell(word) }

// quoteAll quotes the words of a command.
func quoteAll(all ...string) string {
	quoted := make([]string, len(all))
	for i, word := range all {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}
