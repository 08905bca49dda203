package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// maxTables is the number of tables that are listed. The others are counted.
const maxTables = 15

// Contents writes what a backup states about itself, whether it is complete, and the
// findings about it. broken is why it is incomplete or cannot be drilled; nil if it can.
func Contents(w io.Writer, name string, c inspect.Contents, findings []outcome.Finding, broken error, o Options) error {
	p := newPrinter(o)
	p.completeness(name, c.ProvesEnd(), broken)
	p.blank()
	p.dumpFacts(c)
	for _, promised := range c.Promises {
		if len(c.Promises) > 1 && promised.IsEmpty() {
			continue
		}
		if len(c.Promises) > 1 {
			p.block(p.bold("database "), clean(promised.DatabaseName))
		}
		p.dumpTables(promised.Tables)
	}
	p.findings(findings)
	return p.writeTo(w)
}

func (p *printer) completeness(name string, provesEnd bool, broken error) {
	if broken == nil && !provesEnd {
		p.block(p.yellow("END UNKNOWN")+"  ", name)
		return
	}
	if broken == nil {
		p.block(p.green("WHOLE")+"  ", name)
		return
	}
	f := outcome.AsFailure(broken)
	label := "UNFIT"
	switch f.Code {
	case outcome.DumpTruncated, outcome.DumpCorrupt, outcome.StreamTruncated, outcome.StreamCorrupt:
		label = "NOT WHOLE"
	}
	p.block(p.red(label)+"  ", name)
	p.failure(*f.Report())
}

func (p *printer) dumpFacts(c inspect.Contents) {
	var rows [][]cell
	add := func(name, text string) {
		if text != "" {
			rows = append(rows, []cell{{name, p.bold}, {text: text}})
		}
	}
	source, needs := c.Source, c.Needs
	archive := ""
	if source.ArchiveVersion != "" {
		archive = "archive version " + source.ArchiveVersion
	}
	made := outcome.Backup{PgDumpVersion: source.DumpVersion, ServerVersion: source.ServerVersion}
	if source.Format != "" {
		add("format", words.Join(", ", chain(string(source.Format), source.Layers), archive, words.Size(source.DecodedBytes)+" decoded"))
	}
	add("key", source.Key)
	add("member", clean(source.Member))
	add("made", words.Join(", ", madeBy(made), clean(takenAt(source))))
	add("database", database(needs))
	add("extensions", extensions(needs.Extensions))
	add("roles", strings.Join(needs.Roles, ", "))
	add("roles created", strings.Join(needs.CreatedRoles, ", "))
	add("tablespaces", strings.Join(needs.Tablespaces, ", "))
	largeObjects, kinds := 0, map[inspect.Kind]int{}
	for _, promised := range c.Promises {
		largeObjects += promised.LargeObjects
		for _, o := range promised.Objects {
			kinds[o.Kind]++
		}
	}
	if largeObjects > 0 {
		add("large objects", words.Number(largeObjects))
	}
	add("objects", objects(kinds))
	p.table(rows)
}

func takenAt(s inspect.Source) string {
	if s.TakenAt.IsZero() {
		return ""
	}
	return s.TakenAt.String()
}

func database(needs inspect.Needs) string {
	d := needs.Database
	named := func(label, value string) string {
		if value == "" {
			return ""
		}
		return label + " " + value
	}
	creates := ""
	if needs.CreatesDatabase {
		creates = "created by the dump itself"
	}
	return words.Join(", ", d.Name, named("owner", d.Owner), named("encoding", d.Encoding), named("collate", d.Collate),
		named("ctype", d.CType), named("locale", d.Locale), creates)
}

func extensions(all []inspect.Extension) string {
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	return strings.Join(names, ", ")
}

// objects returns the number of promised objects of each kind.
func objects(kinds map[inspect.Kind]int) string {
	var parts []string
	for kind, n := range kinds {
		parts = append(parts, fmt.Sprintf("%s %s", strings.ToLower(string(kind)), words.Number(n)))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// dumpTables lists the largest tables with their promised rows.
func (p *printer) dumpTables(tables []inspect.Table) {
	if len(tables) == 0 {
		return
	}
	sorted := slices.Clone(tables)
	slices.SortStableFunc(sorted, func(a, b inspect.Table) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), strings.Compare(a.Schema, b.Schema), strings.Compare(a.Name, b.Name))
	})
	rows := [][]cell{{{"table", p.bold}, {"rows", p.bold}, {"data", nil}}}
	for _, t := range sorted[:min(maxTables, len(sorted))] {
		rows = append(rows, []cell{plain(t.Schema + "." + t.Name), plain(promised(t)), plain(words.Size(t.Bytes))})
	}
	p.blank()
	p.table(rows)
	if rest := sorted[min(maxTables, len(sorted)):]; len(rest) > 0 {
		var bytes int64
		for _, t := range rest {
			bytes += t.Bytes
		}
		p.line(fmt.Sprintf("and %s with %s", words.Count(len(rest), "smaller table"), words.Size(bytes)))
	}
}

func promised(t inspect.Table) string {
	switch {
	case !t.Data:
		return "no data"
	case t.Rows < 0:
		return "unknown"
	default:
		return words.Number(t.Rows)
	}
}
