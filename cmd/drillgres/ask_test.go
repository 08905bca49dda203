package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"
)

// TestAsker: Enter is the default, and so is every answer after five questions, at the end of
// the input, and without a terminal.
func TestAsker(t *testing.T) {
	var out bytes.Buffer
	a := &asker{in: bufio.NewReader(strings.NewReader("./backups\n\n  age.key \nall\n\nsixth\n")), out: &out}
	for _, c := range []struct{ question, def, want string }{
		{"Where?", ".", "./backups"},
		{"Which?", "all", "all"},
		{"Key?", "", "age.key"},
		{"Again?", "none", "all"},
		{"Major?", "", ""},
		{"One too many?", "default", "default"},
	} {
		if got := a.text(c.question, c.def); got != c.want {
			t.Errorf("%s %q, want %q", c.question, got, c.want)
		}
	}
	if got := out.String(); got != "Where? [.] Which? [all] Key? Again? [none] Major? " {
		t.Errorf("asked %q", got)
	}
	nobody := newAsker(edges{stdin: strings.NewReader("an answer\n"), stderr: &out})
	if got := nobody.text("Where?", "."); got != "." {
		t.Errorf("asked without a terminal: %q", got)
	}
}
