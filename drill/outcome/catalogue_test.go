package outcome_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/drillgres/drillgres/drill/config"
	"github.com/drillgres/drillgres/drill/outcome"
)

// TestEveryCodeHasAnEntry reads the codes from codes.go: a constant without an
// entry would be reported as a bug in drillgres.
func TestEveryCodeHasAnEntry(t *testing.T) {
	codes := declaredCodes(t)
	if len(codes) < 50 {
		t.Fatalf("found only %d codes", len(codes))
	}
	for _, code := range codes {
		if code.Entry().Cause == "" {
			t.Errorf("%s is not in the catalogue", code)
		}
	}
	if len(codes) != len(outcome.Catalogue) {
		t.Errorf("%d codes, but %d entries in the catalogue", len(codes), len(outcome.Catalogue))
	}
}

// declaredCodes returns the constants of codes.go.
func declaredCodes(t *testing.T) (codes []outcome.Code) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			code, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			codes = append(codes, outcome.Code(code))
		}
		return false
	})
	return codes
}

func TestEntriesAreComplete(t *testing.T) {
	for _, e := range outcome.Catalogue {
		t.Run(string(e.Code), func(t *testing.T) {
			wantSentences(t, "cause", e.Cause)
			wantSentences(t, "example", e.Example.Case)
			wantClause(t, "remedy", e.Remedy)
			if e.Example.Message == "" {
				t.Error("the example has no message")
			}
			if n := len(e.Neighbours); n < 1 || n > 3 {
				t.Errorf("%d neighbours, want 1 to 3", n)
			}
			if slices.Contains(e.Messages, "") || len(slices.Compact(slices.Sorted(slices.Values(e.Messages)))) != len(e.Messages) {
				t.Errorf("an empty or duplicate message: %q", e.Messages)
			}
		})
	}
}

func TestNeighboursExist(t *testing.T) {
	for _, e := range outcome.Catalogue {
		seen := []outcome.Code{e.Code}
		for _, n := range e.Neighbours {
			if n.Code.Entry().Cause == "" {
				t.Errorf("%s: %s is not a code", e.Code, n.Code)
			}
			if slices.Contains(seen, n.Code) {
				t.Errorf("%s: neighbour %s is the code itself or a duplicate", e.Code, n.Code)
			}
			seen = append(seen, n.Code)
			wantClause(t, "neighbour "+string(n.Code)+" of "+string(e.Code), n.Tell)
		}
	}
}

// TestCatalogueFollowsTheStages checks the order of the entries.
func TestCatalogueFollowsTheStages(t *testing.T) {
	order := func(s outcome.Stage) int { return slices.Index(outcome.Stages, s) }
	last := 0
	for _, e := range outcome.Catalogue {
		first := len(outcome.Stages) // anywhere
		if len(e.Stages) > 0 {
			first = order(e.Stages[0])
		}
		if first < last || !slices.IsSortedFunc(e.Stages, func(a, b outcome.Stage) int { return order(a) - order(b) }) {
			t.Errorf("%s, found in %v, is in the wrong place", e.Code, e.Stages)
		}
		last = first
	}
	if !slices.IsSortedFunc(outcome.Findings, func(a, b outcome.FindingEntry) int { return order(a.Stage) - order(b.Stage) }) {
		t.Error("the findings are not in the order of their stages")
	}
}

func TestFindingEntriesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range outcome.Findings {
		t.Run(f.Code, func(t *testing.T) {
			wantSentences(t, "meaning", f.Meaning)
			wantClause(t, "remedy", f.Remedy)
			if seen[f.Code] || !slices.Contains(outcome.Stages, f.Stage) {
				t.Errorf("duplicate finding, or unknown stage %q", f.Stage)
			}
			seen[f.Code] = true
		})
	}
}

// wantSentences checks a text that is shown as sentences. The first one is also
// shown alone, in a line of a list.
func wantSentences(t *testing.T, what, text string) {
	t.Helper()
	first, _ := utf8.DecodeRuneInString(text)
	if text == "" || !strings.HasSuffix(text, ".") || unicode.IsLower(first) && !strings.HasPrefix(text, "psql ") && !startsWithName(text) {
		t.Errorf("%s %q is not a sentence", what, text)
	}
	if strings.Contains(text, "\n") || strings.Contains(text, "  ") {
		t.Errorf("%s %q has odd spaces", what, text)
	}
	if what == "cause" && utf8.RuneCountInString(outcome.FirstSentence(text)) > 140 {
		t.Errorf("the first sentence of %s %q is too long to stand alone", what, text)
	}
}

// startsWithName reports whether a sentence begins with the name of a program
// or a key, which is lower case.
func startsWithName(text string) bool {
	word, _, _ := strings.Cut(text, " ")
	return strings.ContainsAny(word, "._") || word == "drillgres"
}

// wantClause checks a text that is printed after a label or a word.
func wantClause(t *testing.T, what, text string) {
	t.Helper()
	first, _ := utf8.DecodeRuneInString(text)
	if text == "" || strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "…") || unicode.IsUpper(first) {
		t.Errorf("%s %q is not lower case without a full stop", what, text)
	}
}

var key = regexp.MustCompile(`\b(?:backup|postgres|restore|verify|app|budget|record|work)(?:\.[a-z0-9_]+)+`)

// TestKeysExist looks up every config key that the catalogue names.
func TestKeysExist(t *testing.T) {
	var texts []string
	for _, e := range outcome.Catalogue {
		texts = append(texts, e.Cause, e.Remedy, e.Example.Case)
		for _, n := range e.Neighbours {
			texts = append(texts, n.Tell)
		}
	}
	for _, f := range outcome.Findings {
		texts = append(texts, f.Meaning, f.Remedy)
	}
	found := 0
	for _, text := range texts {
		for _, name := range key.FindAllString(text, -1) {
			found++
			path := strings.Split(name, ".")
			if !hasKey(reflect.TypeFor[config.Database](), path) && !hasKey(reflect.TypeFor[config.Config](), path) {
				t.Errorf("the config has no %s: %s", name, text)
			}
		}
	}
	if found < 50 {
		t.Errorf("found only %d keys", found)
	}
}

// hasKey reports whether the config has a key at path. A mapping has every key.
func hasKey(t reflect.Type, path []string) bool {
	if len(path) == 0 {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return hasKey(t.Elem(), path)
	case reflect.Map:
		return hasKey(t.Elem(), path[1:])
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).Tag.Get("yaml") == path[0] {
				return hasKey(t.Field(i).Type, path[1:])
			}
		}
	}
	return false
}

func TestHasKey(t *testing.T) {
	for path, want := range map[string]bool{
		"backup.s3.region": true, "postgres.settings.anything": true, "app.ready.http": true, "verify.drift.rows": true,
		"backup.form": false, "postgres.memory.limit": false, "app.redy": false,
	} {
		if got := hasKey(reflect.TypeFor[config.Database](), strings.Split(path, ".")); got != want {
			t.Errorf("%s: got %t, want %t", path, got, want)
		}
	}
}
