package config

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
)

//go:embed config.go
var source string

// Schema is a JSON schema of the config file, for editors. It knows keys and
// types; Load knows the rest.
func Schema() ([]byte, error) {
	comments, err := fieldComments()
	if err != nil {
		return nil, fmt.Errorf("read the config's comments: %w", err)
	}
	r := jsonschema.Reflector{
		Anonymous:                  true,
		ExpandedStruct:             true,
		FieldNameTag:               "yaml",
		RequiredFromJSONSchemaTags: true,
		Mapper:                     notation,
		LookupComment: func(t reflect.Type, field string) string {
			return comments[t.Name()+"."+field]
		},
	}
	schema := r.Reflect(&Config{})
	schema.Title = "drillgres.yaml"
	out, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the config's schema: %w", err)
	}
	return out, nil
}

// notation is the schema of types that are written otherwise than Go would.
func notation(t reflect.Type) *jsonschema.Schema {
	switch t {
	case reflect.TypeFor[Value]():
		return &jsonschema.Schema{OneOf: append(scalars(), secretFileSchema())}
	case reflect.TypeFor[History]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, secretFileSchema()}}
	case reflect.TypeFor[Duration]():
		return &jsonschema.Schema{Type: "string", Examples: []any{"90s", "26h", "7d", "2w"}}
	case reflect.TypeFor[Size]():
		return &jsonschema.Schema{OneOf: scalars()[:2], Examples: []any{"512MiB", "4GiB", "20GB"}}
	case reflect.TypeFor[Percent]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "boolean"}}, Examples: []any{"20%", "off"}}
	case reflect.TypeFor[Text]():
		return &jsonschema.Schema{Type: "string"}
	case reflect.TypeFor[Expr]():
		return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "boolean"}}, Examples: []any{"value == 0"}}
	case reflect.TypeFor[string]():
		return &jsonschema.Schema{OneOf: scalars()}
	default:
		return nil
	}
}

// scalars are what a text may be written as without quotes.
func scalars() []*jsonschema.Schema {
	return []*jsonschema.Schema{{Type: "string"}, {Type: "number"}, {Type: "boolean"}}
}

func secretFileSchema() *jsonschema.Schema {
	properties := jsonschema.NewProperties()
	properties.Set("file", &jsonschema.Schema{Type: "string", Description: "path of a file that holds the value"})
	return &jsonschema.Schema{
		Type:                 "object",
		Properties:           properties,
		Required:             []string{"file"},
		AdditionalProperties: jsonschema.FalseSchema,
	}
}

// fieldComments are the comments of config.go: of types by "Type.", of fields
// by "Type.Field". So an editor shows what a reader of the code sees.
func fieldComments() (map[string]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	comments := map[string]string{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || len(group.Specs) != 1 {
			continue
		}
		spec, ok := group.Specs[0].(*ast.TypeSpec)
		if !ok {
			continue
		}
		comments[spec.Name.Name+"."] = inOneLine(group.Doc)
		if fields, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range fields.Fields.List {
				comments[spec.Name.Name+"."+f.Names[0].Name] = inOneLine(f.Comment)
			}
		}
	}
	return comments, nil
}

func inOneLine(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }
