package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

const (
	defaultWidth = 100
	minWidth     = 40
)

// printer collects lines. Nothing is written before the output is complete.
type printer struct {
	out   bytes.Buffer
	color bool
	width int
}

func newPrinter(o Options) *printer {
	p := &printer{color: o.Color, width: o.Width}
	if p.width <= 0 {
		p.width = defaultWidth
	}
	p.width = max(p.width, minWidth)
	return p
}

func (p *printer) writeTo(w io.Writer) error {
	if _, err := w.Write(p.out.Bytes()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func (p *printer) blank() { p.out.WriteByte('\n') }

func (p *printer) line(s string) {
	p.out.WriteString(strings.TrimRight(s, " "))
	p.out.WriteByte('\n')
}

// maxLines is the number of lines of one text that are shown. Logs can be long,
// and the JSON has all of them.
const maxLines = 30

// block writes a text of any length after a label. Its lines are wrapped at the
// width and aligned with the first one.
func (p *printer) block(label, text string) {
	indent := ansi.StringWidth(label)
	lines := p.wrapped(text, indent)
	rest := len(lines) - maxLines
	if rest > 1 {
		lines = append(lines[:maxLines], fmt.Sprintf("… and %d more lines (the JSON has all)", rest))
	}
	for i, line := range lines {
		if i == 0 {
			p.line(label + line)
			continue
		}
		p.line(strings.Repeat(" ", indent) + line)
	}
}

func (p *printer) bullets(texts []string) {
	for _, text := range texts {
		p.block("  - ", text)
	}
}

// wrapped cleans a text and wraps its lines to the width that an indent leaves.
func (p *printer) wrapped(text string, indent int) []string {
	width := max(p.width-indent, minWidth/2)
	var lines []string
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		lines = append(lines, wrap(clean(line), width)...)
	}
	return lines
}

// wrap wraps a line at spaces. A word that is longer than the width, such as a
// URI, stays in one piece so that it can be copied; ansi.Wordwrap would break it
// at its hyphens.
func wrap(line string, width int) (lines []string) {
	var current strings.Builder
	used := 0
	for i, word := range strings.Split(line, " ") {
		size := ansi.StringWidth(word)
		switch {
		case i == 0:
		case used > 0 && used+1+size > width:
			lines = append(lines, current.String())
			current.Reset()
			used = 0
		default:
			current.WriteByte(' ')
			used++
		}
		current.WriteString(word)
		used += size
	}
	return append(lines, current.String())
}

// cell is one field of a table: its text, and the function that colours it.
type cell struct {
	text  string
	paint func(string) string
}

func plain(text string) cell { return cell{text: clean(text)} }

func (c cell) painted() string {
	if c.paint == nil {
		return c.text
	}
	return c.paint(c.text)
}

// table writes rows with aligned columns. The last column is wrapped.
func (p *printer) table(rows [][]cell) {
	widths := columnWidths(rows)
	for _, row := range rows {
		label, last := "", row[len(row)-1]
		for i, c := range row[:len(row)-1] {
			label += c.painted() + strings.Repeat(" ", widths[i]-ansi.StringWidth(c.text)+2)
		}
		if last.paint != nil && ansi.StringWidth(label+last.text) <= p.width {
			p.line(label + last.painted())
			continue
		}
		p.block(label, last.text)
	}
}

func columnWidths(rows [][]cell) []int {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], ansi.StringWidth(c.text))
		}
	}
	return widths
}

func (p *printer) paint(code, s string) string {
	if !p.color || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p *printer) red(s string) string    { return p.paint("1;31", s) }
func (p *printer) green(s string) string  { return p.paint("1;32", s) }
func (p *printer) yellow(s string) string { return p.paint("1;33", s) }
func (p *printer) bold(s string) string   { return p.paint("1", s) }
func (p *printer) dim(s string) string    { return p.paint("2", s) }
