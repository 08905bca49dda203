package restore

import (
	"bufio"
	"context"
	"errors"
	"io"
	"regexp"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
)

// recheckHostile reads the line that psql took for a hostile command: a row whose COPY
// line is lost can contain backslashes too.
func (r *run) recheckHostile(ctx context.Context, f *outcome.Failure, stderr []string) *outcome.Failure {
	if f.Code != outcome.DumpHostile || f.SQLState != "" {
		return f
	}
	number := r.lineOf(stderr, "")
	line, err := r.dumpLine(ctx, number)
	if err != nil || !isRow(line) {
		return f
	}
	row := outcome.Fail(outcome.CopyFailed, "found a row of a table where SQL was expected").
		WithHint("check the file for damage: the COPY line before these rows is missing")
	row.Line = number
	return row
}

// copyEscape matches the first backslash of a COPY row: NULL, or a character that
// the format escapes, or the end of the rows. None of psql's commands with these
// letters reaches outside psql.
var copyEscape = regexp.MustCompile(`^[^\\]*\\(?:N(?:\t|$)|[bfnrtv\\])|^\\\.$`)

func isRow(line string) bool { return copyEscape.MatchString(line) }

// dumpLine returns one line of the decoded dump. The first line is 1, as in psql.
func (r *run) dumpLine(ctx context.Context, number int64) (line string, err error) {
	err = r.withDecoded(ctx, func(dump *layers.Stream) error {
		line, err = lineAt(dump, number)
		return err
	})
	return line, err
}

var errNoSuchLine = errors.New("the dump has fewer lines")

// lineAt returns a line, or its beginning if it is very long.
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
