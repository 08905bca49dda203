package report

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/drillgres/drillgres/drill/outcome"
)

// several is the document for any number of drills except one.
type several struct {
	SchemaVersion int              `json:"schema_version"`
	Results       []outcome.Result `json:"results"`
}

// checkDocument is the document of checks, for any number of databases.
type checkDocument struct {
	SchemaVersion int           `json:"schema_version"`
	Checked       []checkResult `json:"checked"`
}

type checkResult struct {
	outcome.Result
	Matched int `json:"matched"` // number of backups at the source
}

// JSON writes one document: for one drill the result itself, for several drills an
// object with the key results, and for checks an object with the key checked.
func JSON(w io.Writer, results []outcome.Result) error {
	all := make([]outcome.Result, len(results))
	for i, r := range results {
		all[i] = r.Normalised()
	}
	if len(all) > 0 && all[0].Kind == outcome.KindCheck {
		return Document(w, checkDocumentOf(all))
	}
	if len(all) == 1 {
		return Document(w, all[0])
	}
	return Document(w, several{SchemaVersion: outcome.SchemaVersion, Results: all})
}

func checkDocumentOf(results []outcome.Result) checkDocument {
	doc := checkDocument{SchemaVersion: outcome.SchemaVersion, Checked: make([]checkResult, len(results))}
	for i, r := range results {
		doc.Checked[i] = checkResult{Result: r, Matched: matchedBackups(r)}
	}
	return doc
}

// Document writes any value as one indented JSON document.
func Document(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
