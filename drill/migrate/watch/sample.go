package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
)

const (
	// sampleInterval is the time between two samples of the locks. A sample that
	// takes longer is followed by a pause of the same length.
	sampleInterval = 8 * time.Millisecond
	// reconnectWithin is the time limit for reconnecting after the migration has
	// terminated the sampler's session. Some tools terminate all other sessions.
	reconnectWithin = 10 * time.Second
	// maxSampled is the number of locks and of statements that are kept, the longest
	// ones, because a long migration can have any number of them.
	maxSampled = 20_000
	// maxTimes is the maximum number of times of samples that are kept.
	maxTimes = 1 << 20
)

// locksSQL returns the strongest lock of each transaction on each relation. It
// omits AccessShareLock, which is frequent and blocks only DDL. The time is one at which the
// locks have been read: on a busy server it can be much later than that of the sample.
const locksSQL = `
select coalesce(pid, 0), virtualtransaction, relation, max(array_position($2::text[], mode)), clock_timestamp()
from pg_locks
where locktype = 'relation' and granted and database = $1 and relation >= 16384 and mode <> 'AccessShareLock'
group by 1, 2, 3`

// activitySQL returns the server's time with each session of the database, at
// least one row.
const activitySQL = `
select clock_timestamp(), coalesce(a.pid, 0), a.query_start, coalesce(a.state, ''), coalesce(left(a.query, 1000), '')
from (values (1)) v left join pg_stat_get_activity(null) a on a.datid = $1 and a.backend_type = 'client backend'`

// sampledLock is a lock that was seen in pg_locks.
type sampledLock struct {
	pid     int
	virtual string // transaction
	table   *relation
	mode    mode
	before  time.Time // of the last sample without it, which read the locks later
	first   time.Time // at which the first sample with it had read the locks
	last    time.Time // of the last sample with it, which read the locks later
	started time.Time // the statement that was running in the first sample with it; zero: unknown
	sql     string    // of that statement, cut by the server
	matched bool
}

// sampledStatement is a statement that was seen in pg_stat_activity.
type sampledStatement struct {
	pid     int
	started time.Time
	last    time.Time
	sql     string
}

// sampler samples the locks of a database.
type sampler struct {
	watch    *Watch
	database uint32
	tables   *catalog

	stop       context.CancelFunc
	done       chan struct{}
	locks      map[lockKey]*sampledLock
	statements map[statementKey]*sampledStatement
	count      int           // of the samples
	stride     int           // times has every such sample; 0: all
	times      []int64       // of the samples, by the clock of the server, in microseconds
	longest    time.Duration // interval between two samples
	took       time.Duration // by all samples together
	previous   time.Time     // the previous sample, by the server's clock
	span       time.Duration // of the sampling
	err        error
}

type lockKey struct {
	virtual string
	table   *relation
	mode    mode
}

type statementKey struct {
	pid     int
	started time.Time
}

// startSampling takes the first sample, which takes longer than the others, and
// starts the sampler.
func (w *Watch) startSampling(ctx context.Context, conn *pgx.Conn, database uint32) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // ends with the watch, not with ctx
	w.sampler = &sampler{
		watch: w, database: database, tables: w.before, stop: stop, done: make(chan struct{}),
		locks: map[lockKey]*sampledLock{}, statements: map[statementKey]*sampledStatement{},
	}
	if err := w.sampler.sample(ctx, conn); err != nil {
		stop()
		provision.Close(ctx, conn)
		return err
	}
	go func() {
		defer close(w.sampler.done)
		w.sampler.err = w.sampler.run(ctx, conn)
	}()
	return nil
}

// close stops the sampling and waits for its end.
func (s *sampler) close() {
	s.stop()
	<-s.done
}

func (s *sampler) run(ctx context.Context, conn *pgx.Conn) error {
	started := time.Now()
	defer func() {
		s.span = time.Since(started)
		if conn != nil {
			provision.Close(ctx, conn)
		}
	}()
	previous := started
	for ctx.Err() == nil {
		at := time.Now()
		if err := s.sample(ctx, conn); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			provision.Close(ctx, conn)
			if conn, err = s.reconnect(ctx); err != nil {
				return fmt.Errorf("sample the locks: %w", err)
			}
			continue
		}
		took := time.Since(at)
		s.took += took
		s.longest = max(s.longest, at.Sub(previous))
		previous = at
		if pause(ctx, max(sampleInterval-took, took, time.Millisecond)) != nil {
			return nil
		}
	}
	return nil
}

func (s *sampler) reconnect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, reconnectWithin)
	defer cancel()
	for {
		conn, err := s.watch.connect(ctx, s.watch.server.Maintenance)
		if err == nil {
			return conn, nil
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return nil, err
		}
	}
}

// sampleWithin is the time limit of one sample. A server that exceeds it ends the
// sampling.
const sampleWithin = 30 * time.Second

func (s *sampler) sample(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, sampleWithin)
	defer cancel()
	b := &pgx.Batch{}
	b.Queue(activitySQL, s.database)
	b.Queue(locksSQL, s.database, modeNames[1:])
	answers := conn.SendBatch(ctx, b)
	defer answers.Close()
	now, sessions, err := s.readActivity(answers)
	if err != nil {
		return err
	}
	if err := s.readLocks(answers, now, sessions); err != nil {
		return err
	}
	s.noteTime(now)
	return answers.Close()
}

// noteTime records the time of a sample. Whenever there are too many, it keeps every
// second one, also of those that follow: the limits that they set to locks too short
// to be seen are coarser then.
func (s *sampler) noteTime(now time.Time) {
	s.count++
	if s.count%max(s.stride, 1) != 0 {
		return
	}
	s.times = append(s.times, now.UnixMicro())
	if len(s.times) < maxTimes {
		return
	}
	s.stride = 2 * max(s.stride, 1)
	kept := s.times[:0]
	for i := 1; i < len(s.times); i += 2 {
		kept = append(kept, s.times[i])
	}
	s.times = kept
}

func (s *sampler) readActivity(answers pgx.BatchResults) (now time.Time, sessions map[int]*sampledStatement, err error) {
	rows, err := answers.Query()
	if err != nil {
		return now, nil, err
	}
	sessions = map[int]*sampledStatement{}
	var pid int
	var started *time.Time
	var state, sql string
	_, err = pgx.ForEachRow(rows, []any{&now, &pid, &started, &state, &sql}, func() error {
		if pid == 0 || started == nil || s.watch.ownPIDs.has(pid) {
			return nil
		}
		sessions[pid] = &sampledStatement{pid: pid, started: *started, last: now, sql: sql}
		if state == "active" {
			s.noteRunning(sessions[pid])
		}
		return nil
	})
	return now, sessions, err
}

// noteRunning records a running statement. If it ends in an error, the log does
// not say when it started.
func (s *sampler) noteRunning(r *sampledStatement) {
	key := statementKey{r.pid, r.started}
	if known := s.statements[key]; known != nil {
		known.last = r.last
		return
	}
	s.statements[key] = r
	if len(s.statements) > 2*maxSampled {
		evict(s.statements, maxSampled, func(r *sampledStatement) (int64, bool) {
			return r.last.Sub(r.started).Microseconds(), !r.last.Before(s.previous)
		})
	}
}

func (s *sampler) readLocks(answers pgx.BatchResults, now time.Time, sessions map[int]*sampledStatement) error {
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	var pid, rank int
	var virtual string
	var relation uint32
	var read time.Time
	_, err = pgx.ForEachRow(rows, []any{&pid, &virtual, &relation, &rank, &read}, func() error {
		table := s.tables.tableOf(relation)
		if table == nil || s.watch.ownPIDs.has(pid) {
			return nil // created by the migration, or a sequence
		}
		s.noteLock(sampledLock{pid: pid, virtual: virtual, table: table, mode: mode(rank), first: read, last: now}, sessions[pid])
		return nil
	})
	s.previous = now
	return err
}

// tableOf returns the table that a lock on a relation is counted for; nil: it did
// not exist before.
func (c *catalog) tableOf(oid uint32) *relation {
	r := c.relations[oid]
	if r == nil {
		r = c.toast[oid]
	}
	if r == nil {
		return nil
	}
	return r.table()
}

func (s *sampler) noteLock(h sampledLock, session *sampledStatement) {
	key := lockKey{h.virtual, h.table, h.mode}
	if known := s.locks[key]; known != nil {
		known.last = h.last
		return
	}
	h.before = s.previous
	if session != nil {
		h.started, h.sql = session.started, session.sql
	}
	s.locks[key] = &h
	if len(s.locks) > 2*maxSampled {
		evict(s.locks, maxSampled, func(h *sampledLock) (int64, bool) { return h.worth(), !h.last.Before(s.previous) })
	}
}

// worth orders locks by what a migration must answer for: first those that block
// others, then the longest.
func (h *sampledLock) worth() int64 {
	const longer = int64(1000 * time.Hour / time.Microsecond)
	worth := h.last.Sub(h.before).Microseconds()
	if h.before.IsZero() {
		worth = h.last.Sub(h.first).Microseconds()
	}
	if h.mode >= shareUpdateExclusive {
		worth += longer
	}
	return worth
}
