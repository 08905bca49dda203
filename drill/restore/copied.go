package restore

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/redact"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// What a COPY says of itself: COPY table, line 3, column a: "value". The names
// are as the catalog has them, without quotes.
var (
	copyTable = regexp.MustCompile(`(?m)^COPY (.+?), line \d`)
	copyLine  = regexp.MustCompile(`^(\d+)(?:, column ([^:\n]+))?`)
)

// copied finds the table, the row and the column at which a COPY failed; no row:
// it is not about one. A name may look like what stands behind it.
func copied(e *serverlog.Entry) (table, row, column string) {
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

// copyPlace names the table and line of a COPY that failed, without the row.
func copyPlace(e *serverlog.Entry) string {
	table, row, column := copied(e)
	if row == "" {
		return ""
	}
	place := "row " + row + " of " + table
	if column != "" {
		place += ", column " + column
	}
	return redact.OneLine(place)
}

// copyRow is the number of the row, from 1; 0: it is not about one.
func copyRow(e *serverlog.Entry) int64 {
	_, row, _ := copied(e)
	n, _ := strconv.ParseInt(row, 10, 64)
	return n
}
