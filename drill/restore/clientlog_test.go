package restore

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestClientLogKeepsErrorsInTheFlood(t *testing.T) {
	var l clientLog
	fmt.Fprintln(&l, "psql:<stdin>:1: NOTICE:  00000")
	fmt.Fprintln(&l, `psql:<stdin>:5: error: invalid command \restrict`)
	for range 10000 {
		io.WriteString(&l, "psql:<stdin>:9: NOTICE:  00000\n")
	}
	io.WriteString(&l, "psql:<stdin>:12: error: connection to ser")
	io.WriteString(&l, "ver was lost")
	want := []string{`psql:<stdin>:5: error: invalid command \restrict`, "psql:<stdin>:12: error: connection to server was lost"}
	if diff := cmp.Diff(want, l.explanation()); diff != "" {
		t.Error(diff)
	}
}

func TestClientLogFallsBackToTheLastLines(t *testing.T) {
	var l clientLog
	for i := range 20 {
		fmt.Fprintln(&l, "line", i)
	}
	want := []string{"line 15", "line 16", "line 17", "line 18", "line 19"}
	if diff := cmp.Diff(want, l.explanation()); diff != "" {
		t.Error(diff)
	}
}

func TestClientLogIsBounded(t *testing.T) {
	var l clientLog
	io.WriteString(&l, "pg_restore: error: ")
	for range 1000 {
		io.WriteString(&l, strings.Repeat("x", 1000))
	}
	if got := l.explanation(); len(got) != 1 || len(got[0]) != lineLength {
		t.Errorf("%d lines, the first of %d bytes", len(got), len(got[0]))
	}
}
