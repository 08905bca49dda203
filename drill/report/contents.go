package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// largest is how many tables are listed; the rest is counted.
const largest = 15

// Contents writes what a dump says of itself, and whether it is whole: broken
// is why it is not, or why it could not be drilled; nil if it could.
func Contents(w io.Writer, name string, c inspect.Contents, broken error, o Options) error {
	p := newPrinter(o)
	p.whole(name, broken)
	p.blank()
	p.dumpFacts(c)
	p.dumpTables(c.Tables)
	return p.writeTo(w)
}

func (p *printer) whole(name string, broken error) {
	if broken == nil {
		p.block(p.green("WHOLE")+"  ", "WHOLE  ", name)
		return
	}
	f := outcome.AsFailure(broken)
	label := "UNFIT"
	switch f.Code {
	case outcome.DumpTruncated, outcome.DumpCorrupt, outcome.StreamTruncated, outcome.StreamCorrupt:
		label = "NOT WHOLE"
	}
	p.block(p.red(label)+"  ", label+"  ", name)
	p.failure(*f.Report())
}

func (p *printer) dumpFacts(c inspect.Contents) {
	var rows [][]cell
	add := func(name, text string) {
		if text != "" {
			rows = append(rows, []cell{{name, p.bold}, {text: text}})
		}
	}
	archive := ""
	if c.ArchiveVersion != "" {
		archive = "archive version " + c.ArchiveVersion
	}
	add("format", joined(", ", joined(" in ", string(c.Format), c.Compression), archive, size(c.DecodedBytes)+" decoded"))
	add("made", joined(", ", madeBy(outcome.Backup{PgDumpVersion: c.DumpVersion, ServerVersion: c.ServerVersion}), takenAt(c)))
	add("database", database(c))
	add("extensions", extensions(c.Extensions))
	add("roles", strings.Join(c.Roles, ", "))
	add("roles made", strings.Join(c.RolesMade, ", "))
	add("tablespaces", strings.Join(c.Tablespaces, ", "))
	if c.LargeObjects > 0 {
		add("large objects", number(int64(c.LargeObjects)))
	}
	add("objects", objects(c.Objects))
	p.table(rows)
}

func takenAt(c inspect.Contents) string {
	if c.TakenAt.IsZero() {
		return ""
	}
	return moment(c.TakenAt)
}

func database(c inspect.Contents) string {
	d := c.Database
	named := func(label, value string) string {
		if value == "" {
			return ""
		}
		return label + " " + value
	}
	creates := ""
	if c.CreatesDatabase {
		creates = "made by the dump itself"
	}
	return joined(", ", d.Name, named("owner", d.Owner), named("encoding", d.Encoding), named("collate", d.Collate),
		named("ctype", d.CType), named("locale", d.Locale), creates)
}

func extensions(all []inspect.Extension) string {
	names := make([]string, len(all))
	for i, e := range all {
		names[i] = e.Name
	}
	return strings.Join(names, ", ")
}

// objects counts what the dump promises to make, by kind.
func objects(all []inspect.Object) string {
	counts := map[inspect.Kind]int{}
	for _, o := range all {
		counts[o.Kind]++
	}
	var parts []string
	for kind, n := range counts {
		parts = append(parts, fmt.Sprintf("%s %s", strings.ToLower(string(kind)), number(int64(n))))
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
	for _, t := range sorted[:min(largest, len(sorted))] {
		rows = append(rows, []cell{plain(t.Schema + "." + t.Name), plain(promised(t)), plain(size(t.Bytes))})
	}
	p.blank()
	p.table(rows)
	if rest := sorted[min(largest, len(sorted)):]; len(rest) > 0 {
		var bytes int64
		for _, t := range rest {
			bytes += t.Bytes
		}
		p.line(fmt.Sprintf("and %s with %s", counted(len(rest), "smaller table"), size(bytes)))
	}
}

func promised(t inspect.Table) string {
	switch {
	case !t.Data:
		return "no data"
	case t.Rows < 0:
		return "unknown"
	default:
		return number(t.Rows)
	}
}
