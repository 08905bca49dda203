package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/outcome"
)

// TestFailuresDocIsCurrent compares docs/failures.md with the catalogue.
func TestFailuresDocIsCurrent(t *testing.T) {
	var page bytes.Buffer
	if err := FailuresDoc(&page); err != nil {
		t.Fatal(err)
	}
	golden(t, "../../../docs/failures.md", page.Bytes())
}

func TestExplainGolden(t *testing.T) {
	var text, doc bytes.Buffer
	findings := []outcome.FindingEntry{{Code: "sequence_behind", Stage: outcome.Verify, Meaning: "It is behind.", Remedy: "set it"}}
	x := Explain([]outcome.Entry{outcome.SequenceBehind.Entry()}, findings)
	if err := errors.Join(x.Text(&text, Options{Width: 80}), Document(&doc, x)); err != nil {
		t.Fatal(err)
	}
	golden(t, "explain.txt", text.Bytes())
	golden(t, "explain.json", doc.Bytes())
}

func TestEverythingIsListed(t *testing.T) {
	var list bytes.Buffer
	if err := Explain(outcome.Catalogue, outcome.Findings).List(&list, Options{}); err != nil {
		t.Fatal(err)
	}
	for _, e := range outcome.Catalogue {
		if !strings.Contains(list.String(), "\n"+string(e.Code)+" ") {
			t.Errorf("%s is not listed", e.Code)
		}
	}
	for _, f := range outcome.Findings {
		if !strings.Contains(list.String(), "\n"+f.Code+" ") {
			t.Errorf("%s is not listed", f.Code)
		}
	}
}

// TestEveryExplanationFits prints each code on a narrow terminal. A message longer
// than a screen would be shortened.
func TestEveryExplanationFits(t *testing.T) {
	for _, e := range outcome.Catalogue {
		var out bytes.Buffer
		if err := Explain([]outcome.Entry{e}, nil).Text(&out, Options{Width: 80}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			// A word longer than a line is not wrapped, so that it can be copied.
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 80 && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%s: %d characters: %s", e.Code, n, line)
			}
		}
		if n := strings.Count(out.String(), "\n"); n > 40 {
			t.Errorf("%s: %d lines do not fit on a screen", e.Code, n)
		}
	}
}

func TestExplanationsHaveNoNull(t *testing.T) {
	out, err := json.Marshal(Explain(outcome.Catalogue, nil))
	if at := bytes.Index(out, []byte(":null")); err != nil || at >= 0 {
		t.Errorf("%v, null after %s", err, out[:max(at, 0)])
	}
}
