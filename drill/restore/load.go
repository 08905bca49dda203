package restore

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/drillgres/drillgres/drill/inspect"
	"github.com/drillgres/drillgres/drill/provision"
	"github.com/drillgres/drillgres/drill/sandbox"
	"github.com/drillgres/drillgres/drill/serverlog"
)

// load runs psql or pg_restore to its end.
func (r *run) load(ctx context.Context) error {
	offset, err := serverlog.Size(ctx, r.server)
	if err != nil {
		return asFailure(err, "measure the server's log")
	}
	stderr := &clientLog{}
	command := sandbox.Command{Args: r.plan.Args, Env: r.plan.Env, Stderr: stderr}
	var code int
	if r.plan.File {
		command.Args = append(command.Args, r.archive)
		code, err = r.loadFile(ctx, command)
	} else {
		code, err = r.feed(ctx, command)
	}
	if err != nil {
		return asFailure(err, "run "+r.plan.Tool)
	}
	if code != 0 {
		return r.diagnose(ctx, code, stderr.tells(), offset)
	}
	// A process that was killed for memory does not always take the client with it.
	if sick := r.server.Sick(ctx); sick != nil {
		return sick
	}
	if r.plan.File {
		return nil // pg_restore can't be told to go on
	}
	return r.findTolerated(ctx, offset)
}

// findTolerated tells of errors after which the client went on: a dump can
// switch ON_ERROR_STOP off. Whether they lost anything is for verify to say.
func (r *run) findTolerated(ctx context.Context, offset int64) error {
	log, err := r.readLog(ctx, offset, false)
	if err != nil {
		return asFailure(err, "read the server's log")
	}
	first, more := firstError(log, r.server.User)
	if first == nil {
		return nil
	}
	r.find("errors_tolerated", "take \\set ON_ERROR_STOP off out of the dump",
		fmt.Sprintf("the dump lets psql go on after errors, of which there were %d, the first: %s", 1+more, shown(first.ServerError(), copyPlace(first))))
	return nil
}

// feed gives psql the decoded dump. An error of the decoder ends psql instead
// of ending its input, after which it would keep what it has.
func (r *run) feed(ctx context.Context, c sandbox.Command) (int, error) {
	code := 0
	err := r.decoded(func(dump io.Reader) (err error) {
		c.Stdin = &counted{r: dump, report: r.progress, total: r.dump.DecodedBytes}
		code, err = r.server.Exec(ctx, c)
		return err
	})
	return code, err
}

// decoded gives the dump to read, out of its compression.
func (r *run) decoded(read func(dump io.Reader) error) error {
	stored, err := os.Open(r.dump.Path)
	if err != nil {
		return fmt.Errorf("open the dump: %w", err)
	}
	defer stored.Close()
	dump, _, err := inspect.Decode(stored, r.Limits)
	if err != nil {
		return err
	}
	defer dump.Close()
	return read(dump)
}

// loadFile runs pg_restore and, beside it, watches the database grow.
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

// watchGrowth reports the database's size until the context ends. It is only
// progress: what goes wrong with it is left to the restore itself to find.
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
