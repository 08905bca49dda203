package config

import "testing"

func TestSplitTable(t *testing.T) {
	good := map[string][2]string{
		"public.orders":        {"public", "orders"},
		"a_1.b$2":              {"a_1", "b$2"},
		`public."Order Items"`: {"public", "Order Items"},
		`"A.b"."say ""hi"""`:   {"A.b", `say "hi"`},
		"größen.tabelle":       {"größen", "tabelle"},
	}
	for name, want := range good {
		schema, table, err := SplitTable(name)
		if err != nil || schema != want[0] || table != want[1] {
			t.Errorf("%s: got %q, %q, %v", name, schema, table, err)
		}
	}
	for _, name := range []string{"", ".", "orders", "public.", ".orders", "public.Orders", `public."x`, `public.""`, `"a"b.c`, `"a""b"`, "a.b.c", "a b.c", "a.b;drop"} {
		if schema, table, err := SplitTable(name); err == nil {
			t.Errorf("%s is accepted as %q.%q", name, schema, table)
		}
	}
}
