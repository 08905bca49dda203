package restore

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// The context of an error in a COPY: COPY table, line 3, column a: "value". The
// names have no quotes.
var (
	copyTable = regexp.MustCompile(`(?m)^COPY (.+?), line \d`)
	copyLine  = regexp.MustCompile(`^(\d+)(?:, column ([^:\n]+))?`)
)

// failedCopy returns the table, row and column at which a COPY failed. They are
// empty if the error is not about a COPY or a row. The table comes from the
// statement if possible, because a name can contain text like ", line 3".
func failedCopy(e *serverlog.Entry) (table, row, column string) {
	if table = inspect.CopyTarget(e.Statement); table == "" {
		m := copyTable.FindStringSubmatch(e.Context)
		if m == nil {
			return "", "", ""
		}
		table = m[1]
	}
	_, place, _ := strings.Cut("\n"+e.Context, "\nCOPY "+table+", line ")
	if m := copyLine.FindStringSubmatch(place); m != nil {
		row, column = m[1], m[2]
	}
	return table, row, column
}

// copyPlace formats the table, row number and column at which a COPY failed, or
// returns "".
func copyPlace(e *serverlog.Entry) string {
	table, row, column := failedCopy(e)
	if row == "" {
		return ""
	}
	place := "row " + row + " of " + table
	if column != "" {
		place += ", column " + column
	}
	return redact.OneLine(place)
}

// copyRow returns the number of the row, from 1, or 0 if the error is not about a
// row.
func copyRow(e *serverlog.Entry) int64 {
	_, row, _ := failedCopy(e)
	n, _ := strconv.ParseInt(row, 10, 64)
	return n
}
