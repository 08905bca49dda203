package verify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgerrcode"
	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/pgerr"
	"github.com/drillgres/drillgres/drill/provision"
)

// mostWorkers is the maximum number of connections that check the database in
// parallel. More of them would only wait for the disk.
const mostWorkers = 4

// runTasks runs the tasks in order, on one connection per CPU of the server, until
// the time is up.
func (r *integrityRun) runTasks(ctx context.Context, first *pgx.Conn, tasks []*task) error {
	w := &workerPool{integrityRun: r, total: len(tasks), queue: make(chan *task, len(tasks))}
	for _, t := range tasks {
		w.queue <- t
	}
	close(w.queue)
	working, stop := context.WithCancel(ctx)
	defer stop()
	var group sync.WaitGroup
	for i := range min(mostWorkers, max(1, r.server.CPUs), len(tasks)) {
		group.Go(func() {
			if err := w.runWorker(working, i, first); err != nil {
				w.fail(err)
				stop()
			}
		})
	}
	group.Wait()
	return w.err
}

// workerPool runs the tasks of a queue of tasks.
type workerPool struct {
	*integrityRun
	queue chan *task
	total int

	mu   sync.Mutex
	done int
	err  error // the first
}

func (w *workerPool) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

func (w *workerPool) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	w.progress.Report(int64(w.done), int64(w.total))
}

// runWorker runs tasks of the queue until it is empty. The first worker uses conn; each
// other worker opens its own connection.
func (w *workerPool) runWorker(ctx context.Context, i int, conn *pgx.Conn) error {
	if i > 0 {
		var err error
		if conn, err = openReadOnly(ctx, w.server); err != nil {
			return err
		}
		defer provision.Close(ctx, conn)
		if _, err := loadAmcheck(ctx, conn, w.server.Major); err != nil {
			return fmt.Errorf("load amcheck: %w", err)
		}
	}
	one := worker{workerPool: w, conn: conn}
	for t := range w.queue {
		if err := one.runTask(ctx, t); err != nil {
			return fmt.Errorf("%s of %s: %w", t.method, t.name, err)
		}
		w.report()
	}
	return nil
}

// worker runs tasks on one connection.
type worker struct {
	*workerPool
	conn  *pgx.Conn
	limit time.Time // when statement_timeout was last set
}

// runTask runs one task within the remaining time.
func (w *worker) runTask(ctx context.Context, t *task) error {
	if !w.deadline.IsZero() && !time.Now().Before(w.deadline) {
		return nil
	}
	if err := w.limitStatements(ctx); err != nil {
		return err
	}
	began := time.Now()
	damage, err := t.run(ctx, w.conn)
	t.seconds = time.Since(began).Seconds()
	return t.end(ctx, w.conn, damage, err)
}

// limitInterval is how often the statement timeout is set. A statement may exceed
// the remaining time by as much. Setting it before each of thousands of small
// statements would take longer.
const limitInterval = time.Second

// limitStatements sets the statement timeout to the remaining time.
func (w *worker) limitStatements(ctx context.Context) error {
	if w.deadline.IsZero() || time.Since(w.limit) < limitInterval {
		return nil
	}
	w.limit = time.Now()
	limit := fmt.Sprintf("set statement_timeout = %d", max(1, time.Until(w.deadline).Milliseconds()))
	_, err := w.conn.Exec(ctx, limit, pgx.QueryExecModeSimpleProtocol)
	return err
}

// end records the result of a task. An error ends the stage.
func (t *task) end(ctx context.Context, conn *pgx.Conn, damage string, err error) error {
	said, fromServer := pgerr.From(err)
	var why notChecked
	switch {
	case err == nil:
		t.ended, t.damage = true, damage
	case endsStage(ctx, conn, err):
		return err
	case said.SQLState == pgerrcode.QueryCanceled, errors.Is(err, errTimeUp):
		// not reached
	case errors.As(err, &why):
		t.ended, t.unclear = true, err.Error()
	case !fromServer:
		return err
	case said.Damage():
		t.ended, t.damage, t.stored = true, t.name+": "+pgerr.Describe(err), isAboutStorage(said)
	default:
		t.ended, t.unclear = true, pgerr.Describe(err)
	}
	return nil
}
