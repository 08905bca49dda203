package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/extension"
)

// TestExtensionsDocIsCurrent compares docs/extensions.md with the table.
func TestExtensionsDocIsCurrent(t *testing.T) {
	var page bytes.Buffer
	if err := ExtensionsDoc(&page); err != nil {
		t.Fatal(err)
	}
	golden(t, "../../../docs/extensions.md", page.Bytes())
	for _, e := range extension.All() {
		if !strings.Contains(page.String(), "\n| "+e.Name+" | ") {
			t.Errorf("%s is missing", e.Name)
		}
	}
}
