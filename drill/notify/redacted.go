package notify

import (
	"bytes"
	"encoding/json"

	"github.com/drillgres/drillgres/drill/outcome"
)

// redacted returns a result whose texts went through text. A result that is written as
// JSON cannot be redacted as a whole: that might break it.
func redacted(r outcome.Result, text func(string) string) outcome.Result {
	document, err := json.Marshal(r)
	if err != nil {
		return outcome.Result{RunID: r.RunID, Database: r.Database}
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var tree any
	var clean outcome.Result
	if decoder.Decode(&tree) != nil {
		return outcome.Result{RunID: r.RunID, Database: r.Database}
	}
	document, err = json.Marshal(redactTree(tree, text))
	if err != nil || json.Unmarshal(document, &clean) != nil {
		return outcome.Result{RunID: r.RunID, Database: r.Database}
	}
	return clean
}

func redactTree(node any, text func(string) string) any {
	switch node := node.(type) {
	case string:
		return text(node)
	case []any:
		for i, child := range node {
			node[i] = redactTree(child, text)
		}
	case map[string]any:
		for key, child := range node {
			node[key] = redactTree(child, text)
		}
	}
	return node
}
