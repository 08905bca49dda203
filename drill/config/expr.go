package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Expr is a condition in the language of expr-lang.org, which is compiled when the
// config is loaded.
type Expr struct {
	Source string
	expr   *vm.Program
}

// CompileSQL compiles a condition over a query's value (the first column of the
// first row) and rows (all rows, as maps).
func CompileSQL(source string) (Expr, error) {
	row := types.Map{types.Extra: types.Any}
	return compile(source, types.Map{"value": types.Any, "rows": types.Array(row)})
}

// CompileHTTP compiles a condition over a response's status, body and json, which
// is nil for a body that is not JSON.
func CompileHTTP(source string) (Expr, error) {
	return compile(source, types.Map{"status": types.Int, "json": types.Any, "body": types.String})
}

// CompileCommand compiles a condition over a command's exit and stdout.
func CompileCommand(source string) (Expr, error) {
	return compile(source, types.Map{"exit": types.Int, "stdout": types.String})
}

func compile(source string, env types.Map) (Expr, error) {
	program, err := expr.Compile(source, expr.Env(env), expr.AsBool())
	if err == nil {
		return Expr{Source: source, expr: program}, nil
	}
	var at *file.Error
	if errors.As(err, &at) {
		err = fmt.Errorf("%s at line %d, column %d", at.Message, max(1, at.Line), at.Column+1)
	}
	known := strings.Join(slices.Sorted(maps.Keys(env)), ", ")
	return Expr{}, fmt.Errorf("invalid expression %s: %s (want a condition over %s)", quoted(source), oneLine(err), known)
}

// IsZero reports whether there is no expression.
func (e Expr) IsZero() bool { return e.Source == "" }

// String returns the source.
func (e Expr) String() string { return e.Source }

// Eval reports whether the condition is true for these values of its variables. An
// error means that it could not be evaluated; it names no values, only their types.
func (e Expr) Eval(env map[string]any) (bool, error) {
	if e.expr == nil {
		return false, errors.New("no expression to evaluate")
	}
	variables := make(map[string]any, len(env))
	for name, v := range env {
		variables[name] = plain(v)
	}
	result, err := expr.Run(e.expr, variables)
	if err != nil {
		return false, fmt.Errorf("evaluate %s: %s", quoted(e.Source), withoutValues(err))
	}
	isTrue, ok := result.(bool)
	if !ok {
		return false, fmt.Errorf("evaluate %s: the result is %T, not true or false", quoted(e.Source), result)
	}
	return isTrue, nil
}

// onlyTypes matches the messages of expr-lang that name only types and indexes. All
// others may quote a value.
var onlyTypes = regexp.MustCompile(`^(interface conversion: |reflect: |runtime error: |index out of range: |memory budget exceeded` +
	`|invalid argument for \w+ \(type |operator "in" not defined on |invalid operation: (\S+ [-+*/%<>=]+ \S+|- \S+|bool\(\S+\)|int\((string|bool)\))$` +
	`|cannot fetch \w+ from )`)

func withoutValues(err error) string {
	message := oneLine(err)
	var at *file.Error
	if errors.As(err, &at) {
		message, _, _ = strings.Cut(at.Message, "\n")
	}
	if !onlyTypes.MatchString(message) {
		return "a value has another type than the expression expects"
	}
	return message
}

func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// plain converts a value to one that expr-lang can compare with constants: whole
// numbers become int, others float64, bytes a string; also inside lists and maps.
func plain(v any) any {
	switch v := v.(type) {
	case nil, bool, string, int, float64:
		return v
	case []byte:
		return string(v)
	case json.Number:
		return plainNumber(v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, item := range v {
			out[key] = plain(item)
		}
		return out
	}
	return plainKind(v)
}

func plainNumber(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return int(i)
	}
	if f, err := n.Float64(); err == nil {
		return f
	}
	return n.String()
}

func plainKind(v any) any {
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if r.Type().PkgPath() != "" {
			return v // types such as time.Duration keep their meaning
		}
		return int(r.Int())
	case reflect.Float32:
		return r.Float()
	case reflect.Slice:
		out := make([]any, r.Len())
		for i := range out {
			out[i] = plain(r.Index(i).Interface())
		}
		return out
	default:
		return v
	}
}
