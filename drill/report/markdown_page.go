package report

import (
	"fmt"
	"io"
	"strings"
)

// page collects Markdown in pieces. It can be cut between pieces but not within
// one, so that no character, row or line of a block is ever divided.
type page struct{ pieces []piece }

// piece holds whole lines, and what must follow if the page is cut after them.
type piece struct{ text, closing string }

func (p *page) add(text, closing string) { p.pieces = append(p.pieces, piece{text, closing}) }

func (p *page) paragraph(text string) { p.add(text+"\n\n", "") }

func (p *page) bullets(items []string) {
	for _, item := range items {
		p.add("- "+item+"\n", "\n")
	}
	p.add("\n", "")
}

// table adds a table. Its cells are already Markdown; align has the alignment of
// each column, space-separated.
func (p *page) table(header []string, align string, rows [][]string) {
	head := row(header) + row(strings.Split(align, " "))
	for _, cells := range rows {
		p.add(head+row(cells), "\n")
		head = ""
	}
	p.add("\n", "")
}

func row(cells []string) string { return "| " + strings.Join(cells, " | ") + " |\n" }

// block adds lines verbatim, such as those of a log.
func (p *page) block(lines []string) {
	if rest := len(lines) - maxLines; rest > 1 {
		lines = append(lines[:maxLines:maxLines], fmt.Sprintf("… and %d more lines (the JSON has all)", rest))
	}
	shown := make([]string, len(lines))
	for i, line := range lines {
		shown[i] = shortened(clean(line))
	}
	fence := fenceFor(shown)
	opening := fence + "text\n"
	for _, line := range shown {
		p.add(opening+line+"\n", fence+"\n\n")
		opening = ""
	}
	p.add(fence+"\n\n", "")
}

const cutNote = "_Shortened: a step summary is limited to 1 MiB. The JSON has all._\n"

// writeTo writes as many pieces as fit into limit bytes, with a note if some do
// not fit; 0: no limit.
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
		return nil // not even the note fits
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
