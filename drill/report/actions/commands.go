// Package actions speaks to GitHub Actions: in workflow commands, and in the
// files for a step's outputs and summary.
package actions

import (
	"io"
	"strconv"
	"strings"

	"github.com/sethvargo/go-githubactions"

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
	properties := githubactions.CommandProperties{"title": report.Clean(title)}
	if at.File != "" {
		properties["file"] = at.File
		if at.Line > 0 {
			properties["line"] = strconv.Itoa(at.Line)
		}
		if at.Column > 0 {
			properties["col"] = strconv.Itoa(at.Column)
		}
	}
	send(w, githubactions.Command{Name: command, Properties: properties, Message: report.Clean(message)})
}

// Group opens a part of the log that is shown folded. Groups do not nest.
func Group(w io.Writer, title string) {
	send(w, githubactions.Command{Name: "group", Message: report.Clean(title)})
}

// EndGroup closes it.
func EndGroup(w io.Writer) { send(w, githubactions.Command{Name: "endgroup"}) }

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
				send(w, githubactions.Command{Name: "add-mask", Message: text})
			}
			masked[text] = true
		}
	}
}

// send writes one command, whole. An error cannot be reported: stderr is where
// one would. The library's own functions panic.
func send(w io.Writer, command githubactions.Command) {
	_, _ = io.WriteString(w, command.String()+"\n")
}
