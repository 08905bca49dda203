package restore

import (
	"cmp"
	"context"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// pinpointWithin bounds reading a dump again up to where it failed.
const pinpointWithin = 5 * time.Minute

// pinpoint tells where in the backup a failure lies, as far as that can be
// known: the line of a plain dump, the block of an archive. first is the
// server's first error; nil where only the client spoke.
func (r *run) pinpoint(ctx context.Context, f *outcome.Failure, first *serverlog.Entry, log []serverlog.Entry, stderr []string) {
	ctx, cancel := context.WithTimeout(ctx, pinpointWithin)
	defer cancel()
	switch {
	case !r.plan.File:
		f.Line = r.failedLine(ctx, first, lineOf(stderr, f.SQLState))
	case first != nil:
		f.Offset = r.block(ctx, first.Statement)
	case r.plan.Jobs == 1 && (f.Code == outcome.DumpCorrupt || f.Code == outcome.DumpTruncated):
		statement := abandonedCopy(log, r.server.User)
		f.Object, f.Offset = inspect.Subject(statement), r.block(ctx, statement)
	}
}

// failedLine is where an operator looks: at the row of a COPY, else where the
// statement begins. psql gives the line in which it ends, the end marker of a COPY.
func (r *run) failedLine(ctx context.Context, first *serverlog.Entry, ends int64) (line int64) {
	if ends == 0 {
		return 0
	}
	var row int64
	if first != nil {
		row = copyRow(first)
	}
	err := r.decoded(func(dump io.Reader) error {
		place, ok := inspect.PlaceOf(ctx, dump, ends, row)
		switch {
		case ok:
			line = cmp.Or(place.Row, place.Begins)
		case row == 0:
			line = ends
		}
		return nil
	})
	if err != nil {
		return 0
	}
	return line
}

// lineOf is the line of the dump that psql's first complaint is about, or its
// first about a SQLSTATE; 0: none.
func lineOf(stderr []string, sqlstate string) int64 {
	for _, line := range stderr {
		m := clientPrefix.FindStringSubmatch(line)
		if m == nil || m[2] == "" {
			continue
		}
		if state := passedOn.FindStringSubmatch(line); sqlstate == "" || state == nil || state[1] == sqlstate {
			number, _ := strconv.ParseInt(m[2], 10, 64)
			return number
		}
	}
	return 0
}

// block is where the rows of a COPY begin in the file; 0: not known, or no COPY.
// In a wrapped archive it is no place of the file.
func (r *run) block(ctx context.Context, statement string) int64 {
	if !strings.HasPrefix(statement, "COPY ") || r.dump.Compression != "" {
		return 0
	}
	archive, err := os.Open(r.dump.Path)
	if err != nil {
		return 0
	}
	defer archive.Close()
	return inspect.BlockOf(ctx, archive, statement)
}

// abandonedCopy is the COPY that was under way when pg_restore gave up.
func abandonedCopy(log []serverlog.Entry, user string) string {
	for _, e := range log {
		if e.OfClient(user) && e.ServerError().ClientLeft() && strings.HasPrefix(e.Statement, "COPY ") {
			return e.Statement
		}
	}
	return ""
}
