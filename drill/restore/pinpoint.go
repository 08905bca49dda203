package restore

import (
	"cmp"
	"context"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// pinpointWithin limits the time to read a dump again up to the failure.
const pinpointWithin = 5 * time.Minute

// pinpoint sets the place of a failure in the backup, if it can be found: the line
// of a plain dump, or the block of an archive. first is the server's first error,
// or nil if only the client reported one.
func (r *run) pinpoint(ctx context.Context, f *outcome.Failure, first *serverlog.Entry, log []serverlog.Entry, stderr []string) {
	ctx, cancel := context.WithTimeout(ctx, pinpointWithin)
	defer cancel()
	switch {
	case !r.plan.File:
		f.Line = r.failedLine(ctx, first, r.lineOf(stderr, f.SQLState))
	case first != nil:
		f.Offset = r.blockOffset(ctx, first.Statement)
	case r.plan.Jobs == 1 && (f.Code == outcome.DumpCorrupt || f.Code == outcome.DumpTruncated):
		statement := abandonedCopy(log, r.server.User)
		f.Object, f.Offset = inspect.Subject(statement), r.blockOffset(ctx, statement)
	}
}

// failedLine returns the line where an operator should look: the row of a COPY, or
// else the beginning of the statement. ends is the line that psql printed, in which
// the statement or the COPY ends.
func (r *run) failedLine(ctx context.Context, first *serverlog.Entry, ends int64) (line int64) {
	if ends == 0 {
		return 0
	}
	var row int64
	if first != nil {
		row = copyRow(first)
	}
	err := r.withDecoded(ctx, func(dump *layers.Stream) error {
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

// lineOf returns the line of the dump for psql's first error, or for its first error
// with the SQLSTATE. It returns 0 if no error names a line.
func (r *run) lineOf(stderr []string, sqlstate string) int64 {
	line := printedLine(stderr, sqlstate)
	if r.plan.Key == "" {
		return line
	}
	return lineInDump(r.dump.Splices, line)
}

// printedLine returns the line that psql printed, of its input.
func printedLine(stderr []string, sqlstate string) int64 {
	for _, line := range stderr {
		m := clientPrefix.FindStringSubmatch(line)
		if m == nil || m[2] == "" {
			continue
		}
		if state := serverErrorState.FindStringSubmatch(line); sqlstate == "" || state == nil || state[1] == sqlstate {
			number, _ := strconv.ParseInt(m[2], 10, 64)
			return number
		}
	}
	return 0
}

// blockOffset returns the offset in the file at which the rows of a COPY begin. It
// returns 0 if that is unknown, if the statement is not a COPY, or if the archive
// is in a layer or in several files.
func (r *run) blockOffset(ctx context.Context, statement string) int64 {
	if !strings.HasPrefix(statement, "COPY ") || r.plan.Unpack {
		return 0
	}
	archive, err := os.Open(r.dump.Path)
	if err != nil {
		return 0
	}
	defer archive.Close()
	return inspect.BlockOf(ctx, archive, statement)
}

// abandonedCopy returns the COPY that was running when pg_restore gave up, or "".
func abandonedCopy(log []serverlog.Entry, user string) string {
	for _, e := range log {
		if e.OfClient(user) && e.ServerError().ClientLeft() && strings.HasPrefix(e.Statement, "COPY ") {
			return e.Statement
		}
	}
	return ""
}
