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

// sources parses all files of the program, except tests and the catalogue
// itself.
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

// TestEveryFindingIsListed compares the findings in the source with the list.
func TestEveryFindingIsListed(t *testing.T) {
	reported := findingCodes(t, sources(t))
	if len(reported) < 20 {
		t.Fatalf("found only %q", reported)
	}
	var listed []string
	for _, f := range outcome.Findings {
		listed = append(listed, f.Code)
		if !slices.Contains(reported, f.Code) {
			t.Errorf("%s is listed, but nothing reports it", f.Code)
		}
	}
	for _, code := range reported {
		if !slices.Contains(listed, code) {
			t.Errorf("%s is reported, but not listed", code)
		}
	}
}

// findingCodes returns the codes in literals of the type Finding. If a code comes
// from a parameter, it looks at the calls of that function, and so on.
func findingCodes(t *testing.T, files []*ast.File) []string {
	t.Helper()
	s := search{wrappers: map[string]int{}}
	for known := -1; known < len(s.wrappers); {
		known = len(s.wrappers)
		s.codes, s.unclear = nil, nil
		for _, file := range files {
			for _, decl := range file.Decls {
				if fn, ok := decl.(*ast.FuncDecl); ok {
					s.visit(file.Name.Name, fn)
				}
			}
		}
	}
	if len(s.unclear) > 0 {
		t.Errorf("cannot determine the codes of findings in %q", s.unclear)
	}
	slices.Sort(s.codes)
	return slices.Compact(s.codes)
}

// search collects the codes of findings.
type search struct {
	wrappers map[string]int // functions with a code as a parameter: package.name → index of that parameter
	codes    []string
	unclear  []string // functions with a code that cannot be determined
}

func (s *search) visit(pkg string, fn *ast.FuncDecl) {
	ast.Inspect(fn, func(n ast.Node) bool {
		for _, code := range s.codeExprs(pkg, n) {
			s.add(pkg, fn, code)
		}
		return true
	})
}

// codeExprs returns the expressions in a node that set the code of a finding.
func (s *search) codeExprs(pkg string, n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		if i, ok := s.wrappers[pkg+"."+nameOf(n.Fun)]; ok && i < len(n.Args) {
			return n.Args[i : i+1]
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

// add adds the value of a code, or fn as a function with the code as a parameter.
func (s *search) add(pkg string, fn *ast.FuncDecl, code ast.Expr) {
	switch code := code.(type) {
	case *ast.BasicLit:
		if value, err := strconv.Unquote(code.Value); err == nil {
			s.codes = append(s.codes, value)
			return
		}
	case *ast.Ident:
		if i := slices.Index(parameters(fn), code.Name); i >= 0 {
			s.wrappers[pkg+"."+fn.Name.Name] = i
			return
		}
	case *ast.CallExpr: // string(outcome.SequenceBehind)
		for _, e := range outcome.Catalogue {
			if constant := strings.ReplaceAll(string(e.Code), "_", ""); strings.EqualFold(nameOf(code.Args[0]), constant) {
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

// TestExamplesCanBePrinted compares the examples with the message formats in the
// source, so that a reworded message also changes its example.
func TestExamplesCanBePrinted(t *testing.T) {
	formats := messageFormats(t, sources(t))
	if len(formats) < 100 {
		t.Fatalf("found only %d formats", len(formats))
	}
	for _, e := range outcome.Catalogue {
		if quotesOthers.MatchString(e.Example.Message) {
			continue
		}
		if !slices.ContainsFunc(formats, func(f *regexp.Regexp) bool { return f.MatchString(e.Example.Message) }) {
			t.Errorf("no format matches the example of %s: %s", e.Code, e.Example.Message)
		}
	}
}

// quotesOthers matches messages that a drill quotes from another program.
var quotesOthers = regexp.MustCompile(`^(psql|pg_restore): | \(SQLSTATE [0-9A-Z]{5}\)$`)

var verb = regexp.MustCompile(`%(?:[-+# 0]*[0-9.]*)[a-zA-Z]`)

// messageFormats returns the string literals that have enough letters to be a
// message, each as an expression that matches what it prints.
func messageFormats(t *testing.T, files []*ast.File) (formats []*regexp.Regexp) {
	t.Helper()
	const leastLetters = 4
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
			if countLetters(parts) >= leastLetters && utf8.ValidString(text) {
				for i, part := range parts {
					parts[i] = regexp.QuoteMeta(part)
				}
				formats = append(formats, regexp.MustCompile(`(?s)^`+strings.Join(parts, `.*`)+`$`))
			}
			return true
		})
	}
	return formats
}

func countLetters(parts []string) (n int) {
	for _, r := range strings.Join(parts, "") {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}
