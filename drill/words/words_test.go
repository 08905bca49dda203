package words

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestWords(t *testing.T) {
	abc := []string{"a", "b", "c", "d"}
	for _, c := range []struct{ got, want string }{
		{Number(0), "0"},
		{Number(999), "999"},
		{Number(1000), "1,000"},
		{Number(int64(-1234567)), "-1,234,567"},

		{Count(1, "table"), "1 table"},
		{Count(0, "table"), "0 tables"},
		{Count(int64(1200), "table"), "1,200 tables"},
		{Count(2, "invalid index"), "2 invalid indexes"},
		{Count(2, "query"), "2 queries"},
		{Count(2, "broken copy"), "2 broken copies"},
		{CountOf(1, "table is empty", "tables are empty"), "1 table is empty"},
		{CountOf(3000, "table is empty", "tables are empty"), "3,000 tables are empty"},
		{Noun(2, "it", "them"), "them"},

		{Size(0), "0 B"},
		{Size(1023), "1023 B"},
		{Size(1024), "1.0 KiB"},
		{Size(4299161), "4.1 MiB"},
		{Size(1<<20 - 1), "1.0 MiB"},
		{Size(10<<20 - 100000), "9.9 MiB"},
		{Size(5 << 40), "5.0 TiB"},
		{Size(1<<63 - 1), "8.0 EiB"},
		{Rate(10<<20, 2), "5.0 MiB/s"},

		{List(nil, 2), ""},
		{List(abc[:2], 2), "a, b"},
		{List(abc[:3], 2), "a, b, c"},
		{List(abc, 2), "a, b and 2 more"},
		{Series(abc, 2), "a; b; and 2 more"},
		{List(slices.Repeat(abc, 1000), 1), "a and 3,999 more"},
		{Join(", ", "", "a", "", "b"), "a, b"},
		{strings.Join(Quoted([]string{"a b", "c\n"}), " "), `"a b" "c\n"`},

		{Shorten("", 3), ""},
		{Shorten("abc", 3), "abc"},
		{Shorten("abcd", 3), "abc…"},
		{Shorten("日本語", 3), "日本語"},
		{Shorten("日本語です", 3), "日本語…"},
		{Shorten("e\u0301\u0301\u0301\u0301", 3), "e\u0301\u0301…"},
		{Shorten("a\xff\xffd", 2), "a\xff…"},

		{Elapsed(0.0123), "0.01s"},
		{Elapsed(0.994), "0.99s"},
		{Elapsed(0.999), "1.0s"},
		{Elapsed(9.99), "10.0s"},
		{Elapsed(59.94), "59.9s"},
		{Elapsed(59.96), "1m00s"},
		{Elapsed(125), "2m05s"},
		{Elapsed(3720), "1h02m"},

		{Span(-time.Hour), "0s"},
		{Span(0), "0s"},
		{Span(250 * time.Millisecond), "250ms"},
		{Span(45*time.Second + 678*time.Millisecond), "46s"},
		{Span(12 * time.Minute), "12m"},
		{Span(730 * time.Second), "12m 10s"},
		{Span(90 * time.Minute), "1h 30m"},
		{Span(59*time.Minute + 59*time.Second + 1), "1h"},
		{Span(26 * time.Hour), "26h"},
		{Span(26*time.Hour + time.Second), "26h 1m"},
		{Span(48*time.Hour - 1), "2d"},
		{Span(48 * time.Hour), "2d"},
		{Span(52 * time.Hour), "2d 4h"},
		{Moment(time.Date(2026, 7, 1, 12, 30, 59, 0, time.FixedZone("", 7200))), "2026-07-01 10:30 UTC"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestNear(t *testing.T) {
	keys := []string{"app", "backup", "databases", "postgres", "settings", "up"}
	for name, want := range map[string]string{
		"setings":                          "settings",
		"Settings":                         "settings",
		"backups":                          "backup",
		"ap":                               "app",
		"nothing":                          "",
		"":                                 "",
		strings.Repeat("settings", 100000): "",
	} {
		if got := Nearest(name, keys); got != want {
			t.Errorf("%.20q: nearest is %q, want %q", name, got, want)
		}
	}
	backups := []string{"shop-2026-01-01.dump", "crm-2026-07-01.dump", "shop-2026-07-02.dump", "shop-2026-07-11.dump"}
	want := []string{"shop-2026-07-02.dump", "shop-2026-01-01.dump", "shop-2026-07-11.dump", "crm-2026-07-01.dump"}
	if got := Alike("shop-2026-07-0.dump", backups, strings.Clone); !slices.Equal(got, want) {
		t.Errorf("most alike first: %q, want %q", got, want)
	}
}

func TestShell(t *testing.T) {
	for word, want := range map[string]string{
		"shop": "shop", "s3://bucket/a+b": "s3://bucket/a+b", "": "''", "two words": "'two words'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "~/x": "'~/x'",
	} {
		if got := Shell(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
