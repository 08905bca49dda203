package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/outcome"
)

func TestJUnitGolden(t *testing.T) {
	var out bytes.Buffer
	if err := JUnit(&out, []outcome.Result{appFailed(), engineless()}); err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.xml", out.Bytes())
}

func TestJUnitMatchesTheSchema(t *testing.T) {
	broken := appFailed()
	broken.Stages = nil // a failure without a stage is still shown
	broken.Checks = nil
	overBudget := stopped(outcome.FailureReport{Code: outcome.OverBudget, Class: outcome.ClassBudget, Message: "took too long"})
	for name, results := range map[string][]outcome.Result{
		"passed": {passed()}, "several": {passed(), truncated(), engineless()}, "hostile": {hostileResult()}, "none": {},
		"empty": {{}}, "no stage": {broken}, "over budget": {overBudget},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := JUnit(&out, results); err != nil {
				t.Fatal(err)
			}
			suites := checkJUnit(t, out.Bytes())
			for i, r := range results {
				bad := suites[i].attr(t, "failures") + suites[i].attr(t, "errors")
				if (bad == 0) != (r.Failure == nil) {
					t.Errorf("%s with %d failures and errors", r.Verdict, bad)
				}
			}
		})
	}
	var out bytes.Buffer
	checks := checksOfTwo()
	checks[0].Failure.Message = hostile
	if err := JUnit(&out, checks); err != nil {
		t.Fatal(err)
	}
	if suites := checkJUnit(t, out.Bytes()); suites[0].attr(t, "failures") != 1 || suites[1].attr(t, "failures") != 0 {
		t.Error(out.String())
	}
	if err := JUnit(brokenPipe{}, nil); err == nil {
		t.Error("a write error is not returned")
	}
}

func TestUnprovedIsAnError(t *testing.T) {
	var out bytes.Buffer
	if err := JUnit(&out, []outcome.Result{engineless()}); err != nil {
		t.Fatal(err)
	}
	if s := checkJUnit(t, out.Bytes())[0]; s.attr(t, "errors") != 1 || s.attr(t, "failures") != 0 {
		t.Error(out.String())
	}
}

// element is any XML element.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
}

func (e element) text(name string) string {
	i := slices.IndexFunc(e.Attrs, func(a xml.Attr) bool { return a.Name.Local == name })
	if i < 0 {
		return ""
	}
	return e.Attrs[i].Value
}

func (e element) attr(t *testing.T, name string) int {
	t.Helper()
	n, err := strconv.Atoi(e.text(name))
	if err != nil {
		t.Fatalf("%s of %s: %v", name, e.XMLName.Local, err)
	}
	return n
}

// structure holds what the common JUnit schema allows: each element's children in
// their order, and its required attributes.
var structure = map[string]struct{ children, attrs []string }{
	"testsuites": {[]string{"testsuite"}, []string{"name", "tests", "failures", "errors", "skipped", "time"}},
	"testsuite":  {[]string{"properties", "testcase"}, []string{"name", "tests", "failures", "errors", "skipped", "time"}},
	"properties": {[]string{"property"}, nil},
	"property":   {nil, []string{"name", "value"}},
	"testcase":   {[]string{"skipped", "error", "failure"}, []string{"name", "classname", "time"}},
	"skipped":    {}, "error": {nil, []string{"type"}}, "failure": {},
}

var decimals = regexp.MustCompile(`^\d+\.\d{3}$`)

// checkJUnit parses a document strictly, compares it with the schema and returns
// its suites.
func checkJUnit(t *testing.T, doc []byte) []element {
	t.Helper()
	if !utf8.Valid(doc) {
		t.Fatal("not UTF-8")
	}
	for tokens := xml.NewDecoder(bytes.NewReader(doc)); ; {
		if _, err := tokens.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("not XML: %v\n%s", err, doc)
		}
	}
	var root element
	if err := xml.Unmarshal(doc, &root); err != nil {
		t.Fatal(err)
	}
	if root.XMLName.Local != "testsuites" {
		t.Fatalf("the root is %s", root.XMLName.Local)
	}
	checkElement(t, root)
	tests := 0
	for _, suite := range root.Children {
		tests += suite.attr(t, "tests")
		counts := map[string]int{}
		for _, c := range suite.Children {
			if c.XMLName.Local != "testcase" {
				continue
			}
			counts["tests"]++
			for _, end := range c.Children {
				counts[map[string]string{"failure": "failures", "error": "errors", "skipped": "skipped"}[end.XMLName.Local]]++
			}
		}
		for _, name := range []string{"tests", "failures", "errors", "skipped"} {
			if suite.attr(t, name) != counts[name] {
				t.Errorf("%s: %s is %d, but there are %d", suite.text("name"), name, suite.attr(t, name), counts[name])
			}
		}
	}
	if tests != root.attr(t, "tests") {
		t.Errorf("tests is %d, but there are %d", root.attr(t, "tests"), tests)
	}
	return root.Children
}

func checkElement(t *testing.T, e element) {
	t.Helper()
	want, ok := structure[e.XMLName.Local]
	if !ok {
		t.Fatalf("not an element of JUnit: %s", e.XMLName.Local)
	}
	for _, name := range want.attrs {
		if !slices.ContainsFunc(e.Attrs, func(a xml.Attr) bool { return a.Name.Local == name }) {
			t.Errorf("%s has no %s", e.XMLName.Local, name)
		}
	}
	if time := e.text("time"); time != "" && !decimals.MatchString(time) {
		t.Errorf("%s took %q", e.XMLName.Local, time)
	}
	last := 0
	for _, child := range e.Children {
		at := slices.Index(want.children, child.XMLName.Local)
		if at < last {
			t.Errorf("%s is not allowed in %s, or not at this place", child.XMLName.Local, e.XMLName.Local)
		}
		last = at
		checkElement(t, child)
	}
}
