package report

import (
	"fmt"
	"io"
	"strings"
)

// page collects Markdown in pieces. It may end after any of them, within none:
// no character, row or line of a block is ever divided.
type page struct{ pieces []piece }

// piece is whole lines, and what must follow if the page ends after them.
type piece struct{ text, closing string }

func (p *page) add(text, closing string) { p.pieces = append(p.pieces, piece{text, closing}) }

func (p *page) paragraph(text string) { p.add(text+"\n\n", "") }

func (p *page) bullets(items []string) {
	for _, item := range items {
		p.add("- "+item+"\n", "\n")
	}
	p.add("\n", "")
}

// table has cells that are Markdown already. Numbers stand to the right.
func (p *page) table(header []string, align string, rows [][]string) {
	head := row(header) + row(strings.Split(align, " "))
	for _, cells := range rows {
		p.add(head+row(cells), "\n")
		head = ""
	}
	p.add("\n", "")
}

func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// block shows lines as they are, such as those of a log.
func (p *page) block(lines []string) {
	if rest := len(lines) - maxLines; rest > 1 {
		lines = append(lines[:maxLines:maxLines], fmt.Sprintf("… and %d more lines (the JSON has all)", rest))
	}
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = bounded(clean(line))
	}
	mark := fenceFor(shown)
	opening := mark + "text\n"
	for _, line := range shown {
		p.add(opening+line+"\n", mark+"\n\n")
		opening = ""
	}
	p.add(mark+"\n\n", "")
}

const cutNote = "_Cut here: a step summary holds 1 MiB. The JSON has all._\n"

// writeTo writes as many pieces as fit into limit bytes, with a note if that is
// not all of them; 0 is no limit.
func (p *page) writeTo(w io.Writer, limit int) error {
	var out strings.Builder
	fits, closing := 0, ""
	for _, piece := range p.pieces {
		out.WriteString(piece.text)
		if out.Len()+len(piece.closing)+len(cutNote) <= limit {
			fits, closing = out.Len(), piece.closing
		}
	}
	text := out.String()
	if limit > 0 && len(text) > limit {
		text = text[:fits] + closing + cutNote
	}
	if limit > 0 && len(text) > limit {
		return nil // not even the note
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
