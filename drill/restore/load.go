package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/drillgres/drillgres/drill/layers"
	"github.com/drillgres/drillgres/drill/outcome"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/serverlog"
	"github.com/drillgres/drillgres/drill/words"
)

// load loads the dump, over several sessions where it can, unless it is loaded.
func (r *run) load(ctx context.Context) error {
	if err := r.checkClient(); err != nil {
		return err
	}
	if err := r.adapt(ctx); err != nil {
		return err
	}
	loaded, err := r.loaded, error(nil)
	if !loaded {
		loaded, err = r.loadInParallel(ctx)
	}
	if err == nil && !loaded {
		r.noteLoader()
		err = r.loadByClient(ctx)
	}
	if err != nil {
		return err
	}
	// Neither a client nor a session always fails when the kernel kills a server process for
	// memory.
	if unhealthy := r.server.Unhealthy(ctx); unhealthy != nil {
		return unhealthy
	}
	return r.fillViews(ctx)
}

// loadByClient loads the dump with psql or pg_restore. Several jobs of pg_restore load rows in
// another order than that of the dump, on which a CHECK constraint may depend, and may run into
// deadlocks with each other. So if they fail, one job loads the dump again, and its verdict counts.
func (r *run) loadByClient(ctx context.Context) error {
	err := r.runClient(ctx)
	var f *outcome.Failure
	if r.plan.Jobs == 1 || !r.server.IsSandbox() || !errors.As(err, &f) || f.SQLState == "" || f.Class() == outcome.ClassEnvironment {
		return err
	}
	why := r.whyOnce()
	if why == "" {
		var asked error
		if why, asked = r.ownSettings(ctx); asked != nil {
			return explainNoSession(asked)
		}
	}
	if why != "" {
		return f.WithHint("%s", words.Join("; ", f.Remedy(), "set restore.jobs to 1 if the dump can only be loaded in its order"))
	}
	if err := asFailure(r.beginAgain(ctx), "create the database again"); err != nil {
		return err
	}
	r.restored.WhyClient = fmt.Sprintf("%d jobs of it %s: %s", r.plan.Jobs, endedEarly, f.SQLState)
	r.plan.useOneJob()
	r.restored.Jobs = r.plan.Jobs
	return r.runClient(ctx)
}

// runClient runs psql or pg_restore to its end.
func (r *run) runClient(ctx context.Context) error {
	var offset int64
	if r.server.IsSandbox() {
		var err error
		if offset, err = serverlog.Size(ctx, r.server); err != nil {
			return asFailure(err, "measure the server's log")
		}
	}
	stderr := &clientLog{}
	command := sandbox.Command{Args: r.plan.Args, Env: r.plan.Env, Stderr: stderr}
	var (
		code int
		err  error
	)
	if r.plan.File {
		command.Args = append(command.Args, r.archive)
		code, err = r.loadFile(ctx, command)
	} else {
		code, err = r.feedPsql(ctx, command)
	}
	if err != nil {
		return asFailure(err, "run "+r.plan.Tool)
	}
	switch {
	case code == 0:
		return nil
	case !r.server.IsSandbox():
		return r.explainClient(ctx, code, stderr)
	}
	return r.diagnose(ctx, code, stderr.explanation(), offset)
}

// explainClient returns the failure that explains the client's exit code if the server's log
// cannot be read.
func (r *run) explainClient(ctx context.Context, code int, stderr *clientLog) error {
	lines := stderr.explanation()
	f := fromClient(evidence{
		Tool: r.plan.Tool, ExitCode: code, Stderr: lines, Context: stderr.context, User: r.server.User, Image: "of the database",
		DumpMajor: provision.Major(r.dump.DumpVersion), ServerMajor: r.server.Major, Preloaded: r.server.Preloaded,
	})
	failed := &serverlog.Entry{Context: stderr.context}
	if table, _, _ := failedCopy(failed); table != "" && f.SQLState != "" {
		f.Object = table
	}
	if !r.plan.File {
		f.Line = r.failedLine(ctx, failed, r.lineOf(lines, f.SQLState))
	}
	return r.recheckHostile(ctx, f, lines)
}

// checkClient fails if psql has no restricted mode and the dump may contain commands
// that [inspect.Scan] cannot see.
func (r *run) checkClient() error {
	if r.plan.File || r.plan.Key != "" {
		return nil
	}
	if r.dump.Foreign != "" {
		return outcome.Fail(outcome.ClientTooOld,
			"the psql of Postgres %s cannot be restricted to SQL, and the dump contains what pg_dump never writes: %s", clientVersion(r.server), r.dump.Foreign)
	}
	r.addFinding("client_unpatched", "use an image with the current minor version of production's major",
		fmt.Sprintf("the psql of Postgres %s cannot be restricted to SQL (CVE-2025-8714); the dump contains only what pg_dump writes", clientVersion(r.server)))
	return nil
}

// feedPsql pipes the decoded dump into psql. An error of the decoder kills psql. A
// mere end of the input would look like the end of the dump.
func (r *run) feedPsql(ctx context.Context, c sandbox.Command) (int, error) {
	code := 0
	err := r.withDecoded(ctx, func(dump *layers.Stream) (err error) {
		counted := &countingReader{dump, r.newCounter()}
		c.Stdin, c.WholeInput = newBoundary(counted, r.dump.Splices, r.plan.Key), true
		code, err = r.server.Exec(ctx, c)
		return err
	})
	return code, err
}

// withDecoded calls read with the dump inside its layers.
func (r *run) withDecoded(ctx context.Context, read func(dump *layers.Stream) error) error {
	open := func(o layers.Opener) (*layers.Stream, error) { return o.OpenPath(ctx, r.dump.Path) }
	return r.withDecodedFrom(open, read)
}

func (r *run) withDecodedFrom(open func(layers.Opener) (*layers.Stream, error), read func(dump *layers.Stream) error) error {
	var opener layers.Opener
	if r.Opener != nil {
		opener = *r.Opener
	}
	opener.KeepTar = true
	dump, err := open(opener)
	if err != nil {
		return asFailure(err, "open the dump")
	}
	defer dump.Close()
	return read(dump)
}

// loadFile runs pg_restore and reports the size of the database meanwhile.
func (r *run) loadFile(ctx context.Context, c sandbox.Command) (int, error) {
	watching, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.watchGrowth(watching)
	}()
	code, err := r.server.Exec(ctx, c)
	stop()
	<-done
	return code, err
}

const growthInterval = time.Second

// watchGrowth reports the database's size until the context ends. It ignores
// errors, because the size is only progress.
func (r *run) watchGrowth(ctx context.Context) {
	if r.progress == nil {
		return
	}
	conn, err := r.server.Session(ctx, r.server.Maintenance, provision.SessionOptions{ReadOnly: true})
	if err != nil {
		return
	}
	defer provision.Close(ctx, conn)
	tick := time.NewTicker(growthInterval)
	defer tick.Stop()
	for {
		var size int64
		if err := conn.QueryRow(ctx, "select pg_database_size($1)", r.server.Database).Scan(&size); err != nil {
			return
		}
		r.progress.Report(size, 0)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
