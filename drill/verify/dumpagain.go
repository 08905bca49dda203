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

// planDump has the restored database dumped as production's is, last of all.
func (k *scrutiny) planDump() {
	k.dump.tasks = []*task{{
		name: "pg_dump", by: "pg_dump to nowhere", bytes: math.MaxInt64,
		carryOut: func(ctx context.Context, _ *pgx.Conn) (string, error) { return k.dumpAgain(ctx) },
	}}
}

// errTimeUp ends a program of the image when the time for integrity is over.
var errTimeUp = errors.New("the time for integrity is over")

// dumpAgain runs the image's pg_dump inside the container, where its output is
// thrown away.
func (k *scrutiny) dumpAgain(ctx context.Context) (string, error) {
	limited := ctx
	if !k.until.IsZero() {
		var cancel context.CancelFunc
		limited, cancel = context.WithDeadlineCause(ctx, k.until, errTimeUp)
		defer cancel()
	}
	var said saying
	exit, err := k.server.Exec(limited, sandbox.Command{
		Args: []string{"pg_dump", "--no-password", "--no-sync", "--file=/dev/null"}, Env: k.clientEnv(ctx), Stderr: &said,
	})
	switch {
	case ctx.Err() == nil && errors.Is(context.Cause(limited), errTimeUp):
		return "", errTimeUp
	case err != nil:
		return "", err
	case exit == cannotRun || exit == notFound:
		return "", notDone("the image has no pg_dump")
	case ofSandbox.Match(said.kept.Bytes()):
		return "", notDone(said.firstLine())
	case exit != 0:
		return fmt.Sprintf("pg_dump ended with exit code %d: %s", exit, said.firstLine()), nil
	}
	return "", nil
}

// ofSandbox tells errors about what the sandbox has too little of: a dump locks
// every table at once. pg_dump gives no SQLSTATE.
var ofSandbox = regexp.MustCompile(`out of shared memory|out of memory|No space left on device|too many clients`)

// The exit codes by which an engine says that a program is not there.
const (
	cannotRun = 126
	notFound  = 127
)

// clientEnv tells libpq where to connect, as values that it takes as they are:
// a name on the command line could be read as a connection string. The settings that
// the database has stored have no say.
func (k *scrutiny) clientEnv(ctx context.Context) []string {
	return []string{
		"PGHOST=127.0.0.1", "PGPORT=5432", "PGDATABASE=" + k.server.Database,
		"PGUSER=" + k.server.User, "PGPASSWORD=" + k.server.Password.Reveal(),
		"PGOPTIONS=" + k.server.ClientOptions(ctx, provision.SessionOptions{ReadOnly: true}), "PGSSLMODE=disable", "PGCONNECT_TIMEOUT=30", "PGCLIENTENCODING=",
		"LC_ALL=C", "LANGUAGE=C",
	}
}

// saying keeps the beginning of what a program says.
type saying struct{ kept bytes.Buffer }

func (s *saying) Write(b []byte) (int, error) {
	const most = 4 << 10
	if room := most - s.kept.Len(); room > 0 {
		s.kept.Write(b[:min(len(b), room)]) // never fails
	}
	return len(b), nil
}

// firstLine is the first error. The lines behind it may quote a statement.
func (s *saying) firstLine() string {
	line, _, _ := strings.Cut(strings.TrimSpace(s.kept.String()), "\n")
	line = pgerr.Line(strings.TrimPrefix(line, "pg_dump: error: "))
	return strings.ToValidUTF8(words.Shorten(line, 200), "�")
}
