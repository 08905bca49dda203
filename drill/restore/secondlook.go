package restore

import (
	"bufio"
	"errors"
	"io"
	"os"
	"regexp"
	"strconv"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
)

// secondLook goes back to the dump for what psql took for a hostile command:
// rows whose COPY line was lost have backslashes in them too.
func (r *run) secondLook(f *outcome.Failure, stderr []string) error {
	if f.Code != outcome.DumpHostile || f.SQLState != "" {
		return f
	}
	number := lineOf(stderr)
	line, err := r.dumpLine(number)
	if err != nil || !isRow(line) {
		return f
	}
	return outcome.Fail(outcome.CopyFailed, "line %d of the dump is a row of a table, where SQL was expected", number).
		WithHint("check the file for damage: the COPY line before these rows is lost")
}

// lineOf is the line of the dump that psql's first complaint is about; 0: none.
func lineOf(stderr []string) int {
	for _, line := range stderr {
		if m := clientPrefix.FindStringSubmatch(line); m != nil {
			number, _ := strconv.Atoi(m[2])
			return number
		}
	}
	return 0
}

// copyEscape is what the first backslash of a COPY row can be: NULL, or a
// character that the format escapes. Of psql's commands of these letters none
// reaches outside.
var copyEscape = regexp.MustCompile(`^[^\\]*\\(?:N(?:\t|$)|[bfnrtv\\])`)

func isRow(line string) bool { return copyEscape.MatchString(line) }

// dumpLine reads one line of the decoded dump, counted from 1 as psql does.
func (r *run) dumpLine(number int) (string, error) {
	dump, err := os.Open(r.file.Path)
	if err != nil {
		return "", err
	}
	defer dump.Close()
	decoded, _, err := inspect.Decode(dump, r.Limits)
	if err != nil {
		return "", err
	}
	defer decoded.Close()
	return lineAt(decoded, number)
}

var errNoSuchLine = errors.New("the dump has fewer lines")

// lineAt is a line, or its beginning if it is very long.
func lineAt(r io.Reader, number int) (string, error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for at := 1; ; at++ {
		line, more, err := lines.ReadLine()
		if err != nil {
			return "", errNoSuchLine
		}
		if at == number {
			return string(line), nil
		}
		for more && err == nil {
			_, more, err = lines.ReadLine()
		}
	}
}
