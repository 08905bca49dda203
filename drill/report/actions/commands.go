// Package actions writes what GitHub Actions reads: workflow commands, and the
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

// Place is where an annotation points to. Without a File it points nowhere.
type Place struct {
	File         string // relative to the repository, with slashes
	Line, Column int    // from 1; 0: unknown
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
	writeCommand(w, githubactions.Command{Name: command, Properties: properties, Message: report.Clean(message)})
}

// Group opens a group of log lines that is shown folded. Groups do not nest.
func Group(w io.Writer, title string) {
	writeCommand(w, githubactions.Command{Name: "group", Message: report.Clean(title)})
}

// EndGroup closes the group.
func EndGroup(w io.Writer) { writeCommand(w, githubactions.Command{Name: "endgroup"}) }

// Mask hides secrets, and each line of them, in everything that is logged from
// then on. A text of fewer than redact.Shortest bytes is not masked.
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
				writeCommand(w, githubactions.Command{Name: "add-mask", Message: text})
			}
			masked[text] = true
		}
	}
}

// writeCommand writes one command in one piece. It ignores errors, because stderr
// is where it would report them. The library's own functions panic.
func writeCommand(w io.Writer, command githubactions.Command) {
	_, _ = io.WriteString(w, command.String()+"\n")
}
