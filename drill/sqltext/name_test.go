package sqltext_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/drillgres/drillgres/drill/sqltext"
)

func TestName(t *testing.T) {
	tests := []struct {
		name        sqltext.Name
		person, sql string
	}{
		{sqltext.Name{Schema: "public", Name: "orders"}, "public.orders", `"public"."orders"`},
		{sqltext.Name{Name: "orders"}, "orders", `"orders"`},
		{sqltext.Name{Schema: "A", Name: `b"c`}, `"A"."b""c"`, `"A"."b""c"`},
		{sqltext.Name{Schema: "_a$1", Name: "1a"}, `_a$1."1a"`, `"_a$1"."1a"`},
		{sqltext.Name{Schema: "é", Name: "a b"}, `"é"."a b"`, `"é"."a b"`},
	}
	for _, tt := range tests {
		if got := tt.name.String(); got != tt.person {
			t.Errorf("%+v for a person: %s, want %s", tt.name, got, tt.person)
		}
		if got := tt.name.SQL(); got != tt.sql {
			t.Errorf("%+v for a statement: %s, want %s", tt.name, got, tt.sql)
		}
	}
}

func TestParseName(t *testing.T) {
	tests := []struct {
		text string
		want sqltext.Name
		err  error
	}{
		{"public.orders", sqltext.Name{Schema: "public", Name: "orders"}, nil},
		{"Orders", sqltext.Name{Schema: "in", Name: "orders"}, nil},
		{`a."Odd ""Name"""`, sqltext.Name{Schema: "a", Name: `Odd "Name"`}, nil},
		{"shop.a.b", sqltext.Name{Schema: "a", Name: "b"}, nil},
		{"ÉA.\xff", sqltext.Name{Schema: "Éa", Name: "\xff"}, nil},
		{"", sqltext.Name{}, sqltext.ErrNoName},
		{"a.", sqltext.Name{}, sqltext.ErrNoName},
		{"a b", sqltext.Name{}, sqltext.ErrNoName},
		{`"".a`, sqltext.Name{}, sqltext.ErrEmptyPart},
		{`a."b`, sqltext.Name{}, sqltext.ErrNotClosed},
	}
	for _, tt := range tests {
		got, err := sqltext.ParseName(tt.text, "in")
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %+v, %v", tt.text, got, err)
		}
	}
}

func TestUnquote(t *testing.T) {
	for text, want := range map[string]string{"Foo": "foo", `"Foo"`: "Foo", `"a""b"`: `a"b`, "$user": "$user", `"$user"`: "$user", "a-b": "a-b", "": ""} {
		if got := sqltext.Unquote(text); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestLiteral(t *testing.T) {
	for text, want := range map[string]string{
		`it's a \`: ` E'it''s a \\'`,
		"it's":     `'it''s'`,
		"a\x00b":   `'ab'`,
	} {
		if got := sqltext.Literal(text); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestSplitNames(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                  nil,
		"  ":                                nil,
		"app":                               {"app"},
		"App, public":                       {"app", "public"},
		` "$user" ,public`:                  {"$user", "public"},
		"$user,my-app":                      {"$user", "my-app"},
		`"a, ""b""", c`:                     {`a, "b"`, "c"},
		`""`:                                {""},
		`"", x`:                             {"", "x"},
		strings.Repeat("x", 70):             {strings.Repeat("x", 63)},
		`"` + strings.Repeat("é", 40) + `"`: {strings.Repeat("é", 31)},
	} {
		got, ok := sqltext.SplitNames(text)
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %t", text, got, ok)
		}
	}
	for _, text := range []string{",", "a,", ",a", "a b", `"a`, `"a"b`, "a,,b"} {
		if got, ok := sqltext.SplitNames(text); ok {
			t.Errorf("%q: %q", text, got)
		}
	}
}
