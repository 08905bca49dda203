package page

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/drillgres/drillgres/drill/fleet"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/record"
	"github.com/drillgres/drillgres/drill/record/recordtest"
	"github.com/drillgres/drillgres/fixtures/past"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// memory is a history without a place. Package record/sqlite tests real ones.
type memory struct {
	record.Store
	entries  []record.Entry
	accepted []record.Acceptance
	results  map[record.ID][]byte
}

func (m *memory) Entries(context.Context, string) ([]record.Entry, error) { return m.entries, nil }

func (m *memory) Add(_ context.Context, e record.Entry, result []byte) (bool, error) {
	m.entries, m.results[e.ID] = append(m.entries, e), result
	return true, nil
}

func (m *memory) Results(_ context.Context, ids []record.ID) (list [][]byte, err error) {
	for _, id := range ids {
		list = append(list, m.results[id])
	}
	return list, nil
}

func (m *memory) Acceptances(context.Context, string) ([]record.Acceptance, error) {
	return m.accepted, nil
}

// read returns the state of a history, and the drills that are shown whole.
func read(t *testing.T, targets map[string]fleet.Targets, results ...outcome.Result) (fleet.Fleet, Details) {
	t.Helper()
	h := record.New(&memory{results: map[record.ID][]byte{}}, "memory")
	recordtest.Tell(t, h, results...)
	f, err := fleet.Read(t.Context(), h, targets, 90, now)
	if err == nil {
		err = f.LoadTrends(t.Context(), h)
	}
	if err != nil {
		t.Fatal(err)
	}
	whole, err := h.Results(t.Context(), Wanted(append(f.Databases, f.Former...)...))
	if err != nil {
		t.Fatal(err)
	}
	return f, DetailsOf(whole)
}

func targets() map[string]fleet.Targets {
	all := map[string]fleet.Targets{}
	for _, name := range past.Names {
		all[name] = fleet.Targets{Age: 26 * time.Hour, Restore: time.Hour, Total: 2 * time.Hour}
	}
	return all
}

// written returns a page, and the document that a browser makes of it.
func written(t *testing.T, write func(io.Writer) error) (text string, doc *html.Node) {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		t.Fatal(err)
	}
	doc, err := html.Parse(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), doc
}

// elements returns the elements of a name, or all if it is empty.
func elements(doc *html.Node, name string) (list []*html.Node) {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && (name == "" || n.Data == name) {
			list = append(list, n)
		}
	}
	return list
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func textOf(n *html.Node) string {
	var text strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			text.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(text.String()), " ")
}

// TestFile checks the structure of a file of ninety days.
func TestFile(t *testing.T) {
	f, details := read(t, targets(), past.Results(now)...)
	text, doc := written(t, func(w io.Writer) error { return File(w, f, details) })
	if len(text) > maxFile {
		t.Errorf("%d bytes", len(text))
	}
	checkStructure(t, doc)
	rows := elements(doc, "tbody")[0]
	var order []string
	for _, th := range elements(rows, "th") {
		order = append(order, textOf(th))
	}
	if want := "billing"; order[0] != want || len(order) != len(past.Names) {
		t.Errorf("the wall lists %v", order)
	}
	wall := textOf(elements(doc, "section")[0])
	for _, want := range []string{
		"7 databases: 1 failed", "FAILED dump_truncated, 5h ago", "never verified never drilled", "of 26h", "In the history, but not in the config", "legacy",
		"last 30 drills: 28 passed, 2 failed, 0 unproved", "The last drill of each database, and the last one that failed, are shown whole",
	} {
		if !strings.Contains(wall, want) {
			t.Errorf("the wall does not say %q:\n%s", want, wall)
		}
	}
	billing := textOf(elements(doc, "section")[1])
	for _, want := range []string{
		"87 of 90 drills", "Data loss (RPO)", "target 26h", "Size of the backup", "The dump ends within COPY public.orders after 4,120,331 rows", "Objectives", "SHA-256",
		"Stages", "inspect FAILED", "Not proved", "stage restore: not reached", "Environment", "Drills of the last 90 days",
	} {
		if !strings.Contains(strings.ToLower(billing), strings.ToLower(want)) {
			t.Errorf("the section of billing does not say %q", want)
		}
	}
	shop := textOf(elements(doc, "section")[6])
	for _, want := range []string{"Isolation Network none Interfaces lo", "Outbound connection refused: network is unreachable", "to spare met", "newest orders are served", "public.orders"} {
		if !strings.Contains(shop, want) {
			t.Errorf("the section of shop does not say %q", want)
		}
	}
}

// checkStructure checks what every page has: landmarks, headings, labelled drawings, links
// that lead somewhere, and nothing that is loaded from elsewhere.
func checkStructure(t *testing.T, doc *html.Node) {
	t.Helper()
	for name, want := range map[string]int{"main": 1, "header": 1, "footer": 1, "h1": -1, "title": -1, "style": 1, "script": 0, "img": 0, "iframe": 0, "form": 0, "object": 0} {
		if n := len(elements(doc, name)); n != want && (want >= 0 || n == 0) {
			t.Errorf("%d elements %s", n, name)
		}
	}
	if lang, _ := attribute(elements(doc, "html")[0], "lang"); lang != "en" {
		t.Errorf("the language is %q", lang)
	}
	checkReferences(t, doc)
	for _, n := range elements(doc, "svg") {
		_, hidden := attribute(n, "aria-hidden")
		role, _ := attribute(n, "role")
		if !hidden && (role != "img" || len(elements(n, "title")) == 0 || len(elements(n, "desc")) == 0) {
			t.Errorf("a drawing without title or description: %s", textOf(n))
		}
	}
	for _, n := range elements(doc, "th") {
		if _, ok := attribute(n, "scope"); !ok {
			t.Errorf("the heading %q of a table has no scope", textOf(n))
		}
	}
	policy := ""
	for _, n := range elements(doc, "meta") {
		if v, _ := attribute(n, "http-equiv"); v == "Content-Security-Policy" {
			policy, _ = attribute(n, "content")
		}
	}
	if policy != ContentSecurityPolicy {
		t.Errorf("the policy is %q", policy)
	}
	checkHeadings(t, doc)
}

// checkReferences checks ids, and what refers to them.
func checkReferences(t *testing.T, doc *html.Node) {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range elements(doc, "") {
		if id, ok := attribute(n, "id"); ok {
			if ids[id] || strings.ContainsAny(id, " \t\n") || id == "" {
				t.Errorf("the id %q is there twice or invalid", id)
			}
			ids[id] = true
		}
	}
	for _, n := range elements(doc, "") {
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			case a.Key == "aria-labelledby" && !ids[a.Val]:
				t.Errorf("<%s> is labelled by %q, which does not exist", n.Data, a.Val)
			case a.Key == "href" || a.Key == "src":
				if !isInside(a.Val, ids) {
					t.Errorf("<%s %s=%q> leads nowhere, or to elsewhere", n.Data, a.Key, a.Val)
				}
			}
		}
	}
}

// isInside reports whether an address leads to an id of the page, or to a page of the site.
func isInside(address string, ids map[string]bool) bool {
	id, fragment := strings.CutPrefix(address, "#")
	return fragment && ids[id] || strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//") || address == "data:,"
}

// checkHeadings checks that no level is left out on the way down.
func checkHeadings(t *testing.T, doc *html.Node) {
	t.Helper()
	level := 0
	for _, n := range elements(doc, "") {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			next := int(n.Data[1] - '0')
			if next > level+1 {
				t.Errorf("h%d %q follows h%d", next, textOf(n), level)
			}
			level = next
		}
	}
}

func TestPagesOfASite(t *testing.T) {
	f, details := read(t, targets(), past.Results(now)...)
	var one outcome.Result
	for _, r := range details {
		if r.Database == "shop" && r.Verdict == outcome.VerdictPassed {
			one = r
		}
	}
	for name, write := range map[string]func(io.Writer) error{
		"wall":     func(w io.Writer) error { return WallPage(w, f) },
		"database": func(w io.Writer) error { return DatabasePage(w, f, *f.Find("shop"), details) },
		"drill":    func(w io.Writer) error { return DrillPage(w, f, []outcome.Result{one}, nil, true) },
		"alone":    func(w io.Writer) error { return DrillPage(w, f, []outcome.Result{one}, nil, false) },
		"message":  func(w io.Writer) error { return MessagePage(w, "Not found", "There is no such page.") },
	} {
		t.Run(name, func(t *testing.T) {
			text, doc := written(t, write)
			checkStructure(t, doc)
			if name != "message" && !strings.Contains(text, "shop") {
				t.Error("shop is not there")
			}
			if name == "drill" && !strings.Contains(text, `href="/databases/shop"`) || name == "alone" && strings.Contains(text, `href="/`) {
				t.Errorf("the links are wrong:\n%s", text)
			}
		})
	}
}

// TestManyDatabases checks that a file stays small, says what it omits, and never omits
// a database without saying so.
func TestManyDatabases(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long with the race detector: make test runs it")
	}
	for _, n := range []int{40, 400, 2000} {
		all, results := map[string]fleet.Targets{}, past.Results(now)
		for i := range n {
			all[fmt.Sprint("db", i)] = fleet.Targets{Age: 26 * time.Hour}
		}
		var several []outcome.Result
		for i := range min(20*n, 3000) {
			r := results[i%len(results)]
			r.Database, r.RunID = fmt.Sprint("db", i%n), fmt.Sprint(r.RunID, i)
			several = append(several, r)
		}
		f, details := read(t, all, several...)
		text, doc := written(t, func(w io.Writer) error { return File(w, f, details) })
		if len(text) > maxFile {
			t.Errorf("%d databases: %d bytes", n, len(text))
		}
		checkStructure(t, doc)
		listed := len(elements(elements(doc, "tbody")[0], "th"))
		said := regexp.MustCompile(`([0-9]+) more databases are not listed`).FindStringSubmatch(text)
		if missing := n - listed; missing > 0 && (said == nil || said[1] != fmt.Sprint(missing)) {
			t.Errorf("%d of %d databases are listed, and the page says %q", listed, n, said)
		}
	}
}

// hostile is a text that would be markup, or that moves what is beside it.
const hostile = "</title></style></svg><script>alert(1)</script><img src=x onerror=alert(1)>\" ' onload=x {{.}} javascript:alert(1) \x1b[31m\x1b]0;owned\a\x00\xff\u202E\u2066\u2028\r\n&lt;b&gt;"

// fill sets every text of a value.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		fill(v.Elem(), text)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i), text)
		}
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			fill(v.Index(i), text)
		}
	case reflect.Map:
		m := reflect.MakeMap(v.Type())
		if v.Type().Elem().Kind() == reflect.String {
			m.SetMapIndex(reflect.ValueOf(text).Convert(v.Type().Key()), reflect.ValueOf(text).Convert(v.Type().Elem()))
		} else {
			for _, key := range []string{"format", "owner", "server_version"} {
				m.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(text))
			}
		}
		v.Set(m)
	case reflect.String:
		v.SetString(text)
	}
}

// TestHostileTexts fills every text of a drill with markup and control characters. The
// page must have the elements that it has with a harmless text.
func TestHostileTexts(t *testing.T) {
	page := func(filling string) (string, *html.Node) {
		r := past.Results(now)[0]
		stages := r.Stages
		fill(reflect.ValueOf(&r).Elem(), filling)
		for i := range stages {
			r.Stages[i].Stage, r.Stages[i].Status = outcome.Stages[i], outcome.StagePassed
		}
		r.Kind, r.Backup.Chosen, r.Checks[0].Status = outcome.KindDrill, outcome.ChosenLatest, outcome.CheckFailed
		e := record.EntryOf(r)
		f := fleet.Fleet{At: now, Days: 90}
		d := fleet.Database{Name: r.Database, State: fleet.Failed, Drills: []record.Entry{e}, Recent: []record.Entry{e}}
		d.LastVerified.Backup = filling
		d.Accepted = []record.Acceptance{{RunID: r.RunID, Reason: filling, By: filling}}
		f.Databases, f.Former = []fleet.Database{d}, []fleet.Database{d}
		f.Former[0].Name += "2"
		var out bytes.Buffer
		for _, write := range []func(io.Writer) error{
			func(w io.Writer) error { return WallPage(w, f) },
			func(w io.Writer) error { return File(w, f, DetailsOf([]outcome.Result{r})) },
			func(w io.Writer) error { return DrillPage(w, f, []outcome.Result{r}, nil, true) },
			func(w io.Writer) error { return DatabasePage(w, f, d, DetailsOf([]outcome.Result{r})) },
			func(w io.Writer) error { return Badge(w, d, now, true) },
		} {
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
		}
		doc, err := html.Parse(bytes.NewReader(out.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		return out.String(), doc
	}
	text, doc := page(hostile)
	_, harmless := page("harmless\nline")
	if !utf8.ValidString(text) {
		t.Error("not UTF-8")
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' {
			t.Errorf("%U gets through", r)
			break
		}
	}
	if strings.Contains(textOf(doc), "owned") {
		t.Error("the text of a title sequence is shown")
	}
	if !strings.Contains(text, "&lt;script&gt;alert(1)") {
		t.Error("the hostile text is not there at all")
	}
	count := func(doc *html.Node) map[string]int {
		n := map[string]int{}
		for _, e := range elements(doc, "") {
			n[e.Data]++
			for _, a := range e.Attr {
				n[e.Data+" "+a.Key]++
				if strings.HasPrefix(strings.TrimSpace(strings.ToLower(a.Val)), "javascript:") {
					t.Errorf("<%s %s=%q>", e.Data, a.Key, a.Val)
				}
			}
		}
		return n
	}
	got, want := count(doc), count(harmless)
	for name := range got {
		if got[name] != want[name] {
			t.Errorf("%d elements %q, with harmless texts %d", got[name], name, want[name])
		}
	}
}

// TestAccepted checks that an exception is shown with its reason and its author.
func TestAccepted(t *testing.T) {
	r := recordtest.Drifted("20261123-020000-00c0ffee", "shop", -3)
	e := record.EntryOf(r)
	d := fleet.Database{
		Name: "shop", State: fleet.Failed, Drills: []record.Entry{e}, Recent: []record.Entry{e},
		Accepted: []record.Acceptance{{RunID: r.RunID, Database: "shop", Reason: "the archive was split off", By: "ann", At: now}},
	}
	f := fleet.Fleet{At: now, Days: 90, Databases: []fleet.Database{d}}
	_, doc := written(t, func(w io.Writer) error { return DrillPage(w, f, []outcome.Result{r}, nil, true) })
	if want := "Accepted as the new baseline: the archive was split off, on 2026-11-23 09:00 UTC by ann"; !strings.Contains(textOf(doc), want) {
		t.Errorf("%q is not in\n%s", want, textOf(doc))
	}
	_, doc = written(t, func(w io.Writer) error { return DatabasePage(w, f, d, nil) })
	if !strings.Contains(textOf(doc), "failed, accepted content_drifted") {
		t.Error(textOf(doc))
	}
}

// TestCharts checks that every line is inside of its drawing, and that a line ends where a
// drill did not pass.
func TestCharts(t *testing.T) {
	f, _ := read(t, targets(), past.Results(now)...)
	number := regexp.MustCompile(`-?[0-9]+(\.[0-9]+)?`)
	for _, d := range f.Databases {
		list := charts(d)
		if len(list) != 4 && len(d.Points) > 1 {
			t.Errorf("%s has %d charts", d.Name, len(list))
		}
		for _, c := range list {
			for _, line := range append(c.Lines, c.TargetY) {
				for _, n := range number.FindAllString(line, -1) {
					var x float64
					if _, err := fmt.Sscan(n, &x); err != nil || x < 0 || x > chartWidth {
						t.Errorf("%s, %s: %s", d.Name, c.Title, n)
					}
				}
			}
		}
	}
	recovery := charts(*f.Find("shop"))[1]
	if len(recovery.Lines) != 3 || len(recovery.Gaps) != 3 || recovery.Target != "target 2h" {
		t.Errorf("%d lines, %d gaps, %q", len(recovery.Lines), len(recovery.Gaps), recovery.Target)
	}
}

func TestBadges(t *testing.T) {
	f, _ := read(t, targets(), past.Results(now)...)
	for name, want := range map[string][2]string{
		"shop": {"verified 2026-11-23", "verified 5h 41m ago"}, "billing": {"FAILED", "FAILED"}, "wiki": {"never verified", "never verified"}, "crm": {"overdue", "overdue"},
	} {
		for i, relative := range []bool{false, true} {
			text, doc := written(t, func(w io.Writer) error { return Badge(w, *f.Find(name), now, relative) })
			if got := textOf(elements(doc, "title")[0]); got != name+": "+want[i] {
				t.Errorf("%s: %q, want %q\n%s", name, got, want[i], text)
			}
		}
	}
	for database, want := range map[string]string{"shop": "shop.svg", "../../etc/x": "..%2F..%2Fetc%2Fx.svg", "a b": "a%20b.svg"} {
		if got := BadgeName(database); got != want || strings.ContainsAny(got, "/\\") {
			t.Errorf("%s: %s", database, got)
		}
	}
}
