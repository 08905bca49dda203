// Package actions speaks to GitHub Actions: in workflow commands, and in the
// files for a step's outputs and summary.
package actions

import (
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/report"
)

// Place is where an annotation points to; without a File, nowhere.
type Place struct {
	File         string // relative to the repository, with slashes
	Line, Column int    // from 1; 0: not known
}

// Error annotates an error. The message may have several lines.
func Error(w io.Writer, at Place, title, message string) { annotate(w, "error", at, title, message) }

// Warning annotates a warning.
func Warning(w io.Writer, at Place, title, message string) {
	annotate(w, "warning", at, title, message)
}

func annotate(w io.Writer, command string, at Place, title, message string) {
	var properties []string
	add := func(name, value string) { properties = append(properties, name+"="+property.Replace(value)) }
	if at.File != "" {
		add("file", at.File)
		if at.Line > 0 {
			add("line", fmt.Sprint(at.Line))
		}
		if at.Column > 0 {
			add("col", fmt.Sprint(at.Column))
		}
	}
	add("title", report.Clean(title))
	send(w, command+" "+strings.Join(properties, ","), report.Clean(message))
}

// Group opens a part of the log that is shown folded. Groups do not nest.
func Group(w io.Writer, title string) { send(w, "group", report.Clean(title)) }

// EndGroup closes it.
func EndGroup(w io.Writer) { send(w, "endgroup", "") }

// Mask keeps secrets, and each line of them, out of everything that is logged
// from then on. Like everywhere, a text of less than redact.Shortest bytes is
// not looked for.
func Mask(w io.Writer, secrets ...redact.Secret) {
	masked := map[string]bool{}
	for _, secret := range secrets {
		whole := secret.Reveal()
		texts := []string{whole}
		if lines := strings.FieldsFunc(whole, func(r rune) bool { return r == '\n' || r == '\r' }); len(lines) > 1 {
			texts = append(texts, lines...)
		}
		for _, text := range texts {
			if len(strings.TrimSpace(text)) >= redact.Shortest && !masked[text] {
				send(w, "add-mask", text)
			}
			masked[text] = true
		}
	}
}

// The escapes of the runner: see packages/core/src/command.ts of
// https://github.com/actions/toolkit.
var (
	data     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// send writes one command, whole. There is nobody to tell that it did not work:
// stderr is where one would.
func send(w io.Writer, command, text string) {
	_, _ = io.WriteString(w, "::"+command+"::"+data.Replace(text)+"\n")
}
