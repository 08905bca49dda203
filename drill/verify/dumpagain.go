package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/words"
)

// planDump adds the task that dumps the restored database, as the backup does in
// production. It runs last.
func (r *integrityRun) planDump() {
	r.dump.tasks = []*task{{
		name: "pg_dump", method: "pg_dump to nowhere", bytes: math.MaxInt64,
		parts: []step{{run: func(ctx context.Context, _ *pgx.Conn) (string, error) { return r.dumpAgain(ctx) }}},
	}}
}

// errTimeUp is the cause when the time for integrity ends a program of the image.
var errTimeUp = errors.New("the time for integrity is over")

// dumpAgain runs the image's pg_dump inside the container and discards its
// output.
func (r *integrityRun) dumpAgain(ctx context.Context) (string, error) {
	limited := ctx
	if !r.deadline.IsZero() {
		var cancel context.CancelFunc
		limited, cancel = context.WithDeadlineCause(ctx, r.deadline, errTimeUp)
		defer cancel()
	}
	var said outputHead
	exit, err := r.server.Exec(limited, sandbox.Command{
		Args: []string{"pg_dump", "--no-password", "--no-sync", "--file=/dev/null"}, Env: r.clientEnv(ctx), Stderr: &said,
	})
	switch {
	case ctx.Err() == nil && errors.Is(context.Cause(limited), errTimeUp):
		return "", errTimeUp
	case err != nil:
		return "", err
	case exit == cannotRun || exit == notFound:
		return "", notChecked("the image has no pg_dump")
	case ofSandbox.Match(said.buffer.Bytes()):
		return "", notChecked(said.firstLine())
	case exit != 0:
		return fmt.Sprintf("pg_dump ended with exit code %d: %s", exit, said.firstLine()), nil
	}
	return "", nil
}

// ofSandbox matches errors about an exhausted resource of the sandbox: a dump
// locks every table at once. pg_dump does not print SQLSTATEs.
var ofSandbox = regexp.MustCompile(`out of shared memory|out of memory|No space left on device|too many clients`)

// The exit codes with which an engine reports that a program is missing.
const (
	cannotRun = 126
	notFound  = 127
)

// clientEnv returns the environment that tells libpq where to connect. A name in
// the environment is used as it is; on the command line it could be read as a
// connection string. The settings stored in the database do not apply.
func (r *integrityRun) clientEnv(ctx context.Context) []string {
	return []string{
		"PGHOST=127.0.0.1", "PGPORT=5432", "PGDATABASE=" + r.server.Database,
		"PGUSER=" + r.server.User, "PGPASSWORD=" + r.server.Password.Reveal(),
		"PGOPTIONS=" + r.server.ClientOptions(ctx, provision.SessionOptions{ReadOnly: true}), "PGSSLMODE=disable", "PGCONNECT_TIMEOUT=30", "PGCLIENTENCODING=",
		"LC_ALL=C", "LANGUAGE=C",
	}
}

// outputHead keeps the beginning of a program's output.
type outputHead struct{ buffer bytes.Buffer }

func (s *outputHead) Write(b []byte) (int, error) {
	const most = 4 << 10
	if room := most - s.buffer.Len(); room > 0 {
		s.buffer.Write(b[:min(len(b), room)]) // never fails
	}
	return len(b), nil
}

// firstLine returns the first error, without values. The lines after it may quote
// a statement.
func (s *outputHead) firstLine() string {
	line, _, _ := strings.Cut(strings.TrimSpace(s.buffer.String()), "\n")
	line = pgerr.Line(strings.TrimPrefix(line, "pg_dump: error: "))
	return strings.ToValidUTF8(words.Shorten(line, 200), "�")
}
