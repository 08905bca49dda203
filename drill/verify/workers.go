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

// mostWorkers is how many connections look at the database side by side;
// beyond it they wait for the disk.
const mostWorkers = 4

// work carries out the tasks in their order, on as many connections as the
// server has CPUs, until the time is up.
func (k *scrutiny) work(ctx context.Context, first *pgx.Conn, tasks []*task) error {
	w := &workers{scrutiny: k, total: len(tasks), queue: make(chan *task, len(tasks))}
	for _, t := range tasks {
		w.queue <- t
	}
	close(w.queue)
	working, stop := context.WithCancel(ctx)
	defer stop()
	var group sync.WaitGroup
	for i := range min(mostWorkers, max(1, k.server.CPUs), len(tasks)) {
		group.Go(func() {
			if err := w.one(working, i, first); err != nil {
				w.fail(err)
				stop()
			}
		})
	}
	group.Wait()
	return w.err
}

// workers share a queue of tasks.
type workers struct {
	*scrutiny
	queue chan *task
	total int

	mu   sync.Mutex
	done int
	err  error // the first
}

func (w *workers) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil {
		w.err = err
	}
}

func (w *workers) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	w.progress.Report(int64(w.done), int64(w.total))
}

// one works off the queue on a connection of its own, the first on the one that
// is there.
func (w *workers) one(ctx context.Context, i int, conn *pgx.Conn) error {
	if i > 0 {
		var err error
		if conn, err = open(ctx, w.server); err != nil {
			return err
		}
		defer provision.Close(ctx, conn)
		if _, err := loadAmcheck(ctx, conn, w.server.Major); err != nil {
			return fmt.Errorf("load amcheck: %w", err)
		}
	}
	h := hand{workers: w, conn: conn}
	for t := range w.queue {
		if err := h.carryOut(ctx, t); err != nil {
			return fmt.Errorf("%s of %s: %w", t.by, t.name, err)
		}
		w.report()
	}
	return nil
}

// hand is one of the workers.
type hand struct {
	*workers
	conn  *pgx.Conn
	limit time.Time // when the server was last told how long a statement may run
}

// carryOut carries out one task in the time that is left.
func (h *hand) carryOut(ctx context.Context, t *task) error {
	if !h.until.IsZero() && !time.Now().Before(h.until) {
		return nil
	}
	if err := h.limitStatements(ctx); err != nil {
		return err
	}
	began := time.Now()
	damage, err := t.carryOut(ctx, h.conn)
	t.seconds = time.Since(began).Seconds()
	return t.end(ctx, h.conn, damage, err)
}

// limitEvery is how much longer than the time that is left a statement may run,
// so that not each of thousands of small ones needs another before it.
const limitEvery = time.Second

// limitStatements has the server end what the time cuts off.
func (h *hand) limitStatements(ctx context.Context) error {
	if h.until.IsZero() || time.Since(h.limit) < limitEvery {
		return nil
	}
	h.limit = time.Now()
	limit := fmt.Sprintf("set statement_timeout = %d", max(1, time.Until(h.until).Milliseconds()))
	_, err := h.conn.Exec(ctx, limit, pgx.QueryExecModeSimpleProtocol)
	return err
}

// end keeps what came of a task. Its error ends the stage.
func (t *task) end(ctx context.Context, conn *pgx.Conn, damage string, err error) error {
	said, fromServer := pgerr.From(err)
	var why notDone
	switch {
	case err == nil:
		t.ended, t.damage = true, damage
	case ends(ctx, conn, err):
		return err
	case said.SQLState == pgerrcode.QueryCanceled, errors.Is(err, errTimeUp):
		// not reached
	case errors.As(err, &why):
		t.ended, t.unclear = true, err.Error()
	case !fromServer:
		return err
	case said.Damage():
		t.ended, t.damage = true, t.name+": "+pgerr.Describe(err)
	default:
		t.ended, t.unclear = true, pgerr.Describe(err)
	}
	return nil
}
