package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/invopop/jsonschema"
)

// TestSchemaIsCurrent compares schema.json with the schema generated from the types
// and their comments, and rewrites it with -update.
func TestSchemaIsCurrent(t *testing.T) {
	r := jsonschema.Reflector{
		Anonymous:                  true,
		ExpandedStruct:             true,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Mapper:                     notation,
	}
	if err := r.AddGoComments("github.com/drillgres/drillgres/drill/config", ".", jsonschema.WithFullComment()); err != nil {
		t.Fatal(err)
	}
	for name, comment := range r.CommentMap {
		r.CommentMap[name] = strings.Join(strings.Fields(comment), " ")
	}
	s := r.Reflect(&Config{})
	s.Title = "drillgres.yaml"
	out, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "schema.json", string(out)+"\n")
}

// notation returns the schema of types whose notation is not that of their Go type.
func notation(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Value]():
		return &jsonschema.Schema{OneOf: append(scalars(), secretFileSchema())}
	case reflect.TypeFor[History]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, secretFileSchema()}}
	case reflect.TypeFor[Duration]():
		return &jsonschema.Schema{Type: "string", Examples: []any{"90s", "26h", "7d", "2w", "3y"}}
	case reflect.TypeFor[Size]():
		return &jsonschema.Schema{OneOf: scalars()[:2], Examples: []any{"512MiB", "4GiB", "20GB"}}
	case reflect.TypeFor[Percent]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "boolean"}}, Examples: []any{"20%", "off"}}
	case reflect.TypeFor[Text]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[Expr]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "boolean"}}, Examples: []any{"value == 0"}}
	case reflect.TypeFor[Build]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string", Enum: []any{"auto", "off"}}, mappingSchema(&Build{})}}
	case reflect.TypeFor[Control]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, mappingSchema(&Control{})}}
	case reflect.TypeFor[string]():
		return &jsonschema.Schema{OneOf: scalars()}
	default:
		return nil
	}
}

// scalars returns the types of a string that is written without quotes.
func scalars() []*jsonschema.Schema {
	return []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}
}

func secretFileSchema() *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set("file", &jsonschema.Schema{Type: "string", Description: "Path of a file that holds the value, relative to the config file."})
	return &jsonschema.Schema{
		Type:                 "object",
		Properties:           properties,
		Required:             []string{"file"},
		AdditionalProperties: jsonschema.FalseSchema,
	}
}

// mappingSchema returns the schema of a type that may also be a single value, as a mapping.
func mappingSchema(v any) *jsonschema.Schema {
	r := jsonschema.Reflector{Anonymous: true, ExpandedStruct: true, DoNotReference: true, FieldNameTag: "yaml", RequiredFromJSONSchemaTags: true}
	r.Mapper = func(t reflect.Type) *jsonschema.Schema {
		if t == reflect.TypeOf(v).Elem() {
			return nil
		}
		return notation(t)
	}
	if err := r.AddGoComments("github.com/drillgres/drillgres/drill/config", ".", jsonschema.WithFullComment()); err != nil {
		panic(err)
	}
	for name, comment := range r.CommentMap {
		r.CommentMap[name] = strings.Join(strings.Fields(comment), " ")
	}
	s := r.Reflect(v)
	s.Version, s.ID = "", ""
	return s
}
