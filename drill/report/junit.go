package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"time"

	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/words"
)

// The elements of JUnit's XML that CI systems read: see
// https://github.com/testmoapp/junitxml. encoding/xml replaces characters that
// XML 1.0 does not allow by U+FFFD.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Suites []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Timestamp  string          `xml:"timestamp,attr,omitempty"`
		Properties []junitProperty `xml:"properties>property,omitempty"`
		Cases      []junitCase     `xml:"testcase"`

		seconds float64
	}
	junitCounts struct {
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
		Skipped  int    `xml:"skipped,attr"`
		Time     string `xml:"time,attr"` // in seconds
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string      `xml:"name,attr"`
		Class   string      `xml:"classname,attr"` // database.stage
		Time    string      `xml:"time,attr"`
		Failure *junitCause `xml:"failure"` // the drill failed
		Error   *junitCause `xml:"error"`   // the drill could not be run
		Skipped *junitCause `xml:"skipped"` // not reached, not configured, or unknown
	}
	junitCause struct {
		Message string `xml:"message,attr,omitempty"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes drills and checks as JUnit XML: a test suite per database, and a
// test case per stage and per check. What failed is a failure, what could not be
// tested is an error, and what is unknown is skipped.
func JUnit(w io.Writer, results []outcome.Result) error {
	var suites []junitSuite
	for _, r := range results {
		s := junitSuite{Name: clean(r.Database), Timestamp: timestamp(r.StartedAt)}
		s.property("run", r.RunID)
		s.property("kind", string(r.Kind))
		s.property("backup", r.Backup.URI)
		s.property("verdict", string(r.Verdict))
		for _, stage := range r.Stages {
			s.add(stageCase(r, stage))
		}
		for _, c := range r.Checks {
			s.add(checkCase(r.Database, c))
		}
		if r.Failure != nil && s.Failures+s.Errors == 0 {
			s.add(failed(newCase("drill", r.Database, string(r.Failure.Stage), r.Times.Total), *r.Failure))
		}
		s.seconds = r.Times.Total
		suites = append(suites, s)
	}
	return writeJUnit(w, suites)
}

func stageCase(r outcome.Result, s outcome.StageReport) junitCase {
	c := newCase(string(s.Stage), r.Database, string(s.Stage), s.Seconds)
	switch s.Status {
	case outcome.StageFailed:
		if r.Failure != nil {
			return failed(c, *r.Failure)
		}
		c.Failure = &junitCause{Message: "failed"}
	case outcome.StageSkipped:
		c.Skipped = &junitCause{Message: clean(s.Reason)}
	case outcome.StageNotReached:
		c.Skipped = &junitCause{Message: statusWord(s.Status)}
	}
	return c
}

func checkCase(database string, check outcome.Check) junitCase {
	c := newCase(check.Name, database, string(check.Stage), check.Seconds)
	switch check.Status {
	case outcome.CheckFailed:
		c.Failure = &junitCause{Message: clean(resultText(check)), Type: clean(check.Kind)}
	case outcome.CheckUnknown:
		c.Skipped = &junitCause{Message: clean(words.Join(": ", "unknown", resultText(check)))}
	case outcome.CheckNotConfigured:
		c.Skipped = &junitCause{Message: "not configured"}
	}
	return c
}

func newCase(name, database, stage string, seconds float64) junitCase {
	return junitCase{Name: clean(name), Class: clean(words.Join(".", database, stage)), Time: xmlSeconds(seconds)}
}

// failed returns c with the failure of its drill, as a failure or an error
// depending on the verdict.
func failed(c junitCase, f outcome.FailureReport) junitCase {
	text := Clean(f.Message)
	for _, d := range detailsOf(f) {
		text += "\n" + clean(d.label+d.text)
	}
	if f.Hint != "" {
		text += "\nhint: " + clean(f.Hint)
	}
	cause := &junitCause{Message: shortened(clean(f.Message)), Type: clean(string(f.Code)), Text: text}
	if f.Class.Verdict() == outcome.VerdictFailed {
		c.Failure = cause
	} else {
		c.Error = cause
	}
	return c
}

func (s *junitSuite) property(name, value string) {
	if value != "" {
		s.Properties = append(s.Properties, junitProperty{name, clean(value)})
	}
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

func writeJUnit(w io.Writer, suites []junitSuite) error {
	all := junitSuites{Name: "drillgres", Suites: suites}
	var total float64
	for i, s := range suites {
		suites[i].Time = xmlSeconds(s.seconds)
		total += s.seconds
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.Skipped += s.Skipped
	}
	all.Time = xmlSeconds(total)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(all); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	return nil
}

func xmlSeconds(s float64) string { return fmt.Sprintf("%.3f", s) }

// timestamp returns a time in UTC as ISO 8601 without a zone, as JUnit's schema
// requires.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05")
}
