package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// wideNames are difficult for a terminal: characters two columns wide, characters
// without width, and sequences that are one character.
var wideNames = []string{"orders", "注文履歴", "한국어", "cafe\u0301", "🚀launch", "👩‍👩‍👧family", "🇯🇵"}

// TestWideNamesAlign checks that columns are aligned, whatever the names before
// them.
func TestWideNamesAlign(t *testing.T) {
	var promise inspect.Promise
	var past Past
	for i, name := range wideNames {
		promise.Tables = append(promise.Tables, inspect.Table{Schema: "public", Name: name, Rows: 1000, Bytes: int64(i+1) << 20, Data: true})
		r := passed()
		r.Database = name
		past.Drills = append(past.Drills, r)
	}
	c := inspect.Contents{Promises: []inspect.Promise{promise}}
	r := appFailed()
	r.Database = "注文"
	r.Failure.Message = strings.Repeat("表「注文」は存在しません ", 8)
	r.Checks[2].Name = "最新の注文が表示される"
	var out bytes.Buffer
	err := errors.Join(Contents(&out, "商店.dump", c, nil, nil, Options{}), History(&out, past, noon, Options{}), Text(&out, r, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "wide.txt", out.Bytes())
	found := 0
	for line := range strings.SplitSeq(out.String(), "\n") {
		for before, column := range map[string]int{"1,000  ": 17, "passed         8.4s": 32} {
			if name, _, ok := strings.Cut(line, before); ok {
				found++
				if at := ansi.StringWidth(name); at != column {
					t.Errorf("%q begins in column %d, want %d: %s", before, at, column, line)
				}
			}
		}
		if n := ansi.StringWidth(line); n > defaultWidth && !strings.Contains(line, "shop-2026") {
			t.Errorf("%d columns wide: %s", n, line)
		}
	}
	if found != 2*len(wideNames) {
		t.Errorf("%d lines with a wide name, want %d", found, 2*len(wideNames))
	}
}

// TestColouredLabelsKeepTheirWidth checks that an escape sequence takes no columns.
func TestColouredLabelsKeepTheirWidth(t *testing.T) {
	var bare, color bytes.Buffer
	r := appFailed()
	r.Database = "注文"
	r.Findings = []outcome.Finding{{Code: "clock_skew", Message: strings.Repeat("long ", 60), Hint: strings.Repeat("long ", 60)}}
	if err := errors.Join(Text(&bare, r, Options{Width: 60}), Text(&color, r, Options{Width: 60, Color: true})); err != nil {
		t.Fatal(err)
	}
	if got := ansi.Strip(color.String()); got != bare.String() {
		t.Errorf("colour changes more than colour:\n%s\n%s", got, bare.String())
	}
}
