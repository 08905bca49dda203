package outcome_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/outcome"
)

// sources are all files of the program, without tests and without the
// catalogue itself.
func sources(t *testing.T) (files []*ast.File) {
	t.Helper()
	for _, root := range []string{"../../drill", "../../appcheck", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			base := filepath.Base(path)
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(base, "catalogue") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			files = append(files, file)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// TestEveryFindingIsListed looks for all findings that the source makes.
func TestEveryFindingIsListed(t *testing.T) {
	made := findingCodes(t, sources(t))
	if len(made) < 20 {
		t.Fatalf("found %q: nothing is tested", made)
	}
	var listed []string
	for _, f := range outcome.Findings {
		listed = append(listed, f.Code)
		if !slices.Contains(made, f.Code) {
			t.Errorf("%s is listed, and nothing makes it", f.Code)
		}
	}
	for _, code := range made {
		if !slices.Contains(listed, code) {
			t.Errorf("%s is made, and not listed", code)
		}
	}
}

// findingCodes are the codes in literals of the type Finding. Where one comes
// from a parameter, the calls of that function tell it, and so on.
func findingCodes(t *testing.T, files []*ast.File) []string {
	t.Helper()
	s := search{makers: map[string]int{}}
	for known := -1; known < len(s.makers); {
		known = len(s.makers)
		s.codes, s.unclear = nil, nil
		for _, file := range files {
			for _, decl := range file.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok {
					s.pass(file.Name.Name, fn)
				}
			}
		}
	}
	if len(s.unclear) > 0 {
		t.Errorf("cannot tell the codes of findings in %q", s.unclear)
	}
	slices.Sort(s.codes)
	return slices.Compact(s.codes)
}

// search is for the codes that findings are given.
type search struct {
	makers  map[string]int // functions, as package.name, that are told a code: the place of that parameter
	codes   []string
	unclear []string // functions with a code that cannot be told
}

func (s *search) pass(pkg string, fn *ast.FuncDecl) {
	ast.Inspect(fn, func(n ast.Node) bool {
		for _, given := range s.given(pkg, n) {
			s.note(pkg, fn, given)
		}
		return true
	})
}

// given are the places where a node gives findings their codes.
func (s *search) given(pkg string, n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		if place, ok := s.makers[pkg+"."+nameOf(n.Fun)]; ok && place < len(n.Args) {
			return n.Args[place : place+1]
		}
	case *ast.CompositeLit:
		list, ok := n.Type.(*ast.ArrayType) // whose elements need not name their type
		switch {
		case ok && nameOf(list.Elt) == "Finding":
			return codeFields(n.Elts...)
		case nameOf(n.Type) == "Finding":
			return codeFields(n)
		}
	}
	return nil
}

func codeFields(literals ...ast.Expr) (fields []ast.Expr) {
	for _, l := range literals {
		literal, ok := l.(*ast.CompositeLit)
		if !ok {
			continue
		}
		for _, element := range literal.Elts {
			if pair, ok := element.(*ast.KeyValueExpr); ok && nameOf(pair.Key) == "Code" {
				fields = append(fields, pair.Value)
			}
		}
	}
	return fields
}

// note keeps a code, or that fn is told it.
func (s *search) note(pkg string, fn *ast.FuncDecl, given ast.Expr) {
	switch given := given.(type) {
	case *ast.BasicLit:
		if code, err := strconv.Unquote(given.Value); err == nil {
			s.codes = append(s.codes, code)
			return
		}
	case *ast.Ident:
		if place := slices.Index(parameters(fn), given.Name); place >= 0 {
			s.makers[pkg+"."+fn.Name.Name] = place
			return
		}
	case *ast.CallExpr: // string(outcome.SequenceBehind)
		for _, e := range outcome.Catalogue {
			if constant := strings.ReplaceAll(string(e.Code), "_", ""); strings.EqualFold(nameOf(given.Args[0]), constant) {
				s.codes = append(s.codes, string(e.Code))
				return
			}
		}
	}
	s.unclear = append(s.unclear, pkg+"."+fn.Name.Name)
}

func parameters(fn *ast.FuncDecl) (names []string) {
	for _, field := range fn.Type.Params.List {
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
	}
	return names
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// TestExamplesCanBePrinted holds the examples to the formats in the source: a
// message that was reworded leaves no example behind that nobody will ever see.
func TestExamplesCanBePrinted(t *testing.T) {
	formats := messageFormats(t, sources(t))
	if len(formats) < 100 {
		t.Fatalf("found %d formats: nothing is tested", len(formats))
	}
	for _, e := range outcome.Catalogue {
		if passedOn.MatchString(e.Example.Message) {
			continue
		}
		if !slices.ContainsFunc(formats, func(f *regexp.Regexp) bool { return f.MatchString(e.Example.Message) }) {
			t.Errorf("nothing prints the example of %s: %s", e.Code, e.Example.Message)
		}
	}
}

// passedOn is what a drill passes on from others, as they said it.
var passedOn = regexp.MustCompile(`^(psql|pg_restore): | \(SQLSTATE [0-9A-Z]{5}\)$`)

var verb = regexp.MustCompile(`%(?:[-+# 0]*[0-9.]*)[a-zA-Z]`)

// messageFormats are the texts in the source that hold enough words to be a
// message, each as what it prints.
func messageFormats(t *testing.T, files []*ast.File) (formats []*regexp.Regexp) {
	t.Helper()
	const words = 4 // letters
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			parts := verb.Split(text, -1)
			if letters(parts) >= words && utf8.ValidString(text) {
				for i, part := range parts {
					parts[i] = regexp.QuoteMeta(part)
				}
				formats = append(formats, regexp.MustCompile(`(?s)^`+strings.Join(parts, `.+`)+`$`))
			}
			return true
		})
	}
	return formats
}

func letters(parts []string) (n int) {
	for _, r := range strings.Join(parts, "") {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
