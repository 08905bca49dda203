package config

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestEval(t *testing.T) {
	var decoded any
	if err := json.Unmarshal([]byte(`[{"id": 1}, {"id": 2}]`), &decoded); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		compile func(string) (Expr, error)
		source  string
		env     map[string]any
		want    bool
	}{
		{CompileSQL, "value == 0", map[string]any{"value": int64(0)}, true},
		{CompileSQL, "value == 0", map[string]any{"value": 0.0}, true},
		{CompileSQL, "value == 0", map[string]any{"value": json.Number("0")}, true},
		{CompileSQL, "value > 1.5", map[string]any{"value": int32(2)}, true},
		{CompileSQL, "value == 0", map[string]any{"value": nil}, false},
		{CompileSQL, "value == nil", map[string]any{"value": nil}, true},
		{CompileSQL, `value == "ok"`, map[string]any{"value": []byte("ok")}, true},
		{CompileSQL, `value > now() - duration("1h")`, map[string]any{"value": time.Now()}, true},
		{CompileSQL, "len(rows) == 1 && rows[0].n == 3", map[string]any{"rows": []map[string]any{{"n": int64(3)}}}, true},
		{CompileSQL, "all(rows, .n > 0)", map[string]any{"rows": []map[string]any{{"n": int64(3)}, {"n": int16(0)}}}, false},
		{CompileHTTP, "status == 200 && len(json) == 2", map[string]any{"status": 200, "json": decoded}, true},
		{CompileHTTP, "json[0].id == 1", map[string]any{"json": decoded}, true},
		{CompileHTTP, "json == nil", map[string]any{"json": nil}, true},
		{CompileHTTP, `body contains "ok"`, map[string]any{"body": []byte("it is ok")}, true},
		{CompileHTTP, "json.ok", map[string]any{"json": map[string]any{"ok": true}}, true},
		{CompileHTTP, "status in [200, 204]", map[string]any{"status": int64(204)}, true},
		{CompileCommand, `exit == 0 && stdout matches "^done"`, map[string]any{"exit": 0, "stdout": "done"}, true},
	}
	for _, c := range cases {
		e, err := c.compile(c.source)
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		if got, err := e.Eval(c.env); err != nil || got != c.want {
			t.Errorf("%s over %v: got %v, %v", c.source, c.env, got, err)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	const row = "row-value-canary"
	cases := map[string]struct {
		env  map[string]any
		want string
	}{
		"value > 5":             {map[string]any{"value": nil}, "invalid operation: <nil> > int"},
		"value > 6":             {map[string]any{"value": row}, "invalid operation: string > int"},
		"rows[3].n == 1":        {map[string]any{"rows": []map[string]any{}}, "index out of range"},
		"value.x == 1":          {map[string]any{"value": row}, "invalid operation: int(string)"},
		"int(value) == 1":       {map[string]any{"value": row}, "another type than the expression expects"},
		"date(value) > now()":   {map[string]any{"value": row}, "another type than the expression expects"},
		"fromJSON(value) == 1":  {map[string]any{"value": row}, "another type than the expression expects"},
		"value":                 {map[string]any{"value": row}, "invalid operation: bool(string)"},
		"{'a': 1}[value].b > 1": {map[string]any{"value": row}, ""},
	}
	for source, c := range cases {
		e, err := CompileSQL(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got, err := e.Eval(c.env)
		if got || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, %v; want an error with %q", source, got, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), row) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: the error shows a value, or more than one line: %v", source, err)
		}
	}
	if got, err := (Expr{}).Eval(nil); got || err == nil {
		t.Errorf("an empty expression: got %v, %v", got, err)
	}
}
