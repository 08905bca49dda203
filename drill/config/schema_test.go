package config

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// node is the part of JSON Schema that the config's schema uses.
type node struct {
	Ref         string           `json:"$ref"`
	Defs        map[string]*node `json:"$defs"`
	Description string           `json:"description"`
	Required    []string         `json:"required"`
	Properties  map[string]*node `json:"properties"`
	Additional  json.RawMessage  `json:"additionalProperties"`
	Items       *node            `json:"items"`
	OneOf       []*node          `json:"oneOf"`
	Type        string           `json:"type"`
}

func TestSchemaKnowsTheSample(t *testing.T) {
	root := schemaNode(t)
	data, err := os.ReadFile("testdata/valid/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var sample any
	if err := yaml.Unmarshal(data, &sample); err != nil {
		t.Fatal(err)
	}
	for _, problem := range root.validate(root, "", sample) {
		t.Error(problem)
	}
	broken := map[string]any{"version": 1, "databases": map[string]any{"a": map[string]any{"backup": map[string]any{"form": "x"}}}}
	if got := strings.Join(root.validate(root, "", broken), "\n"); !strings.Contains(got, "form") || !strings.Contains(got, "postgres") {
		t.Errorf("the schema allows a misspelt and a missing key: %s", got)
	}
}

// TestSchemaDescribesEveryKey checks that an editor can show a description of every
// key.
func TestSchemaDescribesEveryKey(t *testing.T) {
	keys := 0
	root := schemaNode(t)
	for name, def := range root.Defs {
		for key, property := range def.Properties {
			keys++
			if property.Description == "" {
				t.Errorf("%s of %s has no description: write a comment for its field", key, name)
			}
		}
		if def.Description == "" {
			t.Errorf("%s has no description", name)
		}
	}
	for key, property := range root.Properties {
		if property.Description == "" {
			t.Errorf("%s has no description", key)
		}
	}
	if keys < 90 {
		t.Errorf("%d keys are described: nothing is tested", keys)
	}
	if got := root.Defs["Backup"].Properties["match"].Description; !strings.HasPrefix(got, "Glob on the base name") {
		t.Errorf("match is described as %q", got)
	}
}

func schemaNode(t *testing.T) *node {
	t.Helper()
	var root node
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	return &root
}

// validate returns what the schema does not allow in value.
func (n *node) validate(root *node, at string, value any) (problems []string) {
	if n.Ref != "" {
		return root.Defs[strings.TrimPrefix(n.Ref, "#/$defs/")].validate(root, at, value)
	}
	if len(n.OneOf) > 0 {
		matching := 0
		for _, one := range n.OneOf {
			if len(one.validate(root, at, value)) == 0 {
				matching++
			}
		}
		if matching != 1 {
			problems = append(problems, at+": matches none or several of its forms")
		}
		return problems
	}
	switch v := value.(type) {
	case map[string]any:
		return n.validateObject(root, at, v)
	case []any:
		if n.Type != "array" {
			return []string{at + ": is not of type " + n.Type}
		}
		for _, item := range v {
			problems = append(problems, n.Items.validate(root, at+"[]", item)...)
		}
		return problems
	case string:
		return n.typed(at, "string")
	case bool:
		return n.typed(at, "boolean")
	default:
		return n.typed(at, "number", "integer")
	}
}

func (n *node) typed(at string, types ...string) []string {
	for _, typ := range types {
		if n.Type == typ {
			return nil
		}
	}
	return []string{at + ": is not of type " + n.Type}
}

func (n *node) validateObject(root *node, at string, v map[string]any) (problems []string) {
	if n.Type != "object" {
		return []string{at + ": is not of type " + n.Type}
	}
	for _, key := range n.Required {
		if _, ok := v[key]; !ok {
			problems = append(problems, at+": lacks "+key)
		}
	}
	var rest node
	closed := string(n.Additional) == "false"
	if !closed && json.Unmarshal(n.Additional, &rest) != nil {
		return append(problems, at+": allows any key")
	}
	for key, item := range v {
		switch sub := n.Properties[key]; {
		case sub != nil:
			problems = append(problems, sub.validate(root, at+"."+key, item)...)
		case closed:
			problems = append(problems, at+": does not know "+key)
		default:
			problems = append(problems, rest.validate(root, at+"."+key, item)...)
		}
	}
	return problems
}
