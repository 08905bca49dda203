package redact

import (
	"slices"
	"testing"
)

func TestURL(t *testing.T) {
	for text, want := range map[string]string{
		"https://h/shop.dump?X-Amz-Signature=s": "https://h/shop.dump",
		"https://u:p@h:8443/a%2Fb#f":            "https://h:8443/a%2Fb",
		"https://token@h/a":                     "https://h/a",
		"sftp://u@h/b":                          "sftp://u@h/b",
		"sftp://u:p@h/b":                        "sftp://u@h/b",
		"s3://bucket/prod":                      "s3://bucket/prod",
		"https://u:p@h/%zz":                     "https://REDACTED",
		"/srv/backups/a?b":                      "/srv/backups/a?b",
		"dir/x://y?z":                           "dir/x://y?z",
		"":                                      "",
	} {
		if got := URL(text); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestInURL(t *testing.T) {
	for text, want := range map[string][]Secret{
		"https://u:p%40ss@h/a":                  {"p%40ss", "p@ss"},
		"https://token@h/a":                     {"token"},
		"sftp://u@h/b":                          nil,
		"https://h/a?sig=a%2Fb&v=1":             {"a%2Fb", "a/b", "sig=a%2Fb&v=1"},
		"https://h/a?x=12345678901234567890&y=": {"12345678901234567890", "x=12345678901234567890&y="},
		"/srv/a?sig=b":                          nil,
	} {
		got := InURL(text)
		slices.Sort(got)
		if got = slices.Compact(got); !slices.Equal(got, want) {
			var shown []string
			for _, s := range got {
				shown = append(shown, s.Reveal())
			}
			t.Errorf("%s: got %q", text, shown)
		}
	}
}
