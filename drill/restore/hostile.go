package restore

import (
	"bufio"
	"errors"
	"io"
	"regexp"

	"github.com/drillgres/drillgres/drill/outcome"
)

// secondLook goes back to the dump for what psql took for a hostile command:
// rows whose COPY line was lost have backslashes in them too.
func (r *run) secondLook(f *outcome.Failure, stderr []string) *outcome.Failure {
	if f.Code != outcome.DumpHostile || f.SQLState != "" {
		return f
	}
	number := lineOf(stderr, "")
	line, err := r.dumpLine(number)
	if err != nil || !isRow(line) {
		return f
	}
	row := outcome.Fail(outcome.CopyFailed, "a row of a table stands where SQL was expected").
		WithHint("check the file for damage: the COPY line before these rows is lost")
	row.Line = number
	return row
}

// copyEscape is what the first backslash of a COPY row can be: NULL, or a
// character that the format escapes. Of psql's commands of these letters none
// reaches outside.
var copyEscape = regexp.MustCompile(`^[^\\]*\\(?:N(?:\t|$)|[bfnrtv\\])`)

func isRow(line string) bool { return copyEscape.MatchString(line) }

// dumpLine reads one line of the decoded dump, counted from 1 as psql does.
func (r *run) dumpLine(number int64) (line string, err error) {
	err = r.decoded(func(dump io.Reader) error {
		line, err = lineAt(dump, number)
		return err
	})
	return line, err
}

var errNoSuchLine = errors.New("the dump has fewer lines")

// lineAt is a line, or its beginning if it is very long.
func lineAt(r io.Reader, number int64) (string, error) {
	lines := bufio.NewReaderSize(r, 64<<10)
	for at := int64(1); ; at++ {
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
