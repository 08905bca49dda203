package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/producer"
)

// Produced is a document that describes backup tools.
type Produced struct {
	SchemaVersion int                 `json:"schema_version"`
	Producers     []producer.Producer `json:"producers"`
}

// Producers returns a document of backup tools.
func Producers(list []producer.Producer) Produced {
	return Produced{SchemaVersion: outcome.SchemaVersion, Producers: append([]producer.Producer{}, list...)}
}

// List writes what each tool writes, and the config that drills it.
func (x Produced) List(w io.Writer, o Options) error {
	p := newPrinter(o)
	for _, tool := range x.Producers {
		p.line(p.bold(tool.Name) + "  " + p.dim(tool.Title))
		p.block("  ", tool.Writes)
		p.block("  ", firstLine(configOrNot(tool)))
	}
	p.blank()
	p.line("run drillgres producers NAME for the details")
	return p.writeTo(w)
}

// configOrNot returns the config of a tool, or says that it cannot be drilled.
func configOrNot(tool producer.Producer) string {
	if tool.Unusable != "" {
		return "cannot be drilled"
	}
	return tool.Config
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// Text writes all details of each tool.
func (x Produced) Text(w io.Writer, o Options) error {
	p := newPrinter(o)
	for i, tool := range x.Producers {
		if i > 0 {
			p.blank()
		}
		p.line(p.bold(tool.Name) + " (" + tool.Title + ")")
		p.blank()
		p.table(describeProducer(tool))
	}
	return p.writeTo(w)
}

func describeProducer(tool producer.Producer) [][]cell {
	rows := labelled("writes", tool.Writes)
	if tool.Unusable != "" {
		rows = append(rows, labelled("instead", tool.Unusable)...)
	}
	for i, line := range strings.Split(tool.Config, "\n") {
		rows = appendRow(rows, labelOnce("config", i), line)
	}
	for _, f := range producerFields(tool) {
		rows = appendRow(rows, f.label, f.text)
	}
	for i, note := range tool.Notes {
		rows = append(rows, labelled(labelOnce("notes", i), note)...)
	}
	return append(rows, labelled("read in", tool.Evidence)...)
}

// appendRow appends a row unless its text is empty.
func appendRow(rows [][]cell, label, text string) [][]cell {
	if text == "" {
		return rows
	}
	return append(rows, labelled(label, text)...)
}

type producerField struct{ label, text string }

// producerFields returns the fields that the terminal and the page show alike. Some are
// empty.
func producerFields(tool producer.Producer) []producerField {
	return []producerField{
		{"also", strings.Join(tool.Aliases, ", ")},
		{"match", tool.Match},
		{"folder", tool.Folder},
		{"parts", strings.Join(tool.Parts, ", ")},
		{"globals", tool.Globals},
		{"creation", tool.Creation},
		{"member", tool.Member},
		{"layers", strings.Join(tool.Layers, " → ")},
		{"openssl", opensslOptions(tool.OpenSSL)},
	}
}

// opensslOptions returns the options as the keys of the config.
func opensslOptions(o *producer.OpenSSL) string {
	if o == nil {
		return ""
	}
	text := fmt.Sprintf("cipher: %s, pbkdf2: %t", o.Cipher, o.PBKDF2)
	if o.Iterations > 0 {
		text += fmt.Sprintf(", iterations: %d", o.Iterations)
	}
	if o.Digest != "" {
		text += ", digest: " + o.Digest
	}
	return text
}

const producersHead = `# Backup tools

<!-- Generated from the table in drill/producer by make golden: do not edit. -->

drillgres knows what these tools write. ` + "`producer: NAME`" + ` in ` + "`backup:`" + ` sets which files are backups, which of them belong together, and which member
of an archive is the dump; keys that you set yourself win. ` + "`drillgres producers NAME`" + ` prints the same as this page.

Any other backup is drilled too, if it is a dump of pg_dump or pg_dumpall: layers of compression and encryption are recognized by their
content, never by a suffix.

In the configs below, ` + "`postgres:`" + ` and ` + "`restore:`" + ` stand beside ` + "`backup:`" + `, all other keys inside it.
In ` + "`match`" + ` and similar globs, ` + "`{database}`" + ` stands for the name of the database.

`

// ProducersDoc writes docs/producers.md.
func ProducersDoc(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(producersHead)
	b.WriteString("| tool | what it writes |\n|---|---|\n")
	tools := producer.All()
	for _, tool := range tools {
		writes := escapeMarkdown(tool.Writes)
		if tool.Unusable != "" {
			writes += " (cannot be drilled)"
		}
		fmt.Fprintf(&b, "| [%[1]s](#%[1]s) | %s |\n", tool.Name, writes)
	}
	for _, tool := range tools {
		producerSection(&b, tool)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write the page of backup tools: %w", err)
	}
	return nil
}

// producerSection writes the details of one tool under a heading that is its anchor.
func producerSection(b *bytes.Buffer, tool producer.Producer) {
	fmt.Fprintf(b, "\n## %s\n\n%s: %s.\n\n", tool.Name, escapeMarkdown(tool.Title), escapeMarkdown(tool.Writes))
	if tool.Unusable != "" {
		fmt.Fprintf(b, "**Cannot be drilled.** %s\n\n", escapeMarkdown(tool.Unusable))
	}
	if tool.Config != "" {
		fmt.Fprintf(b, "```yaml\n%s\n```\n\n", tool.Config)
	}
	for _, f := range producerFields(tool) {
		switch {
		case f.text == "":
		case f.label == "layers" || f.label == "also":
			fmt.Fprintf(b, "- %s: %s\n", f.label, escapeMarkdown(f.text))
		default:
			fmt.Fprintf(b, "- %s: `%s`\n", f.label, f.text)
		}
	}
	for _, note := range tool.Notes {
		fmt.Fprintf(b, "- %s\n", escapeMarkdown(note))
	}
	fmt.Fprintf(b, "- read in: %s\n", escapeMarkdown(tool.Evidence))
}
