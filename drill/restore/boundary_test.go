package restore

import (
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/drillgres/drillgres/drill/inspect"
)

// TestBoundary checks what psql reads instead of a dump: its own commands are gone, every
// line keeps its number, and every key of ours is used once.
func TestBoundary(t *testing.T) {
	const dump = `--
\restrict theirs
select 1;
\unrestrict theirs
\encoding SQL_ASCII
\connect -reuse-previous=on "dbname='it\'s a ""shop""'"
\restrict theirs
copy t from stdin;
a\N
\.
\unrestrict theirs`
	contents, err := inspect.Scan(t.Context(), strings.NewReader(dump), inspect.Limits{})
	if err != nil && contents.Source.ClientCommands == nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func(io.Reader) io.Reader{
		"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "with the end": iotest.DataErrReader,
	} {
		got, err := io.ReadAll(read(newBoundary(read(strings.NewReader(dump)), contents.Source.ClientCommands, "ours")))
		if err != nil {
			t.Fatal(err)
		}
		want := `--

select 1;

\unrestrict ours \encoding SQL_ASCII \restrict KEY1
\unrestrict KEY1 \connect -reuse-previous=on "dbname='it\'s a ""shop""'" \restrict KEY2

copy t from stdin;
a\N
\.
`
		keys := regexp.MustCompile(`\\restrict ([A-Z0-9]{26})`).FindAllStringSubmatch(string(got), -1)
		text := string(got)
		for i, k := range keys {
			text = strings.ReplaceAll(text, k[1], "KEY"+string(rune('1'+i)))
		}
		if text != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, text, want)
		}
	}
}

// TestBoundaryWithoutAKey: a psql without a restricted mode gets no key.
func TestBoundaryWithoutAKey(t *testing.T) {
	commands := []inspect.ClientCommand{{Offset: 0, Length: 11}, {Offset: 12, Length: 13, Database: "shop"}}
	got, err := io.ReadAll(newBoundary(strings.NewReader("\\restrict x\n\\connect shop\n\\! id"), commands, ""))
	if want := "\n\\connect -reuse-previous=on \"dbname='shop'\"\n\\! id"; string(got) != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestCanRestrict(t *testing.T) {
	for version, want := range map[string]bool{
		"13.21": false, "13.22": true, "14.18": false, "15.14": true, "16.9": false, "17.6": true, "17.5 (Debian 17.5-1)": false,
		"18beta1": true, "18.0": true, "19devel": true, "12.22": false, "": true,
	} {
		if got := canRestrict(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
	}
}
