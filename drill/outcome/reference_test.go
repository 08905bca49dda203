package outcome_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/outcome"
)

var update = flag.Bool("update", false, "write the generated pages")

const resultHead = "# The JSON result\n\n" +
	"<!-- Generated from the types in drill/outcome by make golden: do not edit. -->\n\n" +
	"`drillgres run --format json` prints a result, and `--output FILE` writes it to a file. The result of one database is the object below.\n" +
	"The results of several databases are `{\"schema_version\": 1, \"results\": […]}`. The history stores the same objects.\n" +
	"`drillgres check` prints `{\"schema_version\": 1, \"checked\": […]}`: each element is such an object with one more field, `matched`, the\n" +
	"number of backups at the source.\n\n" +
	"The format only grows: fields are added, never renamed or removed. Every field is always present unless it is marked as optional. A list\n" +
	"is never `null`. Times are in UTC, as RFC 3339. Durations are in seconds and sizes in bytes.\n" +
	"Treat a value that you do not know, such as a new code, as a failure.\n"

// TestResultReferenceIsCurrent compares docs/result.md with the types.
func TestResultReferenceIsCurrent(t *testing.T) {
	const path = "../../docs/result.md"
	got := resultReference(t)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is stale: run make golden:\n%s", path, diff)
	}
}

// resultReference writes a section for the result and for every type in it.
func resultReference(t *testing.T) []byte {
	t.Helper()
	r := reference{t: t, comments: commentsOf(t)}
	r.b.WriteString(resultHead)
	r.add(reflect.TypeFor[outcome.Result]())
	for len(r.next) > 0 {
		typ := r.next[0]
		r.next = r.next[1:]
		if typ.Kind() == reflect.Struct {
			r.object(typ)
		} else {
			r.values(typ)
		}
	}
	return r.b.Bytes()
}

type reference struct {
	t        *testing.T
	b        bytes.Buffer
	comments comments
	seen     []reflect.Type
	next     []reflect.Type
}

// add queues the section of a type, once.
func (r *reference) add(typ reflect.Type) {
	if !slices.Contains(r.seen, typ) {
		r.seen, r.next = append(r.seen, typ), append(r.next, typ)
	}
}

// heading writes a type's name and its doc comment, which begins with the name
// and is to be a sentence without it.
func (r *reference) heading(typ reflect.Type) {
	doc := r.comments.types[typ.Name()]
	if doc == "" {
		r.t.Errorf("%s has no doc comment", typ.Name())
		return
	}
	fmt.Fprintf(&r.b, "\n## %s\n\n%s%s\n\n", title(typ), strings.ToUpper(doc[:1]), doc[1:])
}

// object documents the fields of a struct.
func (r *reference) object(typ reflect.Type) {
	r.heading(typ)
	r.b.WriteString("| field | type | meaning |\n|---|---|---|\n")
	for field := range fieldsOf(typ) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		meaning := r.comments.fields[typ.Name()+"."+field.Name]
		if name == "" || meaning == "" {
			r.t.Errorf("%s.%s needs a JSON name and a comment", typ.Name(), field.Name)
		}
		if options != "" {
			meaning += " (optional)"
		}
		fmt.Fprintf(&r.b, "| `%s` | %s | %s |\n", name, r.describe(field.Type), cell(meaning))
	}
}

// values documents the constants of a named string.
func (r *reference) values(typ reflect.Type) {
	r.heading(typ)
	r.b.WriteString("| value | meaning |\n|---|---|\n")
	constants := r.comments.constants[typ.Name()]
	if len(constants) == 0 {
		r.t.Errorf("%s has no constants", typ.Name())
	}
	for _, c := range constants {
		if c.meaning == "" {
			r.t.Errorf("%s %q has no comment", typ.Name(), c.value)
		}
		fmt.Fprintf(&r.b, "| `%s` | %s |\n", c.value, cell(c.meaning))
	}
}

// describe names a type in the words of JSON, and queues its section.
func (r *reference) describe(typ reflect.Type) string {
	switch {
	case typ == reflect.TypeFor[time.Time]():
		return "time"
	case typ == reflect.TypeFor[outcome.Code]():
		return "[code](failures.md)"
	case typ.Kind() == reflect.Pointer:
		return r.describe(typ.Elem()) + " or null"
	case typ.Kind() == reflect.Slice:
		return "list of " + r.describe(typ.Elem())
	case typ.Kind() == reflect.Map:
		return "object, each value " + r.describe(typ.Elem())
	case typ.PkgPath() != "":
		r.add(typ)
		return fmt.Sprintf("[%s](#%s)", title(typ), strings.ReplaceAll(title(typ), " ", "-"))
	}
	switch typ.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Interface:
		return "of any type"
	}
	r.t.Errorf("the reference does not know %s", typ)
	return ""
}

// title is a type's name in lower-case words: FailureReport is failure report.
func title(typ reflect.Type) string {
	var b strings.Builder
	for i, letter := range typ.Name() {
		if i > 0 && letter >= 'A' && letter <= 'Z' {
			b.WriteByte(' ')
		}
		b.WriteRune(letter)
	}
	return strings.ToLower(b.String())
}

func fieldsOf(typ reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range typ.NumField() {
			if !yield(typ.Field(i)) {
				return
			}
		}
	}
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// comments holds what the source says about types, fields and constants.
type comments struct {
	types     map[string]string
	fields    map[string]string // by Type.Field
	constants map[string][]constant
}

type constant struct{ value, meaning string }

func commentsOf(t *testing.T) comments {
	t.Helper()
	c := comments{types: map[string]string{}, fields: map[string]string{}, constants: map[string][]constant{}}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			if group, ok := decl.(*ast.GenDecl); ok {
				c.read(group)
			}
		}
	}
	if len(c.fields) == 0 {
		t.Fatal("found no field: nothing is tested")
	}
	return c
}

func (c comments) read(group *ast.GenDecl) {
	for _, spec := range group.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			c.types[spec.Name.Name] = meaningOf(spec.Name.Name, group.Doc, nil)
			if object, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range object.Fields.List {
					for _, name := range field.Names {
						c.fields[spec.Name.Name+"."+name.Name] = meaningOf(name.Name, field.Doc, field.Comment)
					}
				}
			}
		case *ast.ValueSpec:
			literal, ok := firstOf(spec.Values).(*ast.BasicLit)
			if typ := nameOf(spec.Type); ok && typ != "" && literal.Kind == token.STRING {
				value, _ := strconv.Unquote(literal.Value) // the parser accepted it
				c.constants[typ] = append(c.constants[typ], constant{value, meaningOf(spec.Names[0].Name, spec.Doc, spec.Comment)})
			}
		}
	}
}

func firstOf(values []ast.Expr) ast.Expr {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

// meaningOf is the comment above a name or behind it, on one line. A comment
// above begins with the name, which is not the one of the JSON.
func meaningOf(name string, above, behind *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(above.Text()), " ")
	for _, verb := range []string{"is", "are", ""} {
		text = strings.TrimPrefix(text, strings.TrimSpace(name+" "+verb)+" ")
	}
	return strings.TrimSpace(text + " " + strings.Join(strings.Fields(behind.Text()), " "))
}
