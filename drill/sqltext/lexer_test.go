package sqltext_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/drillgres/drillgres/drill/sqltext"
)

// texts returns the tokens of each statement, separated by spaces.
func texts(sql string, rules sqltext.Rules) (all []string) {
	for _, statement := range sqltext.Statements(sql, rules) {
		var one []string
		for _, token := range statement {
			one = append(one, token.Text)
		}
		all = append(all, strings.Join(one, " "))
	}
	return all
}

func TestStatements(t *testing.T) {
	tests := []struct {
		name, sql string
		want      []string
	}{
		{"parts", "SELECT 1; ;\nselect 'a;b' ;", []string{"select 1", "select a;b"}},
		{"names", `alter table "A""b".É rename "c d" to e$1`, []string{`alter table A"b . É rename c d to e$1`}},
		{"folding", "ALTER TABLE Café ADD ÉÉ int", []string{"alter table café add ÉÉ int"}},
		{"every byte from 0x80 on is a letter", "select ×1, \xff\xfe from a", []string{"select ×1 , \xff\xfe from a"}},
		{"comments", "select /* a /* b; */ ; */ 1 -- ;\n, 2", []string{"select 1 , 2"}},
		{"a carriage return ends a comment", "select 1 -- ;\r, 2", []string{"select 1 , 2"}},
		{"strings", `select E'a\'b', U&'x', $$;$$, $x$ $$ ; $x$, n'y'`, []string{"select a'b , x , ; ,  $$ ;  , y"}},
		{"escapes", `select E'a\\b\n\t''', 'a\'`, []string{"select a\\b\n\t' , a\\"}},
		{"tags", "select $é1$;$é1$, a$b$;select $1, $b$;$b$", []string{"select ; , a$b$", "select $1 , ;"}},
		{"numbers", "select 1.5e-3, 1e5, 0x1e-5, a1, 1_000, .5", []string{"select 1.5e-3 , 1e5 , 0x1e - 5 , a1 , 1_000 , . 5"}},
		{"a body in SQL", "create function f() returns int begin atomic select case when a then 1 end; select 2; end; select 3", []string{
			"create function f ( ) returns int begin atomic select case when a then 1 end ; select 2 ; end", "select 3",
		}},
		{"no body", "create table begin (a int); begin; select 1; end", []string{"create table begin ( a int )", "begin", "select 1", "end"}},
		{"cut off", "select 'abc", []string{"select"}},
		{"a rule with several actions", "create rule r as on insert to t do (select 1; select 2)", []string{"create rule r as on insert to t do ( select 1 ; select 2 )"}},
		{"unbalanced parentheses", "select 1); (select 2; 3);", []string{"select 1 )", "( select 2 ; 3 )"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, rules := range []sqltext.Rules{sqltext.Psql, sqltext.Server} {
				if diff := cmp.Diff(tt.want, texts(tt.sql, rules)); diff != "" {
					t.Errorf("rules %d (-want +got):\n%s", rules, diff)
				}
			}
		})
	}
}

// TestRules: the known differences between psql 15 and its server.
func TestRules(t *testing.T) {
	tests := []struct {
		name, sql    string
		psql, server []string
	}{
		{
			"an escaped string that goes on behind a line feed", "select E'a' -- b\n'it\\'s;'; select 1",
			[]string{`select a it\ s`},
			[]string{"select a it's;", "select 1"},
		},
		{
			"a plain string that does", "select 'a'\n'b\\'; select 1",
			[]string{`select a b\`, "select 1"},
			[]string{`select a b\`, "select 1"},
		},
		{
			"a function called begin", "create function begin() returns int as 'x'; select 1",
			[]string{"create function begin ( ) returns int as x ; select 1"},
			[]string{"create function begin ( ) returns int as x", "select 1"},
		},
		{
			"END as a label", "create function f() returns int begin atomic select 1 as end; select a.end; end; select 1",
			[]string{"create function f ( ) returns int begin atomic select 1 as end", "select a . end", "end", "select 1"},
			[]string{"create function f ( ) returns int begin atomic select 1 as end ; select a . end ; end", "select 1"},
		},
		{"a parameter called begin", "create function f(begin int) begin atomic select 1; end", []string{
			"create function f ( begin int ) begin atomic select 1 ; end",
		}, []string{
			"create function f ( begin int ) begin atomic select 1 ; end",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.psql, texts(tt.sql, sqltext.Psql)); diff != "" {
				t.Errorf("psql (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.server, texts(tt.sql, sqltext.Server)); diff != "" {
				t.Errorf("server (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBackslash(t *testing.T) {
	next := func(l *sqltext.Lexer) (t sqltext.Token) {
		for t = l.Next(); t.Kind == sqltext.Word; t = l.Next() {
		}
		return t
	}
	if got := next(sqltext.LexText(`select \g`, sqltext.Psql)); got.Kind != sqltext.Backslash {
		t.Errorf("psql: %+v", got)
	}
	if got := next(sqltext.LexText(`select \g`, sqltext.Server)); got.Kind != sqltext.Symbol || got.Text != `\` {
		t.Errorf("server: %+v", got)
	}
}

// TestNonStandard: with standard_conforming_strings off a backslash escapes in
// every string whose prefix does not say otherwise.
func TestNonStandard(t *testing.T) {
	l := sqltext.LexText(`'a\';' n'b\'' U&'c\' x`, sqltext.Server)
	l.NonStandard = true
	var got []string
	for token := l.Next(); token.Kind != sqltext.EOF; token = l.Next() {
		got = append(got, token.Text)
	}
	if diff := cmp.Diff([]string{"a';", "b'", `c\`, "x"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOpen(t *testing.T) {
	for sql, want := range map[string]string{
		"select 'a": "a quoted string", `select "a`: "a quoted name", "select $$a$": "a dollar-quoted string", "select /* /* */": "a comment",
		`select E'a\`: "a quoted string",
	} {
		l := sqltext.LexText(sql, sqltext.Psql)
		l.Next()
		if got := l.Next(); got.Kind != sqltext.Open || got.Text != want {
			t.Errorf("%s: %+v", sql, got)
		}
		if got := l.Next(); got.Kind != sqltext.EOF {
			t.Errorf("%s: then %+v", sql, got)
		}
	}
}

// TestNoCopies: a text in memory is not copied, and tokens are not allocated.
func TestNoCopies(t *testing.T) {
	sql := strings.Repeat(`insert into public."Odd Name" (a, b) values (1, 'it is a value', $1); `, 100)
	var s sqltext.Splitter
	s.Split(sql)
	if n := testing.AllocsPerRun(10, func() { s.Split(sql) }); n > 0 {
		t.Errorf("%.0f allocations", n)
	}
	if n := len(s.Split(sql)); n != 100 {
		t.Errorf("%d statements", n)
	}
}

// TestBackslashesTakeLinearTime: a string of nothing but escapes once took time
// by the square of its length, minutes for a few megabytes.
func TestBackslashesTakeLinearTime(t *testing.T) {
	const megabytes = 16
	sql := "insert into t values (E'" + strings.Repeat(`\\000`, megabytes<<20/5) + "'), (1)"
	done := make(chan int, 1)
	go func() { done <- len(sqltext.Statements(sql, sqltext.Server)) }()
	select {
	case n := <-done:
		if n != 1 {
			t.Errorf("%d statements", n)
		}
	case <-time.After(time.Minute):
		t.Fatalf("%d MiB of escapes took more than a minute", megabytes)
	}
}
