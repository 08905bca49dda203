package sqltext_test

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// FuzzLexer: the tokens of a text do not depend on the size of the window, and do
// not overlap.
func FuzzLexer(f *testing.F) {
	for _, seed := range []string{
		"", "select 1.5e-3, 'it''s' from a.\"b\"\"c\";", `E'\\' n'\'' U&"x" U&'y' b'01'`, "$a$ $a $ $a$ $1 $", "/* /* */ */ -- x\r\ny --",
		"create or replace function f() begin atomic select case 1 when 1 then 2 end; end; select 1", "(a; b)); c \\d x", "e'a' -- b\n'it\\'s;'",
		"\xff'\x00", "1" + strings.Repeat("0", 2<<10) + "e-3", `U&"`, "select E'\\", "ÉA éa SELECT",
	} {
		for options := range uint8(16) {
			f.Add(seed, uint8(1), options)
		}
	}
	f.Fuzz(func(t *testing.T, sql string, chunk, options uint8) {
		rules := sqltext.Rules(options & 1)
		set := func(l *sqltext.Lexer) *sqltext.Lexer {
			l.NonStandard, l.Comments, l.SkipGroups = options&2 > 0, options&4 > 0, options&8 > 0
			return l
		}
		const window = 1 << 10 // as large as the longest tag
		whole := set(sqltext.LexText(sql, rules))
		stream := set(sqltext.NewLexer(sqltext.NewWindow(&chunks{strings.NewReader(sql), int(max(1, chunk))}, window), rules))
		for end := int64(0); ; end = whole.End() {
			want, got := whole.Next(), stream.Next()
			want.Text, got.Text = cut(want.Text), cut(got.Text)
			if diff := cmp.Diff(want, got); diff != "" || whole.Start() != stream.Start() || whole.End() != stream.End() {
				t.Fatalf("bytes %d to %d as a whole, %d to %d in chunks (-whole +chunks):\n%s", whole.Start(), whole.End(), stream.Start(), stream.End(), diff)
			}
			if want.Kind == sqltext.EOF {
				return
			}
			if whole.Start() < end || whole.End() <= whole.Start() || whole.End() > int64(len(sql)) {
				t.Fatalf("%+v is at bytes %d to %d, but the previous token ends at %d of %d", want, whole.Start(), whole.End(), end, len(sql))
			}
		}
	})
}

func cut(text string) string { return text[:min(len(text), sqltext.MaxText)] }

// chunks reads at most size bytes at a time.
type chunks struct {
	r    io.Reader
	size int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.size)]) }

// FuzzName: a quoted name parses as the same name, and the lexer reads it as one
// token.
func FuzzName(f *testing.F) {
	for _, seed := range []string{"", "a", "Odd Name", `"`, "a.b", "é", "1a", "select", "\xff"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, schema, name string) {
		want := sqltext.Name{Schema: schema, Name: name}
		if schema == "" || name == "" || strings.ContainsRune(schema+name, 0) || max(len(schema), len(name)) > 63 {
			return // not the name of an object: the server cuts longer names
		}
		for _, text := range []string{want.String(), want.SQL()} {
			got, err := sqltext.ParseName(text, "")
			if err != nil || got != want {
				t.Errorf("%q: %+v, %v", text, got, err)
			}
			p := sqltext.Phrase{Tokens: sqltext.FirstStatement(text, sqltext.Psql)}
			if got := p.Name(""); got != want || !p.Done() {
				t.Errorf("%q: lexed as %+v", text, got)
			}
		}
	})
}

// FuzzSplitNames: a list of names that were quoted is read as these names.
func FuzzSplitNames(f *testing.F) {
	f.Add("app", `odd "name", x`)
	f.Add("", "\\ é")
	f.Fuzz(func(t *testing.T, a, b string) {
		_, _ = sqltext.SplitNames(a)
		if strings.Contains(a+b, "\x00") || max(len(a), len(b)) > 63 {
			return
		}
		got, ok := sqltext.SplitNames(" " + sqltext.Identifier(a) + " ,\t" + sqltext.Identifier(b))
		if diff := cmp.Diff([]string{a, b}, got); !ok || diff != "" {
			t.Errorf("%t: %s", ok, diff)
		}
	})
}
