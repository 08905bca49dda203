package watch

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/drillgres/drillgres/drill/provision"
)

const (
	// sampleInterval is how often the locks are looked at. A sample that takes
	// longer than that is followed by a pause as long as itself.
	sampleInterval = 8 * time.Millisecond
	// reconnectWithin bounds coming back after the migration has ended the
	// sampler's session, as some tools end all others.
	reconnectWithin = 10 * time.Second
	// most bounds what is kept of weak locks and of short statements, of which
	// a long migration has any number.
	most = 20_000
)

// locksSQL gives the strongest lock of each transaction on each relation.
// AccessShareLock is left out: it keeps out nobody but DDL, and there are many.
const locksSQL = `
select coalesce(pid, 0), virtualtransaction, relation, max(array_position($2::text[], mode))
from pg_locks
where locktype = 'relation' and granted and database = $1 and relation >= 16384 and mode <> 'AccessShareLock'
group by 1, 2, 3`

// activitySQL gives the server's time with each session of the database: one
// row at least.
const activitySQL = `
select clock_timestamp(), coalesce(a.pid, 0), a.query_start, coalesce(a.state, ''), coalesce(a.query, '')
from (values (1)) v left join pg_stat_get_activity(null) a on a.datid = $1 and a.backend_type = 'client backend'`

// held is a lock that was seen in pg_locks.
type held struct {
	pid     int
	virtual string // transaction
	table   *relation
	mode    mode
	before  time.Time // when it was not yet seen
	first   time.Time
	last    time.Time
	started time.Time // the statement that ran when it was first seen; zero: not known
	sql     string    // of it, cut by the server
	matched bool
}

// ran is a statement that was seen to run.
type ran struct {
	pid     int
	started time.Time
	last    time.Time
	sql     string
}

// sampler looks at the locks of a database.
type sampler struct {
	watch    *Watch
	database uint32
	tables   *catalog

	stop     context.CancelFunc
	done     chan struct{}
	held     map[heldKey]*held
	ran      map[ranKey]*ran
	times    []int64       // of the samples, by the clock of the server, in microseconds
	longest  time.Duration // between two of them
	took     time.Duration // all of them
	previous time.Time     // sample, by the server's clock
	span     time.Duration // of the sampling
	err      error
}

type heldKey struct {
	virtual string
	table   *relation
	mode    mode
}

type ranKey struct {
	pid     int
	started time.Time
}

// startSampling takes the first sample, which takes longer than the others,
// before it returns.
func (w *Watch) startSampling(ctx context.Context, conn *pgx.Conn, database uint32) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx)) // until the watch ends, which is told
	w.sampler = &sampler{
		watch: w, database: database, tables: w.before, stop: stop, done: make(chan struct{}),
		held: map[heldKey]*held{}, ran: map[ranKey]*ran{},
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

// end stops the sampling.
func (s *sampler) end() {
	s.stop()
	<-s.done
}

func (s *sampler) run(ctx context.Context, conn *pgx.Conn) error {
	begun := time.Now()
	defer func() {
		s.span = time.Since(begun)
		if conn != nil {
			provision.Close(ctx, conn)
		}
	}()
	previous := begun
	for ctx.Err() == nil {
		at := time.Now()
		if err := s.sample(ctx, conn); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			provision.Close(ctx, conn)
			if conn, err = s.reconnect(ctx); err != nil {
				return fmt.Errorf("look at the locks: %w", err)
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

// sampleWithin bounds one sample: a server that hangs ends the sampling.
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
	s.times = append(s.times, now.UnixMicro())
	return answers.Close()
}

func (s *sampler) readActivity(answers pgx.BatchResults) (now time.Time, sessions map[int]*ran, err error) {
	rows, err := answers.Query()
	if err != nil {
		return now, nil, err
	}
	sessions = map[int]*ran{}
	var pid int
	var started *time.Time
	var state, sql string
	_, err = pgx.ForEachRow(rows, []any{&now, &pid, &started, &state, &sql}, func() error {
		if pid == 0 || started == nil || s.watch.own.has(pid) {
			return nil
		}
		sessions[pid] = &ran{pid: pid, started: *started, last: now, sql: sql}
		if state == "active" {
			s.noteRunning(sessions[pid])
		}
		return nil
	})
	return now, sessions, err
}

// noteRunning keeps what a statement that ends in an error is dated by.
func (s *sampler) noteRunning(r *ran) {
	key := ranKey{r.pid, r.started}
	if known := s.ran[key]; known != nil {
		known.last = r.last
		return
	}
	if len(s.ran) >= most {
		for key, old := range s.ran { // those that ran for one sample only tell the least
			if old.last.Sub(old.started) < sampleInterval {
				delete(s.ran, key)
			}
		}
	}
	if len(s.ran) < most {
		s.ran[key] = r
	}
}

func (s *sampler) readLocks(answers pgx.BatchResults, now time.Time, sessions map[int]*ran) error {
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	var pid, rank int
	var virtual string
	var relation uint32
	_, err = pgx.ForEachRow(rows, []any{&pid, &virtual, &relation, &rank}, func() error {
		table := s.tables.tableOf(relation)
		if table == nil || s.watch.own.has(pid) {
			return nil // made since, or a sequence
		}
		s.note(held{pid: pid, virtual: virtual, table: table, mode: mode(rank), first: now, last: now}, sessions[pid])
		return nil
	})
	s.previous = now
	return err
}

// tableOf is the table that a relation's lock counts for; nil: none that
// existed before.
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

func (s *sampler) note(h held, session *ran) {
	key := heldKey{h.virtual, h.table, h.mode}
	if known := s.held[key]; known != nil {
		known.last = h.last
		return
	}
	if h.mode < shareUpdateExclusive && len(s.held) >= most {
		return
	}
	h.before = s.previous
	if session != nil {
		h.started, h.sql = session.started, session.sql
	}
	s.held[key] = &h
}
