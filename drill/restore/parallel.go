package restore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/sqltext"
	"github.com/drillgres/drillgres/drill/words"
)

// The values of restore.loader.
const (
	LoaderAuto     = "auto"     // LoaderParallel for a large dump that allows it, the default
	LoaderParallel = "parallel" // drillgres sends the dump over several sessions
	LoaderClient   = "client"   // psql or pg_restore
)

// largeDump is how many bytes of rows take longer to load than to open sessions for them.
const largeDump = 32 << 20

// whyClient returns why psql or pg_restore must load a dump, or an empty string. Before a
// client can take over from the parallel loader, the database is created again.
func (r *run) whyClient() string {
	switch s := r.dump.Source; {
	case r.gaveUp != "":
		return r.gaveUp
	case s.Format == inspect.Tar:
		return "pg_restore reads a tar archive from its beginning to its end"
	case s.Outline == nil && len(s.Blocks) == 0:
		return cmp.Or(s.NoOutline, "it was not read whole")
	case needsOneJob(r.server):
		return "an extension needs one session"
	case r.whyOnce() != "":
		return r.whyOnce()
	case r.jobs() == 1:
		return "there is one job"
	case r.loader() == LoaderAuto && r.dump.Arriving == nil && sizeOfRows(s) < largeDump:
		return "it is small"
	}
	return ""
}

// whyOnce returns why the database cannot be created again and loaded a second time, or an
// empty string: it contains more than the dump.
func (r *run) whyOnce() string {
	switch {
	case r.partly:
		return "the backup has several parts"
	case r.hooked && len(r.Config.Before) > 0:
		return "restore.before cannot run twice"
	}
	return ""
}

// mayLoadInParallel reports whether the config lets drillgres load the dump, if it can.
func (r *run) mayLoadInParallel() bool {
	return r.dump.Format != inspect.Cluster && r.loader() != LoaderClient
}

// loader returns the value of restore.loader.
func (r *run) loader() string { return cmp.Or(r.Config.Loader, LoaderAuto) }

// sizeOfRows returns the size of the rows that a loader would send, in bytes.
func sizeOfRows(s inspect.Source) (size int64) {
	if s.Outline != nil {
		for _, r := range s.Outline.Rows {
			size += r.Data.Size
		}
	}
	for _, b := range s.Blocks {
		size += b.Size
	}
	return size
}

// loadInParallel loads a dump over several sessions, and reports whether it did. An
// error of the server is not a verdict: it creates the database again, and returns false.
// The client then finds the first cause, or loads a dump that can only be loaded in its order.
func (r *run) loadInParallel(ctx context.Context) (loaded bool, err error) {
	if !r.mayLoadInParallel() {
		r.restored.Loader = r.plan.Tool
		return false, nil
	}
	why, err := r.whyClient(), error(nil)
	if why == "" && r.server.IsSandbox() { // no other database is created again
		why, err = r.ownSettings(ctx)
	}
	if err != nil {
		return false, err
	}
	var send func(context.Context) error
	if why == "" {
		if send, why, err = r.sender(ctx); err != nil {
			return false, err
		}
	}
	if why == "" {
		if why, err = r.tryParallel(ctx, send); why == "" || err != nil {
			return err == nil, err
		}
		r.plan.useOneJob() // in the order of the dump
	}
	r.restored.Loader, r.restored.WhyClient, r.restored.Jobs = r.plan.Tool, why, r.plan.Jobs
	return false, nil
}

const endedEarly = "ended early"

// NeedsOneJob reports whether a client loaded a dump with one job because several sessions
// could not. why is Restored.WhyClient.
func NeedsOneJob(why string) bool { return strings.Contains(why, endedEarly) }

// sender returns what loads the dump over several sessions, or why a client must.
func (r *run) sender(ctx context.Context) (send func(context.Context) error, why string, err error) {
	if !r.plan.File {
		return r.sendDump, "", nil
	}
	s, why, err := r.readSkeleton(ctx)
	return func(ctx context.Context) error { return r.sendArchive(ctx, s) }, why, err
}

// tryParallel loads a dump over several sessions. If the server does not accept it, it
// returns why a client must load it, into a database that it has created again. A database that
// is not in a sandbox is never dropped.
func (r *run) tryParallel(ctx context.Context, send func(context.Context) error) (why string, err error) {
	r.restored.Loader, r.restored.Jobs = LoaderParallel, r.jobs()
	if err = send(ctx); err == nil {
		return "", nil
	}
	return r.giveUp(ctx, err)
}

// giveUp returns why a client must load the dump after an error of the parallel load, into a
// database that it has created again.
func (r *run) giveUp(ctx context.Context, err error) (why string, _ error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if unhealthy := r.server.Unhealthy(ctx); unhealthy != nil {
		return "", unhealthy
	}
	if !r.server.IsSandbox() {
		f := *outcome.AsFailure(r.explainLoad(err))
		return "", f.WithHint("%s", words.Join("; ", f.Remedy(), "if the last drill passed, create the database again, and restore with --loader client"))
	}
	why = "the parallel load " + endedEarly
	if said, ok := pgerr.From(err); ok {
		why += ": " + said.Error()
	}
	return why, asFailure(r.beginAgain(ctx), "create the database again")
}

// jobs returns how many sessions load at the same time.
func (r *run) jobs() int { return jobsFor(r.server, r.Config.Jobs) }

// sendDump loads a plain dump with a loader.
func (r *run) sendDump(ctx context.Context) error {
	l := r.newLoader(r.dump.Outline, r.dump.Splices)
	return r.withDecoded(ctx, func(dump *layers.Stream) error { return l.loadAll(ctx, dump, r.newCounter()) })
}

// sendArchive loads an archive with a loader.
func (r *run) sendArchive(ctx context.Context, s skeleton) error {
	l := r.newLoader(s.outline, s.splices)
	counted := &counter{report: r.progress, total: sizeOfRows(r.dump.Source)}
	l.open = func(i int) opener { return openBlock(r.dump.Source, r.unpacked, i, counted) }
	return l.load(ctx, bytes.NewReader(s.sql))
}

// openBlock returns what opens a block of an archive on disk.
func openBlock(s inspect.Source, path string, i int, counted *counter) opener {
	return func() (io.Reader, func() error, error) {
		rows, err := s.OpenBlock(path, s.Blocks[i])
		if err != nil {
			return nil, nil, err
		}
		return &fullReader{&countingReader{rows, counted}}, rows.Close, nil
	}
}

// readWith is how many sessions a load must have to read beside it. Of two, one that reads takes from the other about as
// much time as it saves: they seldom have a core each.
const readWith = 3

func (r *run) newLoader(o *inspect.Outline, splices []inspect.Splice) *loader {
	settings := loadSettings(r.server)
	settings["synchronous_commit"] = "off" // the last statement of the restore, in another session, waits for all commits
	l := newLoader(o, splices, r.jobs(), func(ctx context.Context) (*pgx.Conn, error) {
		return r.server.ClientSession(ctx, settings)
	})
	if r.Reader != nil && r.jobs() >= readWith {
		server := r.server
		l.read = func(ctx context.Context, table sqltext.Name, pause func() bool) bool {
			return r.Reader.Read(ctx, server, table, pause)
		}
		l.endReads = r.Reader.End
	}
	return l
}

// explainLoad returns the failure for an error of the server that ended the parallel load into
// a server whose log cannot be read: the error itself has what the log would have.
func (r *run) explainLoad(err error) error {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return err
	}
	entry := serverlog.Entry{
		User: r.server.User, Severity: "ERROR", SQLState: said.Code, Message: said.Message, Detail: said.Detail, Hint: said.Hint,
		Query: said.InternalQuery, Context: said.Where,
	}
	var failed *failedStatement
	if errors.As(err, &failed) {
		entry.Statement = failed.sql
	}
	return classify(evidence{
		User: r.server.User, DumpMajor: provision.Major(r.dump.DumpVersion), ServerMajor: r.server.Major, Preloaded: r.server.Preloaded,
		Log: []serverlog.Entry{entry},
	})
}

// ownSettings returns why psql must load the dump if the backup's roles have settings in the
// database, which would be lost with it. That of a real server is never dropped.
func (r *run) ownSettings(ctx context.Context) (why string, err error) {
	if !r.server.IsSandbox() {
		return "", nil
	}
	conn, err := r.server.Session(ctx, r.server.Maintenance, provision.SessionOptions{ReadOnly: true})
	if err != nil {
		return "", err
	}
	defer provision.Close(ctx, conn)
	var found bool
	const sql = "select exists (select from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = s.setdatabase where d.datname = $1 and s.setrole <> 0)"
	if err := conn.QueryRow(ctx, sql, r.server.Database).Scan(&found); err != nil || !found {
		return "", err
	}
	return "the database has settings of roles", nil
}

// beginAgain replaces the database by an empty one, as it was before the load.
func (r *run) beginAgain(ctx context.Context) error {
	if r.Reader != nil {
		r.Reader.Forget()
	}
	if err := r.server.Recreate(ctx); err != nil {
		return explainNoSession(err)
	}
	return r.prepareDatabase(ctx)
}

// noteLoader adds a finding if the config asks for the parallel loader, and a client loaded
// the dump.
func (r *run) noteLoader() {
	if r.loader() == LoaderParallel && r.restored.Loader != LoaderParallel {
		r.addFinding("loaded_by_client", "set restore.loader to auto if that is how the backup is to be restored",
			words.Join(": ", r.plan.Tool+" loads the dump", r.restored.WhyClient))
	}
}
