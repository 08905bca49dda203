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
)

// runTasks runs the parts of the tasks in order, on all sessions, until the time is up.
func (r *integrityRun) runTasks(ctx context.Context) error {
	var parts []part
	for _, t := range r.tasks() {
		for _, s := range r.leftOf(t) {
			parts = append(parts, part{t, s})
		}
	}
	w := &workers{integrityRun: r, total: len(parts)}
	if err := readEach(ctx, r.sessions, parts, w.start); err != nil || r.deadline.IsZero() {
		return err
	}
	return r.endLimit(ctx, len(parts))
}

// leftOf returns the parts of a task that were not read during the load.
func (r *integrityRun) leftOf(t *task) (left []step) {
	for _, s := range t.parts {
		if seconds, found := r.ahead.has(s.reads); found {
			t.seconds += seconds
			r.aheadParts++
		} else {
			left = append(left, s)
		}
	}
	t.open, t.ended = len(left), len(left) == 0
	return left
}

// endLimit ends the limit of statements in the sessions that ran parts. All of them then count the rows that
// were not read, and the first also serves other checks.
func (r *integrityRun) endLimit(ctx context.Context, parts int) error {
	for i := range min(r.sessions.number(), parts) {
		conn, err := r.sessions.get(i)
		if err != nil {
			return err
		}
		if _, err := conn.Exec(ctx, "reset statement_timeout", pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// workers run the parts of tasks, each on one session.
type workers struct {
	*integrityRun
	total int

	mu   sync.Mutex // of what follows, and of the results of the tasks
	done int
}

func (w *workers) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done++
	w.progress.Report(int64(w.done), int64(w.total))
}

// worker runs parts on one session.
type worker struct {
	*workers
	conn  *pgx.Conn
	limit time.Time // when statement_timeout was last set
}

func (w *workers) start(ctx context.Context, conn *pgx.Conn) (reader[part], error) {
	if conn != w.sessions.first { // which has amcheck already
		if _, err := loadAmcheck(ctx, conn, w.server.Major); err != nil {
			return nil, fmt.Errorf("load amcheck: %w", err)
		}
	}
	one := &worker{workers: w, conn: conn}
	return func(ctx context.Context, p part) error {
		if err := one.runPart(ctx, p); err != nil {
			return fmt.Errorf("%s of %s: %w", p.task.method, p.task.name, err)
		}
		w.report()
		return nil
	}, nil
}

// runPart runs one part of a task within the remaining time, unless the result of the task
// is already known.
func (w *worker) runPart(ctx context.Context, p part) error {
	if !w.deadline.IsZero() && !time.Now().Before(w.deadline) || w.hasEnded(p.task) {
		return nil
	}
	if err := w.limitStatements(ctx); err != nil {
		return err
	}
	began := time.Now()
	damage, err := p.step.run(ctx, w.conn)
	result, err := resultOf(ctx, w.conn, p.task.name, damage, err)
	w.mu.Lock()
	defer w.mu.Unlock()
	p.task.seconds += time.Since(began).Seconds()
	p.task.add(result)
	return err
}

func (w *worker) hasEnded(t *task) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return t.ended
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

// result is the result of one part of a task.
type result struct {
	ended   bool // within the time
	damage  string
	stored  bool   // the damage is one of the stored data
	unclear string // why the result is unknown
}

// resultOf returns the result of a part. An error ends the stage.
func resultOf(ctx context.Context, conn *pgx.Conn, name, damage string, err error) (result, error) {
	said, fromServer := pgerr.From(err)
	var why notChecked
	var value unreadableValue
	switch {
	case err == nil:
		return result{ended: true, damage: damage}, nil
	case errors.As(err, &value):
		return result{ended: true, damage: value.text, stored: value.stored}, nil
	case endsStage(ctx, conn, err):
		return result{}, err
	case said.SQLState == pgerrcode.QueryCanceled, errors.Is(err, errTimeUp):
		return result{}, nil // not reached
	case errors.As(err, &why):
		return result{ended: true, unclear: err.Error()}, nil
	case !fromServer:
		return result{}, err
	case said.Damage():
		return result{ended: true, damage: name + ": " + pgerr.Describe(err), stored: isAboutStorage(said)}, nil
	}
	return result{ended: true, unclear: pgerr.Describe(err)}, nil
}

// add adds the result of a part. The task ends with its last part, or with one that decides it.
func (t *task) add(r result) {
	if t.ended || !r.ended {
		return
	}
	t.open--
	t.damage, t.stored, t.unclear = r.damage, t.stored || r.stored, r.unclear
	t.ended = t.open == 0 || r.damage != "" || r.unclear != ""
}
