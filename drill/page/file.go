package page

import (
	"bytes"
	"fmt"
	"io"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

// maxFile is how large a file of all databases may be, in bytes: what a mail server and a
// ticket accept as an attachment without a question.
const maxFile = 300_000

// limits are how much of a history a page shows.
type limits struct {
	databases int  // of the wall
	sections  int  // databases with a section of their own
	rows      int  // drills of a database in its list
	details   int  // whole drills of a database: 2 the last and the last failed, 1 the last, 0 none
	checks    int  // checks of a whole drill
	boxes     bool // the last thirty drills in the wall
	trends    bool
}

const (
	maxRows   = 500
	maxChecks = 500
)

// steps are tried until the file is small enough. More databases than in the first step
// never fit.
var steps = []limits{
	{databases: 400, sections: 200, rows: 120, details: 2, checks: 60, boxes: true, trends: true},
	{databases: 400, sections: 200, rows: 30, details: 2, checks: 60, boxes: true, trends: true},
	{databases: 400, sections: 200, rows: 10, details: 2, checks: 30, boxes: true, trends: true},
	{databases: 400, sections: 200, rows: 10, details: 1, checks: 15, boxes: true, trends: true},
	{databases: 400, sections: 200, rows: 5, boxes: true, trends: true},
	{databases: 400, sections: 15, rows: 5, details: 1, checks: 10, boxes: true, trends: true},
	{databases: 400, sections: 10, rows: 5, details: 1, checks: 10},
	{databases: 400},
	{databases: 250},
	{databases: 120},
}

// File writes all databases as one file of at most 300 kB. What does not fit is omitted,
// and the file says so.
func File(w io.Writer, f fleet.Fleet, details Details) error {
	var out bytes.Buffer
	for _, l := range steps {
		out.Reset()
		wall := wallOf(f, fragments(f, details, l), l)
		wall.sections(f, details, l)
		if err := render(&out, document{Title: "Restore drills", Wall: &wall, Footer: asOf(f)}); err != nil {
			return err
		}
		if out.Len() <= maxFile {
			break
		}
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// fragments returns the places within a file.
func fragments(f fleet.Fleet, details Details, l limits) links {
	at := links{database: func(string) string { return "" }, drill: func(record.ID) string { return "" }}
	sections, drills := map[string]string{}, map[record.ID]string{}
	for _, d := range sectionsOf(f, l) {
		sections[d.Name] = "#" + anchor(d.Name, "")
		for _, r := range shown(d, details, l) {
			drills[record.ID{RunID: r.RunID, Database: r.Database}] = "#" + anchor(r.Database, r.RunID)
		}
	}
	at.database = func(name string) string { return sections[name] }
	at.drill = func(id record.ID) string { return drills[id] }
	return at
}

// sectionsOf returns the databases that have a section of their own.
func sectionsOf(f fleet.Fleet, l limits) (list []fleet.Database) {
	list = append(append(list, f.Databases...), f.Former...)
	return list[:min(len(list), l.sections)]
}

// sections adds the databases in full, and says what is omitted.
func (v *wallView) sections(f fleet.Fleet, details Details, l limits) {
	at := fragments(f, details, l)
	for _, d := range sectionsOf(f, l) {
		v.Databases = append(v.Databases, databaseOf(f, d, details, at, l))
	}
	if more := len(f.Databases) + len(f.Former) - len(v.Databases); more > 0 {
		v.Omitted = append(v.Omitted, words.Count(more, "database")+" without a section of their own.")
	}
	switch l.details {
	case 2:
		v.Omitted = append(v.Omitted, "The last drill of each database, and the last one that failed, are shown whole; the others are one row each. "+
			"drillgres report RUN --html FILE shows any drill whole.")
	case 1:
		v.Omitted = append(v.Omitted, "Only the last drill of each database is shown whole, to keep this file small.")
	default:
		v.Omitted = append(v.Omitted, "No drill is shown whole, to keep this file small.")
	}
	rows := 0
	for _, d := range v.Databases {
		rows += d.MoreRows
	}
	if rows > 0 {
		v.Omitted = append(v.Omitted, words.Count(rows, "earlier drill")+" of these days "+words.Noun(rows, "is", "are")+" not listed; drillgres history lists all.")
	}
	if !l.trends {
		v.Omitted = append(v.Omitted, "Trends are omitted.")
	}
}
