// Package page writes the state of all databases and single drills as HTML that needs no
// script and nothing from elsewhere, and as SVG badges.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"regexp"
	"slices"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/words"
)

//go:embed templates
var files embed.FS

var templates = template.Must(template.New("").ParseFS(files, "templates/*"))

// ContentSecurityPolicy allows a page its own style, and nothing else.
const ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

// Details holds the whole results of the drills that are shown as more than a row.
type Details map[record.ID]outcome.Result

// DetailsOf returns results by their drill.
func DetailsOf(results []outcome.Result) Details {
	d := Details{}
	for _, r := range results {
		d[record.ID{RunID: r.RunID, Database: r.Database}] = r
	}
	return d
}

// Wanted returns the drills whose whole results a page of the databases shows: the last
// one of each, and the last one that failed.
func Wanted(databases ...fleet.Database) (wanted []record.Entry) {
	for _, d := range databases {
		if e, ok := d.Last(); ok {
			wanted = append(wanted, e)
		}
		if e, ok := d.LastFailed(); ok && !slices.ContainsFunc(wanted, func(w record.Entry) bool { return w.ID == e.ID }) {
			wanted = append(wanted, e)
		}
	}
	return wanted
}

// links returns the addresses of what a page may lead to; an empty one is not a link.
type links struct {
	home     string
	database func(name string) string
	drill    func(id record.ID) string
}

// site has the addresses of pages over HTTP.
var site = links{
	home:     "/",
	database: func(name string) string { return "/databases/" + url.PathEscape(name) },
	drill:    func(id record.ID) string { return "/drills/" + url.PathEscape(id.RunID) },
}

// document is what the base template shows.
type document struct {
	Title   string
	Policy  string
	Home    string // address of the wall; empty: this is it
	Wall    *wallView
	Drills  []drillView // without the wall
	Single  *databaseView
	Message string
	Footer  string
	raised  int // by how many levels its headings are higher than in the templates
}

// maxListed is the number of databases that the wall of a site lists.
const maxListed = 2000

// WallPage writes the page of all databases of a site.
func WallPage(w io.Writer, f fleet.Fleet) error {
	wall := wallOf(f, site, limits{boxes: true, databases: maxListed})
	return render(w, document{Title: "Restore drills", Wall: &wall, Footer: asOf(f)})
}

// DatabasePage writes the page of one database of a site.
func DatabasePage(w io.Writer, f fleet.Fleet, d fleet.Database, details Details) error {
	v := databaseOf(f, d, details, site, limits{rows: maxRows, details: 2, checks: maxChecks, boxes: true, trends: true})
	return render(w, document{Title: d.Name + ": restore drills", Home: site.home, Single: &v, Footer: asOf(f), raised: 1})
}

// WantedBefore returns the drills before these, whose results DrillPage lists.
func WantedBefore(f fleet.Fleet, results []outcome.Result) (wanted []record.Entry) {
	for _, r := range results {
		wanted = append(wanted, before(f.Find(r.Database), r.RunID)...)
	}
	return wanted
}

// DrillPage writes drills, whole: as a page of a site, or as a file of its own. earlier are
// the drills of WantedBefore.
func DrillPage(w io.Writer, f fleet.Fleet, results []outcome.Result, earlier Details, ofSite bool) error {
	at, doc := links{}, document{Footer: asOf(f), raised: 2}
	if ofSite {
		at, doc.Home = site, site.home
	}
	for _, r := range results {
		d := f.Find(r.Database)
		v := drillOf(r, d, at, limits{checks: maxChecks})
		v.History = rowsBefore(d, r.RunID, earlier, at)
		doc.Title = v.Database + ": " + v.Word + ", run " + v.Run
		doc.Drills = append(doc.Drills, v)
	}
	return render(w, doc)
}

// MessagePage writes a page of a site that says only one sentence.
func MessagePage(w io.Writer, title, message string) error {
	return render(w, document{Title: title, Home: site.home, Message: message})
}

func asOf(f fleet.Fleet) string { return "As of " + words.Moment(f.At) + "." }

// render writes a document. No text in it can move a cursor or reorder what is beside it.
func render(w io.Writer, doc document) error {
	doc.Policy = ContentSecurityPolicy
	cleanAll(&doc)
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, "base.html", doc); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	if _, err := w.Write(raise(squeeze(out.Bytes()), doc.raised)); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// squeeze removes the indentation and the empty lines of the templates. No text of a drill
// depends on them: its lines are elements of their own.
func squeeze(html []byte) []byte {
	var out bytes.Buffer
	for line := range bytes.Lines(html) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out.Write(line)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

var heading = regexp.MustCompile(`<(/?)h([1-6])`)

// raise makes the headings of a document higher, because a template cannot choose the level
// of its own. In a text a < is escaped, so that none is taken for a heading.
func raise(html []byte, levels int) []byte {
	if levels == 0 {
		return html
	}
	return heading.ReplaceAllFunc(html, func(tag []byte) []byte {
		tag[len(tag)-1] -= byte(levels)
		return tag
	})
}
