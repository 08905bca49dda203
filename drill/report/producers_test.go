package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/producer"
)

// TestProducersDocIsCurrent compares docs/producers.md with the table.
func TestProducersDocIsCurrent(t *testing.T) {
	var page bytes.Buffer
	if err := ProducersDoc(&page); err != nil {
		t.Fatal(err)
	}
	golden(t, "../../../docs/producers.md", page.Bytes())
}

func TestProducersGolden(t *testing.T) {
	var list, text, doc bytes.Buffer
	full := producer.Producer{
		Name: "tool", Aliases: []string{"fork"}, Title: "A tool", Writes: "one dump", Config: "producer: tool\ndatabase: shop", Match: "{database}-*.dump", Folder: "last",
		Parts: []string{"roles*", "data*"}, Globals: "globals*", Member: "dump.sql", Layers: []string{"gzip", "plain"},
		OpenSSL: &producer.OpenSSL{Cipher: "aes-256-cbc", PBKDF2: true, Iterations: 310000, Digest: "sha256"},
		Command: []string{"tool", "cat"}, Notes: []string{"A note that is longer than one line of a narrow terminal can be.", "Another."}, Evidence: "acme/tool:main.go",
	}
	raw := producer.Producer{Name: "raw", Title: "A copy", Writes: "files", Layers: []string{"tar"}, Unusable: "Run pg_dump too.", Evidence: "acme/raw:main.go"}
	x := Producers([]producer.Producer{full, raw})
	o := Options{Width: 80}
	if err := errors.Join(x.List(&list, o), x.Text(&text, o), Document(&doc, x)); err != nil {
		t.Fatal(err)
	}
	golden(t, "producers_list.txt", list.Bytes())
	golden(t, "producers.txt", text.Bytes())
	golden(t, "producers.json", doc.Bytes())
}

func TestNoProducersIsAnEmptyList(t *testing.T) {
	var doc bytes.Buffer
	if err := Document(&doc, Producers(nil)); err != nil || !strings.Contains(doc.String(), `"producers": []`) {
		t.Errorf("%v, %s", err, doc.String())
	}
}

// TestEveryProducerIsOnThePage: a table cell with a bar would end early.
func TestEveryProducerIsOnThePage(t *testing.T) {
	var page, list bytes.Buffer
	if err := errors.Join(ProducersDoc(&page), Producers(producer.All()).List(&list, Options{})); err != nil {
		t.Fatal(err)
	}
	for _, tool := range producer.All() {
		if !strings.Contains(page.String(), "\n## "+tool.Name+"\n") || !strings.Contains(list.String(), tool.Name+"  "+tool.Title+"\n") {
			t.Errorf("%s is missing", tool.Name)
		}
	}
	for line := range strings.Lines(page.String()) {
		bars := strings.Count(line, "|") - strings.Count(line, `\|`)
		if strings.HasPrefix(line, "|") && bars != 3 {
			t.Errorf("%d bars in %q", bars, line)
		}
	}
}
