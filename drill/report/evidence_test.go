package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/evidence"
)

// TestEvidenceIsPrintable checks that text of forged evidence controls no terminal, and that
// many problems are counted.
func TestEvidenceIsPrintable(t *testing.T) {
	c := evidence.Chain{Database: "shop\x1b[2J"}
	for i := range 30 {
		c.Problems = append(c.Problems, evidence.Problem{Kind: evidence.KeyUnknown, RunID: fmt.Sprintf("run%d\x1b[2J", i), File: "statement.json", Message: "signed with \x1b]0;key"})
	}
	var out bytes.Buffer
	if err := Evidence(&out, evidence.Report{Place: "proof", Chains: []evidence.Chain{c}}, Options{}); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if strings.ContainsRune(text, '\x1b') || !strings.HasPrefix(text, "NOT VALID  proof  0 valid records, 30 problems") || !strings.Contains(text, "10 more problems (the JSON has all)") {
		t.Errorf("%q", text)
	}
}
